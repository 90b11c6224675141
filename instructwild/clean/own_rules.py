"""Rules of the user's own: polars expressions in YAML, or one short Python file.

```yaml
rules:
  too_short:
    meaning: fewer than four characters
    seen: pl.col("prompt").str.len_chars() < 4
    action: drop
```

```python
"Prompts that shout."          # the file's name is the rule's name, its docstring the meaning
action = "flag"

def seen(prompt: str, answer: str | None) -> bool:
    return prompt.isupper()
```

An expression is read, not run: it may use `pl.col`, `pl.lit` and `pl.when`, the methods of expressions, and operators. A
Python file is run as it is.
"""

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import polars as pl

from instructwild.clean.rules import judged
from instructwild.clean.step import Verdicts
from instructwild.errors import ConfigError

NODES = (ast.Expression, ast.Call, ast.Attribute, ast.Name, ast.Load, ast.Constant, ast.BinOp, ast.UnaryOp, ast.Compare,
         ast.BitAnd, ast.BitOr, ast.BitXor, ast.Invert, ast.Not, ast.USub, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv,
         ast.Mod, ast.Gt, ast.GtE, ast.Lt, ast.LtE, ast.Eq, ast.NotEq, ast.keyword, ast.List, ast.Tuple)
STARTS = {"col", "lit", "when"}
NEVER = {"map_batches", "map_elements", "deserialize", "meta", "inspect", "pipe", "register_plugin", "rolling_map"}


@dataclass(frozen=True)
class OwnRule:
    """One rule: its name, what it means, what to do, and the expression or the Python code that sees the defect."""

    name: str
    meaning: str
    action: Literal["flag", "drop"]
    expression: str | None = None
    code: str | None = None

    def seen(self, rows: pl.DataFrame) -> pl.Expr | pl.Series:
        """Where the defect is."""
        if self.expression is not None:
            return expression(self.expression, f"rule {self.name}")
        loaded = _function(self.code or "", self.name)
        return pl.Series([bool(loaded(prompt, answer)) for prompt, answer in rows.select("prompt", "answer").iter_rows()],
                         dtype=pl.Boolean)


@dataclass(frozen=True)
class OwnRules:
    """Judge each row by the user's own rules."""

    name: ClassVar[str] = "own_rules"

    rules: tuple[OwnRule, ...] = ()

    @property
    def row_wise(self) -> bool:
        """Whether each row is judged by itself: a function sees one row, an expression may compare all of them."""
        return all(rule.expression is None for rule in self.rules)

    def verdicts(self, rows: pl.DataFrame) -> Verdicts:
        """Flag or drop a row that a rule sees."""
        for rule in self.rules:
            try:
                seen = rows.select(rule.seen(rows)).to_series()
            except Exception as error:  # the user's code, or an expression that does not fit the columns
                raise ConfigError(f"fails: {str(error).splitlines()[0] if str(error) else type(error).__name__}",
                                  where=f"rule {rule.name}", remedy="mend the rule") from error
            if seen.dtype != pl.Boolean or len(seen) != rows.height:
                raise ConfigError(f"gives {seen.dtype} where true or false is wanted for each row",
                                  where=f"rule {rule.name}", remedy="compare with something, or use str.contains")
        return judged(rows, {rule.name: pl.lit(rows.select(rule.seen(rows)).to_series()) for rule in self.rules},
                      {rule.name: rule.action for rule in self.rules})


def from_files(paths: Iterable[str | Path]) -> OwnRules:
    """The rules of YAML and Python files.

    Raises:
        ConfigError: a file cannot be read or is no file of rules.
    """
    return OwnRules(tuple(rule for path in map(Path, paths)
                          for rule in (_python(path) if path.suffix == ".py" else _yaml(path))))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(f"cannot be read ({reason})", where=str(path), remedy="check the path") from None


def _yaml(path: Path) -> list[OwnRule]:
    import yaml

    try:
        content = yaml.safe_load(_text(path))
        rules = [OwnRule(name, str(entry.get("meaning", "")), entry.get("action", "flag"), expression=entry["seen"])
                 for name, entry in content["rules"].items()]
    except (yaml.YAMLError, AttributeError, KeyError, TypeError) as error:
        raise ConfigError(f"is no file of rules ({error})", where=str(path),
                          remedy="write rules: {NAME: {meaning: …, seen: EXPRESSION, action: flag}}") from None
    for rule in rules:
        _check(rule, path)
        expression(str(rule.expression), f"{path}, rule {rule.name}")
    return rules


def _python(path: Path) -> list[OwnRule]:
    code = _text(path)
    try:
        tree = ast.parse(code)
    except SyntaxError as error:
        raise ConfigError(f"is not Python ({error})", where=str(path), remedy="mend the file") from None
    space = _run(code, path.stem)
    rule = OwnRule(path.stem, ast.get_docstring(tree) or "", space.get("action", "flag"), code=code)
    _check(rule, path)
    return [rule]


def _check(rule: OwnRule, path: Path) -> None:
    if rule.action not in ("flag", "drop"):
        raise ConfigError(f"rule {rule.name} cannot {rule.action!r}", where=str(path), remedy="action: flag or drop")


def _run(code: str, name: str) -> dict[str, Any]:
    space: dict[str, Any] = {"__name__": name}
    exec(compile(code, f"{name}.py", "exec"), space)
    return space


def _function(code: str, name: str) -> Any:
    loaded = _run(code, name).get("seen")
    if not callable(loaded):
        raise ConfigError("defines no function seen(prompt, answer)", where=f"rule {name}", remedy="define one")
    return loaded


def expression(text: str, where: str) -> pl.Expr:
    """The polars expression that a text spells, without running anything else.

    Raises:
        ConfigError: it is none, or uses more than columns, literals, methods and operators.
    """
    remedy = 'write for example pl.col("prompt").str.len_chars() < 4'
    try:
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, RecursionError) as error:
        raise ConfigError(f"is no expression ({error})", where=where, remedy=remedy) from None
    for node in ast.walk(tree):
        wrong = not isinstance(node, NODES) or (isinstance(node, ast.Name) and node.id != "pl") or (
            isinstance(node, ast.Attribute) and (node.attr.startswith("_") or node.attr in NEVER or (
                isinstance(node.value, ast.Name) and node.attr not in STARTS)))
        if wrong:
            raise ConfigError(f"an expression may not use {ast.unparse(node)!r}", where=where, remedy=remedy)
    try:
        loaded = eval(compile(tree, "<rule>", "eval"), {"__builtins__": {}, "pl": pl})
    except Exception as error:  # any mistake in the user's expression
        raise ConfigError(f"is no expression ({error})", where=where, remedy=remedy) from None
    if not isinstance(loaded, pl.Expr):
        raise ConfigError(f"is a {type(loaded).__name__}, no expression", where=where, remedy=remedy)
    return loaded
