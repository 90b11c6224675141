"""Writes docs/reference/*.md and their Chinese twins from the declarations of commands: `python docs/reference.py`.

`python docs/reference.py --missing` prints what reference.zh-CN.yaml lacks. Help texts are translated there, a sentence or
paragraph at a time; names, values and defaults stay as they are.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from typer.main import get_command

from instructwild.cli import app

FOLDER = Path(__file__).with_name("reference")
CHINESE = Path(__file__).with_name("reference.zh-CN.yaml")
STATED_DEFAULT = re.compile(r" \(default (?P<value>[^()]*(?:\([^()]*\)[^()]*)*)\)$")
"""Options of the trainer carry their default in the help text, since it may be inherited from the stage before."""

SHORT_TYPES = {"int range": "int", "float range": "float", "list[str]": "str", "list[Path]": "path"}
RANGE = re.compile(r"[\[ ]([\d.e-]*<?=?x[<>]=?[\d.e-]+)\]$")

SHARED = {"--help", "--install-completion", "--show-completion"}
"""Options of every program, which no page repeats."""


def commands() -> Iterator[tuple[list[str], Any, Any]]:
    """(words, command, context) of every command that is not hidden: groups before members, in the order of the help."""
    yield from _walk(get_command(app), ["instructwild"])


def _walk(command: Any, words: list[str]) -> Iterator[tuple[list[str], Any, Any]]:
    ctx = command.context_class(command, info_name=words[-1])
    yield words, command, ctx
    for name in command.list_commands(ctx) if hasattr(command, "list_commands") else ():
        member = command.get_command(ctx, name)
        if member is not None and not member.hidden:
            yield from _walk(member, [*words, name])


def parameters(command: Any, ctx: Any) -> list[Any]:
    """A command's arguments and options that its help lists."""
    return [parameter for parameter in command.get_params(ctx)
            if not getattr(parameter, "hidden", False) and not SHARED & set(parameter.opts)]


def paragraphs(text: str | None) -> list[str]:
    """A help text's paragraphs, each on one line."""
    return [" ".join(paragraph.split()) for paragraph in (text or "").split("\n\n") if paragraph.strip()]


def explained(parameter: Any) -> tuple[str, str]:
    """(help text without its default, default) of a parameter."""
    text = " ".join((parameter.help or "").split())
    if (match := STATED_DEFAULT.search(text)) is not None:
        return text[:match.start()], f"`{match['value']}`"
    if parameter.required:
        return text, "required"
    shown = getattr(parameter, "show_default", True)
    if isinstance(shown, str):
        return text, shown
    default = parameter.default
    if shown is False or default is None or callable(default) or default in ("", [], (), False):
        return text, ""
    if isinstance(default, list | tuple):
        default = " ".join(map(str, default))
    return text, "on" if default is True else f"`{default}`"


def spelled(parameter: Any, ctx: Any) -> str:
    """How a parameter is typed: its names and what follows them, as the help has it."""
    names = parameter.get_help_record(ctx)[0].strip()
    for shown, plain in SHORT_TYPES.items():
        names = names.replace(shown, plain)
    return f"`{names}`"


def limits(parameter: Any, ctx: Any) -> str:
    """The range of a number, such as `0<=x<=1`; empty where any is taken."""
    match = RANGE.search(parameter.get_help_record(ctx)[1])
    return f"`{match[1]}`" if match else ""


def escaped(text: str) -> str:
    """Text for a cell of a Markdown table."""
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*").replace("_", "\\_")


class Language:
    """The words of one language around the help texts."""

    def __init__(self, suffix: str, words: dict[str, str]) -> None:
        self.suffix, self.words = suffix, words
        self.missing: dict[str, None] = {}

    def __call__(self, text: str) -> str:
        """The text in this language; what has no translation stays English and is listed in `missing`."""
        if not self.suffix or not re.search("[A-Za-z]{2}", text) or re.fullmatch(r"`[^`]*`", text):
            return text
        if text not in self.words:
            self.missing[text] = None
        return self.words.get(text, text)


def table(command: Any, ctx: Any, say: Language) -> list[str]:
    """A command's parameters as tables, a panel each."""
    panels: dict[str, list[str]] = {}
    for parameter in parameters(command, ctx):
        argument = parameter.param_type_name == "argument"
        panel = "Arguments" if argument else getattr(parameter, "rich_help_panel", None) or "Options"
        text, default = explained(parameter)
        typed = spelled(parameter, ctx).replace("|", "\\|")
        values = "; ".join(filter(None, (escaped(say(default)), limits(parameter, ctx))))
        panels.setdefault(panel, []).append(
            f"| {typed} | {escaped(say(text))} | {values} |")
    lines = []
    for panel, rows in panels.items():
        lines += [f"**{say(panel)}**", "", f"| {say('name')} | {say('what it does')} | {say('default')} |",
                  "| --- | --- | --- |", *rows, ""]
    return lines


def page(verb: str, entries: list[tuple[list[str], Any, Any]], say: Language) -> str:
    """The page of one verb with its subcommands."""
    twin = f"[中文]({verb}.zh-CN.md)" if not say.suffix else f"[English]({verb}.md)"
    lines = [f"# instructwild {verb}", "", twin, ""]
    for words, command, ctx in entries:
        if len(words) > 2:
            lines += [f"## {' '.join(words[1:])}", ""]
        for text in paragraphs(command.help):
            lines += [f"```\n{text}\n```" if text.startswith("instructwild ") else escaped(say(text)), ""]
        if not hasattr(command, "list_commands"):
            lines += ["```", " ".join([*words, *command.collect_usage_pieces(ctx)]), "```", "", *table(command, ctx, say)]
    return "\n".join(lines).rstrip() + "\n"


def index(verbs: dict[str, list[tuple[list[str], Any, Any]]], say: Language) -> str:
    """The page that lists the verbs."""
    lines = [f"# {say('Commands')}", "", "[中文](index.zh-CN.md)" if not say.suffix else "[English](index.md)", "",
             say("Written from the declarations of the commands, as `--help` shows them."), "",
             f"| {say('command')} | {say('what it does')} |", "| --- | --- |"]
    for verb, entries in verbs.items():
        first = escaped(say(paragraphs(entries[0][1].help)[0]))
        lines.append(f"| [`{verb}`]({verb}{say.suffix}.md) | {first} |")
    return "\n".join(lines) + "\n"


def pages() -> tuple[dict[str, str], list[str]]:
    """Every page by its file name, and the texts without a Chinese translation."""
    verbs: dict[str, list[tuple[list[str], Any, Any]]] = {}
    for words, command, ctx in commands():
        if len(words) > 1:
            verbs.setdefault(words[1], []).append((words, command, ctx))
    chinese = Language(".zh-CN", yaml.safe_load(CHINESE.read_text(encoding="utf-8")) if CHINESE.exists() else {})
    written = {}
    for say in (Language("", {}), chinese):
        written[f"index{say.suffix}.md"] = index(verbs, say)
        written |= {f"{verb}{say.suffix}.md": page(verb, entries, say) for verb, entries in verbs.items()}
    return written, list(chinese.missing)


if __name__ == "__main__":
    PAGES, MISSING = pages()
    if "--missing" in sys.argv:
        print(yaml.safe_dump(dict.fromkeys(MISSING, ""), allow_unicode=True, width=10_000, sort_keys=False), end="")
        sys.exit(bool(MISSING))
    FOLDER.mkdir(exist_ok=True)
    for old in set(FOLDER.glob("*.md")) - {FOLDER / name for name in PAGES}:
        old.unlink()
    for name, text in PAGES.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    print(f"{len(PAGES)} pages; {len(MISSING)} texts without a Chinese translation (--missing lists them)")
