"""`instructwild train dpo` and `train kto`: a policy from rankings by TRL's trainers, judged on held-out pairs."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from instructwild.errors import ConfigError
from instructwild_trainer.begin import check_memory, print_plan, require_rows, resolved_config, verb
from instructwild_trainer.config import DpoOptions, KtoOptions

if TYPE_CHECKING:
    from instructwild.schema import Dropped
    from instructwild.stage import Run, Stage
    from instructwild_trainer.adapter import Source
    from instructwild_trainer.data import Split
    from instructwild_trainer.preview import Preview
    from instructwild_trainer.reward.groups import Group
    from instructwild_trainer.templates import Chat


@dataclass(frozen=True)
class PreferenceMethod:
    """A way of training on rankings."""

    stage: str
    name: str
    unit: str
    """What a training example is called."""
    sequences: int
    """Sequences of one example that go through the model at once."""


DPO = PreferenceMethod("dpo", "Direct preference optimisation", "pairs", 2)
KTO = PreferenceMethod("kto", "Kahneman-Tversky optimisation", "labelled answers", 1)


def prefer(method: PreferenceMethod, data: Sequence[str | Path], out: Path, options: "DpoOptions | KtoOptions",
           source: "Source | None" = None, *, force: bool = False, dry_run: bool = False, encoding: str | None = None,
           columns: "Mapping[str, str] | None" = None,
           on_preview: "Callable[[Preview], None] | None" = None) -> "Stage | None":
    """Train a policy on ranked answers and write a stage whose `model/` is complete; None after a dry run.

    Raises:
        InputError: there are no rankings to learn from.
        ModelError: the model or its template is unfit, or the run cannot fit into memory.
        ConfigError: the annotator weights cannot be read, or KTO has one answer a batch.
    """
    from instructwild.read.rankings import read_rankings
    from instructwild_trainer.adapter import load_chat, source_of
    from instructwild_trainer.data import split
    from instructwild_trainer.fit import check_scale, silence_libraries
    from instructwild_trainer.global_batch import accumulated
    from instructwild_trainer.preview import preview
    from instructwild_trainer.processes import count, started
    from instructwild_trainer.reward.groups import groups, weights
    from instructwild_trainer.templates import check_masks, show

    source = source or source_of(options.model)
    check_scale(options)
    if method is KTO and options.per_device_train_batch_size < 2:
        raise ConfigError("KTO estimates the KL from the other answers of a batch, and there is none",
                          where="--per-device-train-batch-size", remedy="give at least 2")
    if method is KTO and options.global_batch_size:
        raise ConfigError("KTO estimates the KL from what goes through the model at once: an update of the same rows is "
                          "another one on another number of processes", where="--global-batch-size", remedy="leave it out")
    options = accumulated(options, count())
    by_annotator = weights(options.annotator_weights)
    table = read_rankings(data, encoding, columns)
    inputs = [*table.inputs, source.record]
    with silence_libraries(), started(out, method.stage, resolved_config(options), inputs, force) as run:
        if run.finished is not None:
            return run.finished
        chat = load_chat(source, options.chat_template, reasoning=options.reasoning, add_eos=options.add_eos,
                         trust_remote_code=options.trust_remote_code)
        options = check_memory(options, source, chat, method.sequences * options.per_device_train_batch_size,
                               frozen=0 if options.use_peft else 1)
        ranked, dropped = groups(table.rows, chat, options.max_length, by_annotator)
        lost = [*table.dropped, *dropped]
        require_rows(ranked, lost)
        parts = split(ranked, options.held_out, key=lambda group: group.key, language=lambda group: group.language,
                      most=options.held_out_rows)
        examples = [encoded for group in parts.train for encoded in group.encoded]
        check_masks(examples)
        print_plan(source, chat, options, _count(method, parts.train),
                   {name: _count(method, held) for name, held in parts.held_out.items()}, len(lost), method.unit)
        show(chat, min(examples[:50], key=lambda row: len(row.input_ids)))
        if dry_run:
            if on_preview is not None:
                on_preview(preview(chat, len(ranked), lost, [encoded for group in ranked for encoded in group.encoded]))
            return None
        return _trained(method, run, options, source, chat, parts, lost)


def _count(method: PreferenceMethod, groups: "Sequence[Group]") -> int:
    """How many examples the groups make."""
    from instructwild_trainer.dpo.pairs import labels, preferred

    return sum(len(preferred(group) if method is DPO else labels(group)) for group in groups)


def _trained(method: PreferenceMethod, run: "Run", options: Any, source: "Source", chat: "Chat", parts: "Split[Group]",
             dropped: "list[Dropped]") -> "Stage | None":
    from instructwild.console.terminal import console
    from instructwild.stage import Rows
    from instructwild_trainer.adapter import load_gathered, load_policy, save_policy, weights_sha256
    from instructwild_trainer.dpo.page import page
    from instructwild_trainer.dpo.pairs import preferred
    from instructwild_trainer.dpo.trainer import dpo_trainer, kto_trainer
    from instructwild_trainer.fit import curves, full_model, once, train
    from instructwild_trainer.likelihood import answer_loss
    from instructwild_trainer.memory import as_torch, passes, weights_dtype
    from instructwild_trainer.placement import placed
    from instructwild_trainer.processes import device, is_first
    from instructwild_trainer.quantized_base import quantize_base
    from instructwild_trainer.unchanged import untrained

    held = [group for rows in parts.held_out.values() for group in rows]

    def nats(model: Any) -> list[list[float]]:
        rows = [encoded for group in held for encoded in group.encoded]
        with placed(model), passes(options):
            return [list(pair) for pair in answer_loss(model, rows, chat.tokenizer.pad_token_id)]

    model, _ = load_policy(source, dtype=as_torch(weights_dtype(options)), trust_remote_code=options.trust_remote_code)
    model = quantize_base(model, options, device())
    before = once(run, "before", lambda: nats(model)) if is_first() else None
    trainer = (dpo_trainer if method is DPO else kto_trainer)(options, run, chat, parts, model)
    began = time.monotonic()
    history = train(trainer, run, method.stage.upper())
    seconds = time.monotonic() - began
    dtype = as_torch(weights_dtype(options))
    model = full_model(trainer, run, lambda folder: load_gathered(folder, source, dtype))
    if before is None:
        return None
    result = _accuracy(held, before, nats(model))
    with run.atomic("model") as folder:
        trained = sum(p.numel() for p in trainer.model.parameters() if p.requires_grad)
        save_policy(model, chat, folder, source, final=run.folder / "model")
        if weights_sha256(folder) == source.sha256:
            raise untrained(trainer, f"train {method.stage}")
    metrics = {
        "base": {"name": source.label, "sha256": source.sha256}, "inherited": source.inherited,
        "trained_parameters": trained, "train_prompts": len(parts.train),
        "train_pairs": sum(len(preferred(group)) for group in parts.train), "train_examples": _count(method, parts.train),
        "held_out_prompts": {name: len(rows) for name, rows in parts.held_out.items()},
        "updates": trainer.state.global_step, "training_seconds": round(seconds, 1), "curves": curves(history), **result,
    }
    for name, estimate in result.get("accuracy", {}).get("all pairs", {}).items():
        console.print(f"held-out pairs, {name}: {estimate['value']:.3f} [{estimate['low']:.3f}, {estimate['high']:.3f}]",
                      highlight=False, markup=False)
    counts = Rows(**{"in": parts.rows + len(dropped), "kept": parts.rows, "dropped": len(dropped)})
    return run.finish(rows=counts, dropped=dropped, metrics=metrics,
                      report=page(method.name, metrics, history, chat, parts.train[0].encoded[0]))


def _accuracy(held: "list[Group]", before: list[list[float]], after: list[list[float]]) -> dict[str, Any]:
    """Held-out pairs in order: by how much likelier training made answers, by length, and by likelihood before it."""
    import dataclasses

    from instructwild_trainer.reward.measure import differences, in_shape, judged, longer_wins, pairs_of

    pairs = pairs_of(held)
    if not len(pairs.prompt):
        return {}

    def margins(flat: list[float]) -> Any:
        return pairs.margins(in_shape(flat, held, lambda group: group.encoded))

    judges = {"policy": margins([old[0] - new[0] for old, new in zip(before, after, strict=True)]),
              "longer wins": longer_wins(pairs),
              "likelier wins": margins([-total / max(1, count) for total, count in before])}

    def plain(tables: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        return {name: {judge: dataclasses.asdict(estimate) for judge, estimate in row.items()}
                for name, row in tables.items()}

    return {"accuracy": plain(judged(pairs, judges)), "differences": plain(differences(pairs, judges, "policy"))}


dpo = verb("dpo", DpoOptions, partial(prefer, DPO), takes="Ranking stages; files of rankings, pairs, scores.",
           summary="Teach a policy from rankings by direct preference optimisation: no reward model, no sampling.")
kto = verb("kto", KtoOptions, partial(prefer, KTO), takes="Ranking stages; files of rankings, pairs, scores.",
           summary="Teach a policy from rankings by KTO: each answer by itself is desirable or not, no pairs needed.")
