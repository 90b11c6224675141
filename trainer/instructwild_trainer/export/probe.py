"""What a model folder does, found in a new process: what the gate compares before and after an export."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from instructwild_trainer.export.child import in_child
from instructwild_trainer.export.questions import QUESTIONS
from instructwild_trainer.export.resident import model_bytes, peak_bytes, watch_peak
from instructwild_trainer.export.size import shape_of

if TYPE_CHECKING:
    from transformers import PreTrainedModel

Held = Mapping[str, Sequence[Sequence[int]]]
"""Held-out rows by language, each as token ids."""
Losses = dict[str, list[list[float]]]
"""By language, for each held-out row, the loss of every token but the first, in nats."""

ANSWER_TOKENS, PEAK_TOKENS = 64, 128
AS_IT_IS = "as it is"
ROUNDED = ("rtn symmetric", "rtn asymmetric")
"""The weights that losses are measured of."""
TURNS = [{"role": role, "content": text} for role, text in (("user", "1+1=?"), ("assistant", "2"), ("user", "谢谢"))]


@dataclass(frozen=True)
class Probe:
    """What one folder was found to do.

    Args:
        losses: of the model as it is and, under `rtn symmetric` and `rtn asymmetric`, of its block weights rounded.
        likeliest: by language, for each row, the likeliest next token at every position but the last.
        answers: greedy, one for each question.
        rendered: a short conversation as the folder's own chat template writes it; None where it has none.
        stops: the ids that end an answer.
        peak: bytes the model held at most while it generated `PEAK_TOKENS` tokens: weights, cache and buffers.
        linear: bytes of the linear layers' weights as they lie in the files.
    """

    losses: dict[str, Losses]
    likeliest: dict[str, list[list[int]]]
    answers: list[str]
    rendered: str | None
    stops: list[int]
    peak: int
    linear: int


def probe(folder: Path, held: Held, scratch: Path, *, label: str, template: str | None = None,
          grid: tuple[int, int] | None = None, weights: Sequence[str] | None = None,
          questions: Sequence[str] = QUESTIONS) -> Probe:
    """Load a folder in a new process and measure it.

    Args:
        folder: a model folder.
        held: what perplexity is measured on.
        scratch: for the child's plan, log and result.
        label: of the progress bar.
        template: what to ask with where the folder has no chat template.
        grid: bits and group size, to measure round-to-nearest as well.
        weights: which of `AS_IT_IS` and `ROUNDED` the losses are measured of; all that there are unless stated.
        questions: answered greedily.

    Raises:
        ChildError: it cannot be loaded or run; the message is the library's.
    """
    rows = sum(map(len, held.values()))
    weights = ((AS_IT_IS, *ROUNDED) if grid else (AS_IT_IS,)) if weights is None else weights
    plan = {"folder": str(folder.resolve()), "held": held, "template": template, "grid": grid, "weights": list(weights),
            "questions": list(questions)}
    return Probe(**in_child(f"{__name__}:measure", plan, scratch, label=label, total=rows * len(weights) + 2))


def measure(plan: Mapping[str, Any], step: Callable[[int], object]) -> dict[str, Any]:
    """In the child: memory first, while nothing else was loaded; then answers, held-out rows and rounded twins."""
    from instructwild.llm.local import LocalModel
    from instructwild.llm.quantized import prepare, quantization_of
    from instructwild.llm.request import Request, Sampling
    from instructwild.schema import Message

    held, done, folder = plan["held"], 0, Path(plan["folder"])
    if quantization_of(folder):
        prepare()
    shape_of(folder)  # brings in the model's own code, so that it is not counted as the model's memory

    def advance() -> None:
        nonlocal done
        done += 1
        step(done)

    before = model_bytes()
    loaded = LocalModel(folder)
    tokenizer = loaded.tokenizer
    rendered = loaded.prompt_text(TURNS) if tokenizer.chat_template else None
    tokenizer.chat_template = tokenizer.chat_template or plan["template"]
    requests = [Request(messages=(Message(role="user", content=question),),
                     sampling=Sampling(max_tokens=ANSWER_TOKENS, temperature=0)) for question in plan["questions"]]
    watch_peak()
    _generate(loaded, loaded.encode(requests[0]))
    peak = peak_bytes() - before
    advance()
    answers = [reply.text.strip() for reply in loaded.generate(requests)]
    advance()
    ends = sorted(loaded.ends)
    losses: dict[str, Losses] = {AS_IT_IS: {}}
    likeliest: dict[str, list[list[int]]] = {}
    if AS_IT_IS in plan["weights"]:
        losses[AS_IT_IS], likeliest = score(loaded.model, held, advance)
    for number, name in enumerate(rounding for rounding in ROUNDED if rounding in plan["weights"]):
        from instructwild_trainer.export.rounding import round_blocks

        if number:  # the weights were rounded in place
            del loaded
            loaded = LocalModel(folder)
        losses[name], _ = score(round_blocks(loaded.model, *plan["grid"], name == ROUNDED[0]), held, advance)
    return asdict(Probe(losses, likeliest, answers, rendered, ends, peak, linear_bytes(folder)))


def _generate(loaded: Any, prompt: list[int]) -> None:
    """PEAK_TOKENS tokens after a prompt, whatever they are."""
    import torch

    ids = torch.tensor([prompt], device=loaded.model.device)
    with torch.inference_mode():
        loaded.model.generate(ids, attention_mask=torch.ones_like(ids), do_sample=False, min_new_tokens=PEAK_TOKENS,
                              max_new_tokens=PEAK_TOKENS, pad_token_id=loaded.pad)


def score(model: "PreTrainedModel", held: Held, advance: Callable[[], None] = lambda: None,
          ) -> tuple[Losses, dict[str, list[list[int]]]]:
    """The loss in nats of every token of every row but its first, and the likeliest token at each of these places."""
    import torch

    losses: Losses = {language: [] for language in held}
    likeliest: dict[str, list[list[int]]] = {language: [] for language in held}
    with torch.inference_mode():
        for language, rows in held.items():
            for row in rows:
                ids = torch.tensor([row], device=model.device)
                logits = model(ids).logits[0, :-1].float()
                result = torch.nn.functional.cross_entropy(logits, ids[0, 1:], reduction="none")
                losses[language].append([round(loss, 5) for loss in result.tolist()])
                likeliest[language].append(logits.argmax(-1).tolist())
                advance()
    return losses, likeliest


OUTSIDE = ("embed_tokens", "lm_head", "wte", "wpe", "norm", "embed_out")
"""Parts of names that a linear layer of a block does not have."""
PACKED = ("qweight", "qzeros", "scales", "g_idx")


def linear_bytes(folder: Path) -> int:
    """Bytes that the blocks' linear weights take in a folder's safetensors files, packed or not, biases aside."""
    total = 0
    for file in sorted(folder.glob("*.safetensors")):
        for name, (shape, size) in _tensors(file).items():
            last = name.rpartition(".")[2]
            if last in PACKED or (last == "weight" and len(shape) == 2 and not any(part in name for part in OUTSIDE)):
                total += size
    return total


def _tensors(file: Path) -> dict[str, tuple[list[int], int]]:
    """Shape and bytes of every tensor, from the header alone: 8 bytes of its length, then JSON."""
    with file.open("rb") as opened:
        header = json.loads(opened.read(int.from_bytes(opened.read(8), "little")))
    return {name: (result["shape"], result["data_offsets"][1] - result["data_offsets"][0])
            for name, result in header.items() if name != "__metadata__"}
