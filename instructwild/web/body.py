"""Bodies of requests: JSON of a bounded size."""

import json
from typing import Any

from starlette.requests import Request

from instructwild.errors import InputError

TOO_LARGE = "too large"


async def json_body(request: Request, largest: int) -> Any:
    """The JSON of a request's body; {} where it is empty.

    Args:
        largest: bytes that are read at most.

    Raises:
        InputError: it is larger (`what` is TOO_LARGE), or is no JSON.
    """
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > largest:
            raise InputError(TOO_LARGE, where="body")
    try:
        return json.loads(raw or b"{}")
    except (ValueError, RecursionError):
        raise InputError("is no JSON", where="body") from None
