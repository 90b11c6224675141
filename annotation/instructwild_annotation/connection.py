"""A connection to an Argilla server, the embedded one or any other; what goes wrong is said in our words."""

import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import httpx

from instructwild.errors import ConfigError, EndpointError
from instructwild_annotation.server.process import WORKSPACE, Home

URL, KEY = "ARGILLA_API_URL", "ARGILLA_API_KEY"
OLDEST = (2, 8)
WORKSPACE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")     # what Argilla's client takes
PAGE = 1000


class Connection:
    """An Argilla server and the key to it.

    Args:
        url: its address; by default ARGILLA_API_URL, else the embedded server that is running.
        workspace: where datasets live.
        server_home: the embedded server's folder.

    The key is ARGILLA_API_KEY; for the embedded server it is the owner's, read from that folder.

    Raises:
        ConfigError: there is no address or no key.
        EndpointError: the server does not answer, is no Argilla, is too old, or refuses the key.
    """

    def __init__(self, url: str | None = None, workspace: str | None = None, server_home: Path | None = None) -> None:
        embedded = Home(server_home) if server_home else Home.default()
        self.url = (url or os.environ.get(URL) or embedded.address or "").rstrip("/")
        if not self.url:
            raise ConfigError("there is no Argilla server to talk to", where="--url",
                              remedy=f"start one with `instructwild annotate serve`, or give --url (or {URL}) and {KEY}")
        if not self.url.startswith(("http://", "https://")):
            raise ConfigError(f"{self.url!r} is no address", where="--url", remedy="give one like https://argilla.example.org")
        key = os.environ.get(KEY) or (embedded.owner["api_key"] if self.url == embedded.address else None)
        if not key:
            raise ConfigError("there is no key to this server", where=self.url,
                              remedy=f"set {KEY}; Argilla shows it under the user's settings")
        self._key = key
        self.is_embedded = self.url == embedded.address
        """Whether it is the server that `annotate serve` runs, whose filter hides others' answers."""
        self.workspace = workspace or WORKSPACE
        self._sdk: Any = None
        self.http = httpx.Client(base_url=f"{self.url}/api/v1", headers={"X-Argilla-Api-Key": key}, timeout=60,
                                 trust_env=not self.is_loopback)
        try:
            self._check()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the server."""
        self.http.close()
        if self._sdk is not None:
            self._sdk.http_client.close()

    @property
    def is_loopback(self) -> bool:
        """Whether the server is on this machine, so that nothing leaves it."""
        return httpx.URL(self.url).host in ("127.0.0.1", "localhost", "::1")

    def _check(self) -> None:
        version = self.get("/version").get("version", "")
        try:
            numbers = tuple(int(part) for part in str(version).split(".")[:2])
        except ValueError:
            numbers = ()
        if len(numbers) < 2:
            raise EndpointError("is no Argilla server", where=self.url, remedy="check --url")
        if numbers < OLDEST:
            raise EndpointError(f"is Argilla {version}; rankings are exchanged with 2.8 or later", where=self.url,
                                remedy="upgrade the server, or use `instructwild annotate serve`")
        self.me: dict[str, Any] = self.get("/me")
        if self.me.get("role") not in ("owner", "admin"):
            raise EndpointError(f"the key belongs to {self.me.get('username')!r}, an annotator", where=self.url,
                                remedy=f"set {KEY} to the key of an owner or admin")

    @property
    def argilla(self) -> Any:
        """The `argilla` module; its progress bars are off, because we show our own."""
        os.environ.setdefault("TQDM_DISABLE", "1")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)     # it speaks to pydantic by old names
            import argilla

        return argilla

    @property
    def sdk(self) -> Any:
        """Argilla's own client, for settings and records."""
        if self._sdk is None:
            with self.translate_errors():
                self._sdk = self.argilla.Argilla(api_url=self.url, api_key=self._key, timeout=60)
        return self._sdk

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """A GET request; its JSON object."""
        return self.ask("GET", path, params=query)

    def ask(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        """A request to the server's API; its JSON object, {} where there is none."""
        with self.translate_errors():
            answer = self.http.request(method, path, **options)
            answer.raise_for_status()
            if not answer.content:
                return {}
            try:
                return cast(dict[str, Any], answer.json())
            except ValueError:
                raise EndpointError("answers with something that is not JSON, so it is no Argilla server", where=self.url,
                                    remedy="check --url") from None

    @contextmanager
    def translate_errors(self) -> Iterator[None]:
        """Turn what httpx and Argilla's client raise into our errors."""
        try:
            yield
        except httpx.HTTPStatusError as error:
            raise _refused(error.response.status_code, error.response.text, self.url) from None
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise EndpointError(f"does not answer ({error or type(error).__name__})", where=self.url,
                                remedy="check that the server runs and --url is right; then run the command again") from None
        except Exception as error:
            status = getattr(error, "status_code", None)
            if type(error).__module__.startswith("argilla") and status:
                raise _refused(status, str(error), self.url) from None
            raise

    def workspace_id(self, *, create: bool = False) -> str:
        """The id of the workspace.

        Args:
            create: make it where it is missing, as an owner may.

        Raises:
            EndpointError: there is none of that name, or it may not be made.
        """
        ids = {item["name"]: item["id"] for item in self.get("/me/workspaces")["items"]}
        if self.workspace not in ids:
            if create and self.me.get("role") == "owner":
                if not WORKSPACE_NAME.fullmatch(self.workspace):
                    raise ConfigError(f"{self.workspace!r} is no name for a workspace", where="--workspace",
                                      remedy="use letters, digits, - and _, beginning with a letter or digit")
                return str(self.ask("POST", "/workspaces", json={"name": self.workspace})["id"])
            raise EndpointError(f"has no workspace {self.workspace!r} for this key (it has {', '.join(ids) or 'none'})",
                                where=self.url, remedy="give --workspace")
        return str(ids[self.workspace])

    def datasets(self, name: str) -> dict[int, dict[str, Any]]:
        """The datasets that were pushed under a name, by their number of candidates K."""
        items = self.get("/me/datasets", workspace_id=self.workspace_id())["items"]
        datasets = {}
        for item in items:
            stem, _, size = item["name"].rpartition("-k")
            if stem == name and size.isdecimal():
                datasets[int(size)] = item
        return dict(sorted(datasets.items()))

    def records(self, dataset: str, *, responses: bool = False) -> Iterator[dict[str, Any]]:
        """All records of a dataset as the server tells them, page by page."""
        include = {"include": ["responses", "suggestions"]} if responses else {}
        offset = 0
        while items := self.get(f"/datasets/{dataset}/records", limit=PAGE, offset=offset, **include)["items"]:
            yield from items
            offset += len(items)
            if len(items) < PAGE:
                return


def _refused(status: int, text: str, url: str) -> EndpointError:
    reply = text[:300]
    if status == 401:
        return EndpointError("refused the key", where=url, remedy=f"set {KEY} to a key of this server")
    if status == 403:
        return EndpointError("does not allow this to the key's user", where=url,
                             remedy=f"set {KEY} to the key of an owner, or of an admin of the workspace")
    if status == 404:
        return EndpointError(f"does not have what was asked for ({reply})", where=url,
                             remedy="the dataset may have been deleted meanwhile, or --url is no Argilla: check both")
    return EndpointError(f"answered {status}: {reply}", where=url,
                         remedy="read the server's log, then run the command again")
