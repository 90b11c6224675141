"""Annotators meet their own work only: what Argilla 2.8 would show of others, or of models, is taken out of its answers.

Any annotator may ask its REST API for a record, with everybody's answers in it, and for a set's progress, with everybody's
name. Its pages need neither.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from argilla_server.enums import UserRole
from argilla_server.security.authentication import provider

WHO = "instructwild.annotator"
Application = Callable[[Any, Any, Any], Awaitable[None]]
ROW = "row"         # the metadata that holds the row with the names of models; settings.ROW


def remember_annotators() -> None:
    """Let each request say which annotator sent it."""
    set_user = provider.set_request_user

    def remember(request: Any, user: Any) -> None:
        if user.role == UserRole.annotator:
            request.scope[WHO] = (str(user.id), user.username)
        set_user(request, user)

    provider.set_request_user = remember


def blinded(value: Any, identity: str, username: str) -> Any:
    """JSON as this annotator may see it: no answers, names or counts of others, no models, no row."""
    if isinstance(value, list):
        return [blinded(item, identity, username) for item in value]
    if not isinstance(value, dict):
        return value
    result = {}
    for key, item in value.items():
        if key == "responses" and isinstance(item, list):
            item = [each for each in item if isinstance(each, dict) and each.get("user_id") == identity]
        elif key == "users" and isinstance(item, list):
            item = [each for each in item if isinstance(each, dict) and each.get("username") == username]
        elif key == "metadata" and isinstance(item, dict):
            item = {name: kept for name, kept in item.items() if name != ROW}
        elif key == "agent":
            item = None
        result[key] = item if key in ("fields", "values", "metadata") else blinded(item, identity, username)
    return result


def blind(app: Application) -> Application:
    """An ASGI application whose JSON answers to annotators are `blinded`."""

    async def wrapped(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/api/"):
            await app(scope, receive, send)
            return
        # What is compressed inside cannot be read here.
        scope["headers"] = [(name, value) for name, value in scope["headers"] if name.lower() != b"accept-encoding"]
        begun: Any = None
        parts: list[bytes] = []

        async def filtered(message: Any) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                headers = dict(message.get("headers", []))
                is_json = headers.get(b"content-type", b"").startswith(b"application/json")
                if WHO not in scope or not is_json:
                    await send(message)
                else:
                    begun = message
                return
            if begun is None or message["type"] != "http.response.body":
                await send(message)
                return
            parts.append(message.get("body", b""))
            if message.get("more_body"):
                return
            body = b"".join(parts)
            if body:
                body = json.dumps(blinded(json.loads(body), *scope[WHO]), ensure_ascii=False, separators=(",", ":")).encode()
            headers = [(name, kept) for name, kept in begun["headers"] if name.lower() != b"content-length"]
            await send({**begun, "headers": [*headers, (b"content-length", str(len(body)).encode())]})
            await send({"type": "http.response.body", "body": body})

        await app(scope, receive, filtered)

    return wrapped
