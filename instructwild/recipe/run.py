"""A chain at work: runs what is not current, stage by stage, and keeps the page that links them all."""

import json
import shlex
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from instructwild.console.signals import was_terminated
from instructwild.recipe.form import Recipe
from instructwild.recipe.reasons import Facts, changes, facts_of
from instructwild.recipe.step import RecipeStep, steps_of
from instructwild.stage.atomic import write_atomic
from instructwild.text.quantity import quantity

if TYPE_CHECKING:
    from instructwild.report.index import Answers

INDEX, RECORD = "index.html", "chain.json"
GATE_FAILED = 1
"""Exit code of a stage that finished but whose gate failed."""


class Chain:
    """A recipe at work in its output folder."""

    def __init__(self, recipe: Recipe, out: Path, folder: Path) -> None:
        self.recipe = recipe
        self.out = out
        self.steps = list(steps_of(recipe, out, folder))

    @property
    def index(self) -> Path:
        """The page that links every stage's report."""
        return self.out / INDEX

    def is_current(self, step: RecipeStep) -> bool:
        """Whether the stage is finished and nothing it was made from, nor what it wrote, has changed since."""
        return step.done and not self.why_again(step)

    def why_again(self, step: RecipeStep) -> list[str]:
        """Why a finished stage runs again: each input or option that changed, old and new; nothing where it stays."""
        from instructwild.stage import is_stage
        from instructwild.stage.check import altered
        from instructwild.stage.manifest import read_manifest

        if not step.done:
            return []
        what = altered(step.folder, read_manifest(step.folder), complete=True) if is_stage(step.folder) else None
        return [*changes(self._record().get(step.name), facts_of(step)), *([what] if what else [])]

    def may_change(self, stale: Sequence[RecipeStep]) -> dict[str, list[str]]:
        """Of each finished stage that runs again where what it reads changes: the stages to run that it is made from.

        Args:
            stale: the stages to run.
        """
        before = {step.folder: [step.name] for step in stale}
        result = {}
        for step in self.steps:
            causes = list(dict.fromkeys(name for path in step.reads for name in before.get(path, ())))
            if causes and step not in stale:
                result[step.name] = before[step.folder] = causes
        return result

    def run(self) -> None:
        """Run what is not current, stage by stage.

        Raises:
            SystemExit: a stage ended with another exit code than 0, and its gate was not allowed to fail; the chain ends
                with the same code.
        """
        from instructwild.console.terminal import console
        from instructwild.stage.folder import SCRATCH

        self.out.mkdir(parents=True, exist_ok=True)
        start_time, ran, resumes = time.monotonic(), 0, False
        without: dict[Path, str] = {}      # folders that later stages cannot build on, and why
        for number, step in enumerate(self.steps, start=1):
            head = f"[bold cyan]\\[{number}/{len(self.steps)}] {step.name}[/]  {step.plan.about}"
            if missing := [path.name for path in step.reads if path in without]:
                without[step.folder] = f"skipped: it needs {' and '.join(missing)}"
            elif self.is_current(step):
                without.update(self._failed_gate(step))
                console.print(f"{head}  [dim]finished before[/]")
            else:
                left = sum(later.minutes for later in self.steps[number - 1:] if not self.is_current(later))
                console.print(f"\n{head}" + (f"  [dim]about {left:.0f} min to go[/]" if left >= 1 else ""))
                console.print(f"[dim]$ instructwild {shlex.join(step.words)} --out {step.folder}[/]", highlight=False)
                for reason in self.why_again(step):
                    console.print(f"  runs again: {reason}", highlight=False, markup=False)
                self.write_index()
                ran, resumes = ran + 1, resumes or (step.folder / SCRATCH).exists()
                self._run_step(step)
                without.update(self._failed_gate(step))
            if step.folder in without:
                console.print(f"{head}  [yellow]{without[step.folder]}[/]", highlight=False)
        finished = f"{len(self.steps) - len(without)} of " if without else "all " if len(self.steps) > 1 else ""
        console.print(f"\n[bold]{self.recipe.title}: {finished}{quantity(len(self.steps), 'stage')} finished[/] "
                      + self._took(ran, (time.monotonic() - start_time) / 60,
                                   whole=ran == len(self.steps) and not resumes), highlight=False)
        for folder, reason in without.items():
            console.print(f"  {folder.name}: {reason}", highlight=False)

    def _run_step(self, step: RecipeStep) -> None:
        code = _call(step.command)
        if code and not (code == GATE_FAILED and self._failed_gate(step)):
            self.write_index()
            raise SystemExit(code)
        self._write_record({**self._record(), step.name: facts_of(step)})
        self.write_index()

    def _failed_gate(self, step: RecipeStep) -> dict[Path, str]:
        """The stage's folder and what its gate measured, where the gate failed and was allowed to; else nothing."""
        from instructwild.stage import is_stage
        from instructwild.stage.manifest import read_manifest

        if not step.plan.gate_may_fail or not is_stage(step.folder):
            return {}
        manifest = read_manifest(step.folder)
        if manifest.gate != "failed":
            return {}
        failures = "; ".join(manifest.metrics.get("failures") or ["its report says what was measured"])
        return {step.folder: f"its gate failed: {failures}"}

    def _took(self, ran: int, minutes: float, *, whole: bool) -> str:
        """How long it took, where this run did the whole of it; else what this run did, and how long all of it took."""
        from instructwild.stage import is_stage
        from instructwild.stage.manifest import read_manifest

        if whole:
            return f"in {minutes:.1f} min"
        work = sum(read_manifest(step.folder).seconds for step in self.steps if is_stage(step.folder)) / 60
        now = f"{ran} of them in this run in {minutes:.1f} min" if ran else "before this run"
        return f"({now}; {work:.1f} min of work in all)"

    def write_index(self) -> None:
        """Write the page that links every stage's report and shows models' answers, as far as the chain has come."""
        from instructwild.report.index import chain_page

        stages = [(step.name, step.plan.about, step.folder) for step in self.steps]
        write_atomic(self.index, chain_page(self.recipe.title, stages, self._answers()))

    def _answers(self) -> "Answers":
        """The questions of finished `chat` stages, each with the answers of the models that were asked."""
        from instructwild.stage import is_stage, load
        from instructwild.stage.frames import rankings

        chats = [step.folder for step in self.steps if step.words[0] == "chat" and is_stage(step.folder)]
        return [(row.messages[-1].content, {candidate.model or "": candidate.text for candidate in row.candidates})
                for folder in chats for row in rankings(load(folder).frame())]

    def _record(self) -> dict[str, Facts]:
        try:
            return dict(json.loads((self.out / RECORD).read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return {}

    def _write_record(self, record: dict[str, Facts]) -> None:
        write_atomic(self.out / RECORD, json.dumps(record, indent=1, ensure_ascii=False))


def _call(command: list[str]) -> int:
    """Run one command on this terminal; an interrupt is left to it, so that it can keep its finished work.

    Ctrl-C reaches it by itself, SIGTERM is handed on to it. The code of a command that a signal ended is 128 + signal.
    """
    process = subprocess.Popen(command)
    try:
        code = process.wait()
    except KeyboardInterrupt:
        if was_terminated():
            process.terminate()
        process.wait()
        raise
    return 128 - code if code < 0 else code
