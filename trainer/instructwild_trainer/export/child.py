"""Work in a process of its own: its memory, what its libraries print and what they write end with it."""

import importlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from instructwild.stage.atomic import write_atomic


class ChildError(RuntimeError):
    """The work failed; the message is the last line of its log, or the signal that ended it."""


def in_child(work: str, plan: Mapping[str, Any], scratch: Path, *, label: str, total: int) -> Any:
    """Call a function of this package in a new process and wait, with a progress bar.

    What was finished with the same plan in the same folder is not done again, so that an interrupted export goes on.

    Args:
        work: `module:function`, called with the plan and a function that takes how many steps are done.
        plan: JSON-able.
        scratch: the child's working folder, where its plan, its log and its result lie.
        label: of the progress bar.
        total: steps in all.

    Returns:
        What the function returned, through JSON.

    Raises:
        ChildError: it failed.
    """
    from instructwild.console.terminal import progress

    scratch.mkdir(parents=True, exist_ok=True)
    content, result = json.dumps({"work": work, **plan}, ensure_ascii=False), scratch / "result.json"
    if result.is_file() and (scratch / "plan.json").read_text(encoding="utf-8") == content:
        return json.loads(result.read_text(encoding="utf-8"))
    result.unlink(missing_ok=True)
    write_atomic(scratch / "plan.json", content)
    log, (reading, writing) = scratch / "log", os.pipe()
    with log.open("wb") as written, progress() as shown:
        child = subprocess.Popen([sys.executable, "-m", __name__, work, str(writing)], cwd=scratch, stdout=written,
                                 stderr=subprocess.STDOUT, pass_fds=[writing], env=_environment())
        os.close(writing)
        task = shown.add_task(label, total=total, note="")
        try:
            with os.fdopen(reading) as finished:
                for done in finished:
                    shown.update(task, completed=int(done))
            code = child.wait()
        except BaseException:
            child.terminate()
            child.wait()
            raise
    if code:
        lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
        raise ChildError(_ended_by(-code) if code < 0 else lines[-1][:500] if lines else f"exit {code}")
    return json.loads(result.read_text(encoding="utf-8"))


def _ended_by(number: int) -> str:
    """What a signal says of a process that it ended: its log ends in whatever stood there before."""
    name = signal.Signals(number).name
    why = {"SIGKILL": ", as the system does where memory runs out",
           "SIGILL": ": a library in use was built for another processor"}
    return f"ended by {name}{why.get(name, '')}"


def _environment() -> dict[str, str]:
    """The environment, with our packages where the child finds them whatever its working folder is."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(os.path.abspath(path) for path in sys.path if path)}


def _main(work: str, report: int) -> None:
    module, _, name = work.partition(":")
    plan = json.loads(Path("plan.json").read_text(encoding="utf-8"))
    made = getattr(importlib.import_module(module), name)(plan, lambda done: os.write(report, f"{done}\n".encode()))
    write_atomic(Path("result.json"), json.dumps(made, ensure_ascii=False))


if __name__ == "__main__":
    _main(sys.argv[1], int(sys.argv[2]))
