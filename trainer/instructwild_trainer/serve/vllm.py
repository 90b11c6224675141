"""vLLM's own server instead of ours, with the same limits and the same key: this process becomes it."""

import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

from instructwild.errors import MissingExtraError
from instructwild.llm.generation.vllm_decoder import need_vllm

KEY = "VLLM_API_KEY"


def is_here() -> bool:
    """Whether vLLM is installed and has a GPU to run on."""
    if find_spec("vllm") is None or program() is None:
        return False
    import torch

    return torch.cuda.is_available()


def program() -> str | None:
    """Where the `vllm` command lies: beside this Python, or on PATH."""
    beside = Path(sys.executable).with_name("vllm")
    return str(beside) if beside.is_file() else shutil.which("vllm")


def command(vllm: str, folder: Path, name: str, *, host: str, port: int, slots: int, context: int | None) -> list[str]:
    """The command line: `slots` answers at once, `context` tokens of prompt and answer together; no code of the model's."""
    lines = [vllm, "serve", str(folder), "--served-model-name", name, "--host", host, "--port", str(port),
            "--max-num-seqs", str(slots)]
    return [*lines, *(["--max-model-len", str(context)] if context else [])]


def become(folder: Path, name: str, *, host: str, port: int, slots: int, context: int | None, key: str | None) -> None:
    """Run vLLM's server in place of this process; the key travels in its environment, never on a command line.

    Raises:
        MissingExtraError: there is no vLLM.
    """
    vllm = program()
    if vllm is None:
        need_vllm()
        raise MissingExtraError("its command cannot be found beside this Python or on PATH", where="--engine vllm",
                                remedy="activate the environment that vLLM is installed in, or leave --engine out")
    environment = {**os.environ, **({KEY: key} if key else {})}
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(vllm, command(vllm, folder, name, host=host, port=port, slots=slots, context=context), environment)
