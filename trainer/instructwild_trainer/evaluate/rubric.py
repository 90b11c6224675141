"""What a judge is told to look at: files in the layouts of ColossalChat's evaluation, read as they are.

Two layouts are known, one file a language: `evaluation_prompt_*.json`, which says for each category of question which
metrics count, and `battle_prompt_*.json`, the words of a judge who gives each of two answers a score.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from instructwild.errors import InputError
from instructwild.llm.judge import WORDS, Words
from instructwild.text.language import language_of

GENERAL = "general"


@dataclass(frozen=True)
class Rubric:
    """The judge's words, and what counts in each category of question, by language (en or zh).

    Args:
        words: language -> how the judge is asked.
        criteria: language -> category -> lines to look at.
    """

    words: Mapping[str, Words] = field(default_factory=lambda: WORDS)
    criteria: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def of(self, category: str, language: str) -> str:
        """What counts for a question of that category; the general criteria where the category is not known."""
        by_category = self.criteria.get("zh" if language.startswith("zh") else "en", {})
        return by_category.get(named(category)) or by_category.get(GENERAL, "")

    @property
    def digest(self) -> dict[str, str]:
        """Words and criteria of each language by their content, for a manifest."""
        criteria = {f"criteria {language}": hashlib.sha256(json.dumps(by_category, sort_keys=True).encode()).hexdigest()[:12]
                    for language, by_category in self.criteria.items()}
        return {language: words.digest for language, words in self.words.items()} | criteria


def named(category: str) -> str:
    """One spelling of a category: `Closed QA` is `closed_qa`."""
    return "_".join(category.lower().replace("-", " ").split())


def read_rubric(paths: Iterable[str | Path]) -> Rubric:
    """The rubric in some files; what they do not say stays as it is by default.

    Raises:
        InputError: a file cannot be read, or has neither layout.
    """
    words: dict[str, Words] = {}
    criteria: dict[str, dict[str, str]] = {}
    for path in map(Path, paths):
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InputError(f"cannot be read ({error})", where=str(path), remedy="give a JSON file") from None
        if isinstance(content, dict) and isinstance(content.get("prompt_template"), str):
            result = _battle(content)
            words[_language(result.text)] = result
        elif isinstance(content, dict) and content and all(_metrics(entry) for entry in content.values()):
            lines = {named(category): "\n".join(f"- {line}" for line in entry["metrics"].values())
                     for category, entry in content.items()}
            criteria[_language(" ".join(lines.values()))] = lines
        else:
            raise InputError("is no rubric", where=str(path), remedy="give categories with `metrics`, as in ColossalChat's "
                             "evaluation_prompt_en.json, or a `prompt_template`, as in its battle_prompt_en.json")
    return Rubric({**({"en": next(iter(words.values()))} if words else WORDS), **words}, criteria)


def _battle(content: Mapping[str, Any]) -> Words:
    text = content["prompt_template"].replace("{prompt}", str(content.get("prompt") or ""))
    return Words(text, system=str(content.get("system_prompt") or ""), scores=True)


def _metrics(entry: Any) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("metrics"), dict) and \
        all(isinstance(line, str) for line in entry["metrics"].values())


def _language(text: str) -> str:
    return "zh" if language_of(text).startswith("zh") else "en"
