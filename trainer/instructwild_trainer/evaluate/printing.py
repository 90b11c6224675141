"""The result of an evaluation in the terminal."""

from typing import TYPE_CHECKING

from instructwild_trainer.evaluate.statistics import interval

if TYPE_CHECKING:
    from instructwild.stage import Manifest


def print_result(manifest: "Manifest") -> None:
    """A table of what was measured, with intervals, on stderr."""
    from rich.table import Table

    from instructwild.console.terminal import console

    metrics = manifest.metrics
    table = Table(box=None, padding=(0, 2, 0, 0))
    if "perplexity" in metrics:
        rows = {name: {part: interval(each) for part, each in parts.items()}
                for name, parts in metrics["perplexity"].items()}
        table.title = "perplexity of an answer token"
    elif "score" in metrics:
        rows = {name: {part: interval(item, 2, sign=True) for part, item in parts.items()}
                for name, parts in metrics["score"].items()}
        first = next(iter(rows))
        rows |= {f"{name} minus {first}": {part: interval(item, 2, sign=True) for part, item in parts.items()}
                 for name, parts in metrics["more_than_first"].items()}
        table.title = "mean score"
    elif "bench" in metrics:
        rows = {name: {task: interval(each, 1, percent=True) for task, each in tasks.items()}
                for name, tasks in metrics["bench"].items()}
        rows |= {f"more than {name}": {task: interval(each, 1, percent=True, sign=True) for task, each in tasks.items()}
                 for name, tasks in metrics["more_than"].items()}
        if metrics["in_training"]:
            rows["items in training rows"] = {task: f"{share:.1%}" for task, share in metrics["in_training"].items()}
        table.title = f"items that are right, suite {metrics['suite']}"
    else:
        first, second = metrics["sides"]
        rows = {part: {f"{first} wins": str(metrics["results"][part]["wins"]), "ties": str(metrics["results"][part]["ties"]),
                       f"{second} wins": str(metrics["results"][part]["losses"]),
                       "win rate": interval(item, 0, percent=True),
                       **({"at equal length": interval(metrics["length_controlled"][part], 0, percent=True)}
                          if part in metrics.get("length_controlled", {}) else {})}
                for part, item in {**metrics["win_rate"], **metrics["by_category"]}.items()}
        table.title = f"{first} against {second}, judged by {metrics['judge']}"
    table.title_justify = "left"
    columns = list(dict.fromkeys(column for cells in rows.values() for column in cells))
    table.add_column("", overflow="fold", min_width=12)
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    for name, cells in rows.items():
        table.add_row(name, *(cells.get(column, "–") for column in columns))
    console.print(table)
