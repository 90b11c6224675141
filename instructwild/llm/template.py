"""The ChatML template of the models that the toolkit makes itself.

The words between `generation` and `endgeneration` are what the assistant says, its end token included: transformers turns
them into `assistant_masks`, so that training learns answers only and learns to stop.
"""

START, END, PAD = "<|im_start|>", "<|im_end|>", "<|endoftext|>"

_TURNS = """\
{%- for message in messages -%}
{%- if message['role'] == 'assistant' -%}
{{- '<|im_start|>assistant\n' -}}
{%- generation -%}{{- message['content'] + '<|im_end|>' -}}{%- endgeneration -%}
{{- '\n' -}}
{%- else -%}
{{- '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' -}}
{%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}
{{- '<|im_start|>assistant\n' -}}
{%- endif -%}
"""


def chatml(default_system: str | None = None) -> str:
    """The template as Jinja text.

    Args:
        default_system: what the system turn says where the conversation has none; None leaves the turn out.
    """
    if default_system is None:
        return _TURNS
    return ("{%- if messages[0]['role'] != 'system' -%}{{- '<|im_start|>system\n" + default_system
            + "<|im_end|>\n' -}}{%- endif -%}\n" + _TURNS)
