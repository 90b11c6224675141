"""Where an endpoint is, which key belongs to it, and how both are kept out of what is written."""

import base64
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from instructwild.errors import ModelError
from instructwild.web.loopback import is_loopback_host

KEYS = {"api.openai.com": "OPENAI_API_KEY", "dashscope.aliyuncs.com": "DASHSCOPE_API_KEY",
        "dashscope-intl.aliyuncs.com": "DASHSCOPE_API_KEY", "api.deepseek.com": "DEEPSEEK_API_KEY",
        "openrouter.ai": "OPENROUTER_API_KEY", "api.mistral.ai": "MISTRAL_API_KEY", "api.groq.com": "GROQ_API_KEY",
        "api.together.xyz": "TOGETHER_API_KEY", "api.anthropic.com": "ANTHROPIC_API_KEY"}
OWN_KEY = "INSTRUCTWILD_API_KEY"
NO_KEY = "none"
LEAST_IN_ANSWERS = 8
"""A key shorter than this may be an ordinary word of an answer; it is masked in messages only."""


def is_loopback(url: str) -> bool:
    """Whether an address cannot leave this machine."""
    return is_loopback_host(urlsplit(url).hostname or "")


def shown_address(url: str) -> str:
    """The address without the name, password and query that it may hold."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()


def api_key(url: str) -> str:
    """The key for an endpoint, from the variable of that provider; a key is never sent to another provider's host.

    Raises:
        ModelError: the provider wants a key and its variable is not set.
    """
    host = urlsplit(url).hostname or ""
    own = os.environ.get(OWN_KEY)
    variable = KEYS.get(host)
    key = (os.environ.get(variable) if variable else None) or own
    if key or variable is None:
        return key or NO_KEY
    remedy = f"export {variable}=…, or {OWN_KEY}=…"
    if variable == KEYS["api.openai.com"]:
        remedy += "; a bare word that is no folder here is a model of OpenAI: check its name where you meant one of your own"
    raise ModelError("needs a key, and none is set", where=shown_address(url), remedy=remedy)


def key_variable(url: str) -> str:
    """The environment variable that holds the key for an endpoint."""
    return KEYS.get(urlsplit(url).hostname or "", OWN_KEY)


@dataclass(frozen=True)
class Secrets:
    """What an endpoint was sent to let us in, and must not come back into any file or message."""

    keys: tuple[str, ...] = ()

    @classmethod
    def of(cls, url: str, key: str) -> "Secrets":
        """The key, and the name and password that may stand in the address."""
        parts = urlsplit(url)
        return cls(tuple(secret for secret in (key, parts.password, parts.query) if secret and secret != NO_KEY))

    def redacted(self, text: str, least: int = 1) -> str:
        """The text with each of these, as it is or encoded, replaced by `[KEY]`.

        Args:
            text: what the endpoint sent.
            least: shorter secrets are left, where they could be words of an answer.
        """
        forms = sorted({form for key in self.keys if len(key) >= least for form in _forms(key)}, key=len, reverse=True)
        return re.sub("|".join(map(re.escape, forms)), "[KEY]", text, flags=re.IGNORECASE) if forms else text


def _forms(key: str) -> Iterable[str]:
    """A key as it is, in an address, in hexadecimal digits, and in base64 wherever it stands in what was encoded."""
    raw = key.encode()
    yield from (key, quote(key, safe=""), "".join(f"%{byte:02X}" if not chr(byte).isalnum() else chr(byte) for byte in raw))
    yield raw.hex()
    for offset, begin in ((0, 0), (1, 2), (2, 3)):
        code = base64.b64encode(b" " * offset + raw).decode().rstrip("=")
        whole = code[begin:] if (offset + len(raw)) % 3 == 0 else code[begin:-1]
        if len(whole) >= LEAST_ENCODED:
            yield from (whole, whole.translate(URL_SAFE))
    yield base64.b64encode(raw).decode()


LEAST_ENCODED, URL_SAFE = 8, str.maketrans("+/", "-_")
