"""How a model is told to think before it answers, or not to: each provider has a field of its own."""

from typing import Any
from urllib.parse import urlsplit

TEMPLATE_NAMES = ("enable_thinking", "thinking")
"""What chat templates call it: Qwen, GLM and SmolLM3; DeepSeek and Granite. A template leaves what it does not know."""


def template_fields(thinking: bool | None) -> dict[str, Any]:
    """Variables for a chat template; none where the model shall decide."""
    return {} if thinking is None else dict.fromkeys(TEMPLATE_NAMES, thinking)


def thinking_fields(url: str, thinking: bool | None) -> dict[str, Any]:
    """What stands in the body of a request to the endpoint.

    OpenAI, Groq and Mistral have `reasoning_effort`, OpenRouter and Together `reasoning`, DashScope `enable_thinking`,
    DeepSeek `thinking`; servers of open models (vLLM, SGLang, llama.cpp, `instructwild serve`) take `chat_template_kwargs`.

    Args:
        url: the endpoint's address.
        thinking: on, off, or None for what the model does by itself.
    """
    if thinking is None:
        return {}
    fields: dict[str, dict[str, Any]] = {
        "api.openai.com": {"reasoning_effort": "medium" if thinking else "none"},
        "api.groq.com": {"reasoning_effort": "default" if thinking else "none"},
        "api.mistral.ai": {"reasoning_effort": "high" if thinking else "none"},
        "openrouter.ai": {"reasoning": {"enabled": thinking}},
        "api.together.xyz": {"reasoning": {"enabled": thinking}},
        "dashscope.aliyuncs.com": {"enable_thinking": thinking},
        "dashscope-intl.aliyuncs.com": {"enable_thinking": thinking},
        "api.deepseek.com": {"thinking": {"type": "enabled" if thinking else "disabled"}},
    }
    return fields.get(urlsplit(url).hostname or "", {"chat_template_kwargs": template_fields(thinking)})
