"""A Hub on this machine: the endpoints that publishing uses, spoken the way the Hub speaks them, with git's own hashes."""

import hashlib
import json
import re
import threading
from base64 import b64decode
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit


def git_hash(raw):
    return hashlib.sha1(b"blob %d\0" % len(raw) + raw).hexdigest()


class Hub:
    """Repositories, their commits and tags, and the large files that were uploaded, committed or not."""

    def __init__(self):
        self.repos, self.objects, self.puts, self.fail_commits = {}, {}, [], 0
        self.token = "hf_loopback"

    def repo(self, key):
        return self.repos[key]

    def commit(self, repo, files):
        oid = hashlib.sha1(json.dumps([len(repo["commits"]), sorted(files)]).encode()).hexdigest()
        repo["commits"][oid] = files
        repo["main"] = oid
        return oid

    def at(self, repo, revision):
        return repo["tags"].get(revision) or (repo["main"] if revision == "main" else revision)


class Speaker(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def hub(self):
        return self.server.hub

    def log_message(self, *args):
        pass

    def say(self, value=None, status=200, raw=None, **headers):
        body = raw if raw is not None else json.dumps(value if value is not None else {}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", "application/json" if raw is None else "application/octet-stream")
        for name, text in headers.items():
            self.send_header(name.replace("_", "-"), text)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def body(self):
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            parts = []
            while size := int(self.rfile.readline().strip() or b"0", 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def answer(self):
        path, raw = unquote(urlsplit(self.path).path), self.body()
        if self.command == "PUT" and (found := re.fullmatch(r"/lfs/([0-9a-f]{64})", path)):
            self.hub.objects[found[1]] = raw
            self.hub.puts.append(found[1])
            return self.say()
        if f"Bearer {self.hub.token}" != self.headers.get("Authorization"):
            return self.say({"error": "Invalid username or password."}, 401, x_error_message="Invalid username or password.")
        if path == "/api/validate-yaml":
            return self.say({"errors": [], "warnings": []})
        if path == "/api/repos/create":
            return self.create(json.loads(raw))
        found = re.fullmatch(r"/(api/)?(datasets/|models/)?([\w.-]+/[\w.-]+?)(\.git/info/lfs/objects/batch|/.*)?", path)
        key = (("dataset" if found[2] == "datasets/" else "model"), found[3])
        if key not in self.hub.repos:
            return self.say({"error": "Repository not found"}, 404, x_error_code="RepoNotFound",
                            x_error_message="Repository not found")
        return self.inside(self.hub.repos[key], key, found[4] or "", raw)

    do_GET = do_HEAD = do_POST = do_PUT = answer

    def create(self, asked):
        key = (asked.get("type", "model"), f"{asked['organization']}/{asked['name']}")
        if key in self.hub.repos:
            return self.say({"error": "You already created this repo", "url": f"{self.base}/{key[1]}"}, 409)
        private = asked.get("visibility") == "private" or bool(asked.get("private"))
        repo = self.hub.repos[key] = {"commits": {}, "tags": {}, "main": None, "private": private}
        self.hub.commit(repo, {".gitattributes": b""})
        return self.say({"url": f"{self.base}/{'datasets/' if key[0] == 'dataset' else ''}{key[1]}"})

    @property
    def base(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def inside(self, repo, key, rest, raw):
        if rest == ".git/info/lfs/objects/batch":
            return self.say({"transfer": "basic", "objects": [self.lfs(one) for one in json.loads(raw)["objects"]]})
        verb, _, more = rest.strip("/").partition("/")
        speak = {"": self.info, "revision": self.info, "preupload": self.preupload, "commit": self.receive, "tag": self.tag,
                 "refs": self.refs, "tree": self.tree, "resolve": self.resolve}[verb]
        return speak(repo, key, more, raw)

    def lfs(self, one):
        if one["oid"] in self.hub.objects:
            return one
        return {**one, "actions": {"upload": {"href": f"{self.base}/lfs/{one['oid']}", "header": {}}}}

    def info(self, repo, key, more, raw):
        files = repo["commits"][repo["main"]]
        return self.say({"id": key[1], "sha": repo["main"], "private": repo["private"], "tags": [], "downloads": 0,
                         "likes": 0, "siblings": [{"rfilename": name} for name in files]})

    def preupload(self, repo, key, more, raw):
        files = repo["commits"][repo["main"]]
        return self.say({"files": [
            {"path": one["path"], "shouldIgnore": False,
             "uploadMode": "lfs" if one["path"].endswith((".parquet", ".safetensors")) else "regular",
             "oid": self.oid(files[one["path"]]) if one["path"] in files else None} for one in json.loads(raw)["files"]]})

    @staticmethod
    def oid(content):
        return hashlib.sha256(content).hexdigest() if content.startswith(b"PAR1") else git_hash(content)

    def receive(self, repo, key, more, raw):
        if self.hub.fail_commits:
            self.hub.fail_commits -= 1
            return self.say({"error": "Internal error"}, 500)
        files = dict(repo["commits"][repo["main"]])
        for line in map(json.loads, raw.splitlines()):
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = b64decode(value["content"])
            elif line["key"] == "lfsFile":
                files[value["path"]] = self.hub.objects[value["oid"]]
            elif line["key"] == "deletedFile":
                del files[value["path"]]
        oid = self.hub.commit(repo, files)
        return self.say({"success": True, "commitOid": oid, "commitUrl": f"{self.base}/{key[1]}/commit/{oid}"})

    def tag(self, repo, key, more, raw):
        name = json.loads(raw)["tag"]
        if name in repo["tags"]:
            return self.say({"error": "tag exists"}, 409)
        repo["tags"][name] = self.hub.at(repo, more)
        return self.say()

    def refs(self, repo, key, more, raw):
        told = [{"name": name, "ref": f"refs/tags/{name}", "targetCommit": oid} for name, oid in repo["tags"].items()]
        main = {"name": "main", "ref": "refs/heads/main", "targetCommit": repo["main"]}
        return self.say({"branches": [main], "converts": [], "tags": told})

    def tree(self, repo, key, more, raw):
        return self.say([self.entry(name, content) for name, content in repo["commits"][repo["main"]].items()])

    def entry(self, name, content):
        told = {"type": "file", "path": name, "size": len(content), "oid": git_hash(content)}
        if content.startswith(b"PAR1"):
            told["lfs"] = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 130}
        return told

    def resolve(self, repo, key, more, raw):
        revision, _, name = more.partition("/")
        oid = self.hub.at(repo, revision)
        content = repo["commits"].get(oid, {}).get(name)
        if content is None:
            return self.say({"error": "Entry not found"}, 404, X_Error_Code="EntryNotFound")
        return self.say(raw=content, ETag=f'"{self.oid(content)}"', X_Repo_Commit=oid)


@contextmanager
def serving():
    """A running Hub: its state, and its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Speaker)
    server.hub = Hub()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.hub, f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
