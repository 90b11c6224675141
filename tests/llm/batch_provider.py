"""A provider of batches on this machine, in both protocols: scripted answers, a bill, and faults on demand."""

import json
import random
import re
import threading
import time
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from instructwild.llm.request import Request, Sampling
from instructwild.llm.scripted import NONE, Script
from instructwild.schema import Message


class Provider:
    """What the server holds.

    Args:
        protocol: `openai` or `anthropic`.
        polls: how often a batch is asked after before it ends.
        faults: shares by name: `lost` (a call is done, its answer never comes), `overloaded` (503), `unanswered` (a request
            of a batch fails with 500), `expired`, `twice` (a result line comes twice), `garbage` (lines that are none),
            `broken` (results break off), `refused` (400), `short` (a result line is missing).
        ahead: seconds by which its clock is ahead of ours.
    """

    def __init__(self, protocol="openai", polls=2, faults=None, seed=0, ahead=0):
        self.ahead, self.names, self.refusals = ahead, {}, []
        self.protocol, self.polls, self.faults = protocol, polls, faults or {}
        self.rng, self.lock = random.Random(seed), threading.RLock()
        self.script = Script(NONE)
        self.files, self.batches, self.asked = {}, {}, Counter()
        self.paid, self.seen = Counter(), Counter()
        self.usage = [0, 0]

    def meets(self, fault):
        with self.lock:
            struck = self.rng.random() < self.faults.get(fault, 0)
            self.seen[fault] += struck
            return struck

    def create(self, entries, metadata):
        """Accept a batch: [(custom_id, body)]."""
        with self.lock:
            name = f"batch_{len(self.batches):04d}"
            lines = []
            for identity, body in entries:
                key = identity.split("-")[1]
                if self.meets("unanswered"):
                    lines.append(("error", identity, None))
                elif self.meets("expired"):
                    lines.append(("expired", identity, None))
                elif self.meets("refused"):
                    lines.append(("refused", identity, None))
                else:
                    self.paid[key] += 1
                    lines.append(("ok", identity, self.answer(body)))
            self.batches[name] = {"id": name, "metadata": metadata, "lines": lines, "created": time.time() + self.ahead}
            return name

    def answer(self, body):
        stop = body.get("stop") or body.get("stop_sequences") or ()
        sampling = Sampling(max_tokens=body["max_tokens"], temperature=body.get("temperature", 1.0),
                            top_p=body.get("top_p", 1.0), stop=tuple(stop))
        messages = ([{"role": "system", "content": body["system"]}] if "system" in body else []) + body.get("messages", [])
        request = Request(messages=tuple(Message(role=m["role"], content=m["content"]) for m in messages),
                          sampling=sampling, seed=body.get("seed", 0))
        reply = self.script.reply(request)
        self.usage[0] += reply.prompt_tokens
        self.usage[1] += reply.completion_tokens
        return reply

    def results(self, batch, kinds):
        lines = []
        for kind, identity, reply in batch["lines"]:
            if kind in kinds and not self.meets("short"):
                lines.append(json.dumps(self.line(kind, identity, reply)))
                if self.meets("twice"):
                    lines.append(lines[-1])
        if self.meets("garbage"):
            lines[:0] = ["<html>", "[1, 2]", '{"custom_id": "another-0123"}', '{"custom_id": 7}', "{" * 50]
        self.rng.shuffle(lines)
        return "\n".join(lines) + "\n"

    def line(self, kind, identity, reply):
        if self.protocol == "anthropic":
            if kind == "ok":
                result = {"type": "succeeded", "message": {
                    "id": f"msg_{identity[-6:]}", "content": [{"type": "text", "text": reply.text}],
                    "stop_reason": "max_tokens" if reply.finish == "length" else "end_turn",
                    "usage": {"input_tokens": reply.prompt_tokens, "output_tokens": reply.completion_tokens}}}
            elif kind == "expired":
                result = {"type": "expired"}
            else:
                name = "invalid_request_error" if kind == "refused" else "api_error"
                result = {"type": "errored", "error": {"type": "error", "error": {"type": name, "message": "no"}}}
            return {"custom_id": identity, "result": result}
        if kind == "expired":
            return {"custom_id": identity, "response": None, "error": {"code": "batch_expired", "message": "too late"}}
        if kind != "ok":
            status = 400 if kind == "refused" else 500
            return {"custom_id": identity, "response": {"status_code": status, "body": {"error": {"message": "no"}}}}
        body = {"id": f"chatcmpl-{identity[-6:]}", "usage": {
            "prompt_tokens": reply.prompt_tokens, "completion_tokens": reply.completion_tokens},
            "choices": [{"message": {"role": "assistant", "content": reply.text}, "finish_reason": reply.finish}]}
        return {"custom_id": identity, "response": {"status_code": 200, "body": body}, "error": None}

    def described(self, batch):
        ended = self.asked[batch["id"]] >= self.polls
        counts = Counter(kind for kind, _, _ in batch["lines"])
        total = len(batch["lines"])
        if self.protocol == "anthropic":
            stamp = datetime.fromtimestamp(batch["created"], UTC).isoformat().replace("+00:00", "Z")
            numbers = {"processing": 0 if ended else total, "succeeded": counts["ok"] * ended,
                       "errored": (counts["error"] + counts["refused"]) * ended, "canceled": 0,
                       "expired": counts["expired"] * ended}
            return {"id": batch["id"], "processing_status": "ended" if ended else "in_progress", "created_at": stamp,
                    "request_counts": numbers, "results_url": "http://elsewhere.example/results"}
        return {"id": batch["id"], "object": "batch", "metadata": batch["metadata"], "created_at": int(batch["created"]),
                "input_file_id": batch.get("file"),
                "status": ("expired" if counts["expired"] else "completed") if ended else "in_progress",
                "request_counts": {"total": total, "completed": counts["ok"] * ended, "failed": 0},
                "output_file_id": f"{batch['id']}_out" if ended and counts["ok"] else None,
                "error_file_id": f"{batch['id']}_err" if ended and total > counts["ok"] else None}


def posted(provider, path, body):
    """What a POST does: its answer, None where there is no such path."""
    if provider.protocol == "anthropic":
        if path != "/v1/messages/batches":
            return None
        name = provider.create([(entry["custom_id"], entry["params"]) for entry in json.loads(body)["requests"]], None)
        return provider.described(provider.batches[name])
    if path == "/v1/files":
        identity = f"file_{len(provider.files):04d}"
        provider.names[identity] = re.search(rb'filename="([^"]+)"', body)[1].decode()
        provider.files[identity] = body.split(b"\r\n\r\n")[-1].rsplit(b"\r\n--", 1)[0].decode()
        return {"id": identity}
    if path != "/v1/batches":
        return None
    asked = json.loads(body)
    lines = map(json.loads, provider.files[asked["input_file_id"]].splitlines())
    name = provider.create([(line["custom_id"], line["body"]) for line in lines], asked["metadata"])
    provider.batches[name]["file"] = asked["input_file_id"]
    return provider.described(provider.batches[name])


def listing(provider, query):
    """A page of three batches, the newest first."""
    listed = [provider.described(batch) for batch in reversed(provider.batches.values())]
    after = re.search(r"after(?:_id)?=(\w+)", query)
    if after:
        listed = listed[[entry["id"] for entry in listed].index(after[1]) + 1:]
    return {"data": listed[:3], "has_more": len(listed) > 3, "last_id": listed[:3][-1]["id"] if listed else None}


def looked_up(provider, path, query):
    """What a GET shows: JSON, or the text of results; None where there is no such path."""
    if path.rpartition("/")[2] in provider.names:
        return {"id": path.rpartition("/")[2], "filename": provider.names[path.rpartition("/")[2]]}
    root = "/v1/batches" if provider.protocol == "openai" else "/v1/messages/batches"
    if path == root:
        return listing(provider, query)
    if path.endswith("/content"):
        name, part = path.split("/")[3].rsplit("_", 1)
        return provider.results(provider.batches[name], ("ok",) if part == "out" else ("error", "expired", "refused"))
    if path.endswith("/results"):
        return provider.results(provider.batches[path.split("/")[4]], ("ok", "error", "expired", "refused"))
    if not path.startswith(root + "/"):
        return None
    batch = provider.batches[path.rsplit("/", 1)[1]]
    provider.asked[batch["id"]] += 1
    return provider.described(batch)


def handler(provider):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def send(self, status, content, cut=False):
            data = (content if isinstance(content, str) else json.dumps(content)).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data[: len(data) // 2] if cut else data)
            self.close_connection = self.close_connection or cut

        def date_time_string(self, timestamp=None):
            return super().date_time_string(time.time() + provider.ahead)

        def answer(self, act, *content):
            path = self.path.partition("?")[0]
            for refusal in provider.refusals:
                method, pattern, status, times = refusal
                if method == self.command and times and re.fullmatch(pattern, path):
                    refusal[3] -= 1
                    return self.send(status, {"error": {"message": "not now"}})
            if provider.meets("overloaded"):
                return self.send(503, {"error": {"message": "busy"}})
            with provider.lock:
                done = act(provider, *content)
            if act is posted and provider.meets("lost"):
                self.close_connection = True
                return None
            if done is None:
                return self.send(404, {"error": {"message": "no such path"}})
            return self.send(200, done, cut=isinstance(done, str) and provider.meets("broken"))

        def do_POST(self):
            self.answer(posted, self.path, self.rfile.read(int(self.headers["Content-Length"])))

        def do_GET(self):
            path, _, query = self.path.partition("?")
            self.answer(looked_up, path, query)

    return Handler


@contextmanager
def serving(provider):
    """The base address of the provider while the block runs."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(provider))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()
