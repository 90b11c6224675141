"""Where an endpoint is, and which key belongs to it."""

import os
from urllib.parse import urlsplit

from instructwild.errors import ModelError

KEYS = {"api.openai.com": "OPENAI_API_KEY", "dashscope.aliyuncs.com": "DASHSCOPE_API_KEY",
        "dashscope-intl.aliyuncs.com": "DASHSCOPE_API_KEY", "api.deepseek.com": "DEEPSEEK_API_KEY",
        "openrouter.ai": "OPENROUTER_API_KEY", "api.mistral.ai": "MISTRAL_API_KEY", "api.groq.com": "GROQ_API_KEY",
        "api.together.xyz": "TOGETHER_API_KEY"}
OWN_KEY = "INSTRUCTWILD_API_KEY"


def is_loopback(url: str) -> bool:
    """Whether an address cannot leave this machine."""
    import ipaddress

    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


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
        return key or "none"
    raise ModelError("needs a key, and none is set", where=url, remedy=f"export {variable}=…, or {OWN_KEY}=…")


def key_variable(url: str) -> str:
    """The environment variable that holds the key for an endpoint."""
    return KEYS.get(urlsplit(url).hostname or "", OWN_KEY)
