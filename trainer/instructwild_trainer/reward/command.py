"""`instructwild train reward`: a reward model from rankings, judged on held-out pairs beside its baselines."""

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from instructwild.errors import ModelError
from instructwild.llm.models import is_adapter
from instructwild_trainer.begin import check_memory, print_plan, require_rows, resolved_config, verb
from instructwild_trainer.config import RewardOptions

if TYPE_CHECKING:
    from instructwild.schema import Dropped
    from instructwild.stage import Run, Stage
    from instructwild_trainer.adapter import Source
    from instructwild_trainer.data import Split
    from instructwild_trainer.preview import Preview
    from instructwild_trainer.reward.groups import Group
    from instructwild_trainer.templates import Chat


def learn(data: Sequence[str | Path], out: Path, options: RewardOptions, source: "Source | None" = None, *,
          force: bool = False, dry_run: bool = False, encoding: str | None = None,
          columns: "Mapping[str, str] | None" = None,
          on_preview: "Callable[[Preview], None] | None" = None) -> "Stage | None":
    """Train a reward model and write a stage whose `model/` holds its adapter and score head; None after a dry run.

    Raises:
        InputError: there are no rankings to learn from.
        ModelError: the model or its template is unfit, or the run cannot fit into memory.
        ConfigError: the annotator weights cannot be read.
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
    options = accumulated(options, count())
    by_annotator = weights(options.annotator_weights)
    table = read_rankings(data, encoding, columns)
    inputs = [*table.inputs, source.record]
    with silence_libraries(), started(out, "reward", resolved_config(options), inputs, force) as run:
        if run.finished is not None:
            return run.finished
        chat = load_chat(source, options.chat_template, reasoning=options.reasoning, add_eos=options.add_eos,
                         trust_remote_code=options.trust_remote_code)
        widest = max((len(row.candidates) for row in table.rows), default=2)
        options = check_memory(options, source, chat, options.per_device_train_batch_size * widest)
        if is_adapter(source.folder):
            raise ModelError("is an adapter: a reward model is trained on a complete model", where=source.label,
                             remedy="give the merged model, or the stage that made the adapter")
        ranked, dropped = groups(table.rows, chat, options.max_length, by_annotator)
        require_rows(ranked, [*table.dropped, *dropped])
        parts = split(ranked, options.held_out, key=lambda group: group.key, language=lambda group: group.language,
                      most=options.held_out_rows)
        check_masks(encoded for group in parts.train for encoded in group.encoded)
        lost = [*table.dropped, *dropped]
        print_plan(source, chat, options, len(parts.train), {name: len(held) for name, held in parts.held_out.items()},
                  len(lost), "prompts")
        answers = (encoded for group in parts.train[:50] for encoded in group.encoded)
        show(chat, min(answers, key=lambda row: len(row.input_ids)), scored=True)
        if dry_run:
            if on_preview is not None:
                on_preview(preview(chat, len(ranked), lost, [encoded for group in ranked for encoded in group.encoded]))
            return None
        return _trained(run, options, source, chat, parts, lost)


def _trained(run: "Run", options: RewardOptions, source: "Source", chat: "Chat", parts: "Split[Group]",
             dropped: "list[Dropped]") -> "Stage | None":
    from instructwild.console.terminal import console, progress
    from instructwild.stage import Rows
    from instructwild_trainer.fit import curves, full_model, once, train
    from instructwild_trainer.memory import passes
    from instructwild_trainer.placement import placed
    from instructwild_trainer.processes import is_first
    from instructwild_trainer.reward.measure import pairs_of
    from instructwild_trainer.reward.page import page
    from instructwild_trainer.reward.trainer import score
    from instructwild_trainer.unchanged import is_unchanged, trained_weights, untrained

    held = [group for rows in parts.held_out.values() for group in rows]
    candidates = sum(len(group.encoded) for group in held)

    def scored(model: Any, when: str) -> list[list[float]]:
        with progress() as shown, placed(model), passes(options):
            task = shown.add_task(f"held-out scores {when}", total=candidates, note="")
            return score(model, held, chat.tokenizer.pad_token_id, done=lambda rows: shown.update(task, advance=rows))

    likelihood = once(run, "likelihood", lambda: _likelihood(source, options, chat, held)) if is_first() else None
    trainer = _trainer(options, source, run, chat, parts, held)
    before = once(run, "before", lambda: scored(trainer.model, "before")) if is_first() else None
    weights_before = trained_weights(trainer.model) if is_first() else {}
    began = time.monotonic()
    history = train(trainer, run, "reward model")
    seconds = time.monotonic() - began
    trained = sum(p.numel() for p in trainer.model.parameters() if p.requires_grad)
    model = full_model(trainer, run, lambda folder: _gathered(folder, source, chat, options))
    if before is None:
        return None
    if is_unchanged(model, weights_before):
        raise untrained(trainer, "train reward")
    after = scored(model, "after")
    with run.atomic("model") as folder:
        save(model, chat, folder, source, run.folder / "model")
    pairs = pairs_of(held)
    result = _judged(pairs, before, after, likelihood)
    train_pairs = sum(len(order.pairs) for group in parts.train for order in group.orders)
    metrics = {
        "base": {"name": source.label, "sha256": source.sha256}, "inherited": source.inherited,
        "trained_parameters": trained,
        "train_prompts": len(parts.train), "train_pairs": train_pairs,
        "train_forwards": sum(len(group.encoded) for group in parts.train),
        "held_out_prompts": {name: len(rows) for name, rows in parts.held_out.items()}, "held_out_pairs": len(pairs.prompt),
        "annotators": _annotators(parts), "updates": trainer.state.global_step, "training_seconds": round(seconds, 1),
        "curves": curves(history), **result,
    }
    for name, estimate in result.get("accuracy", {}).get("all pairs", {}).items():
        console.print(f"held-out pairs, {name}: {estimate['value']:.3f} [{estimate['low']:.3f}, {estimate['high']:.3f}]",
                      highlight=False, markup=False)
    counts = Rows(**{"in": parts.rows + len(dropped), "kept": parts.rows, "dropped": len(dropped)})
    return run.finish(rows=counts, dropped=dropped, metrics=metrics,
                      report=page(metrics, history, held, pairs, after, chat, parts.train[0]))


def save(model: Any, chat: "Chat", folder: Path, source: "Source", final: Path) -> None:
    """Write the reward model's folder: adapter and head, or the whole model, and the tokenizer."""
    from instructwild.llm.quiet import quiet
    from instructwild_trainer.adapter import save_adapter

    if hasattr(model, "peft_config"):
        save_adapter(model, folder, source, final=final)
    else:
        folder.mkdir(parents=True, exist_ok=True)
        with quiet():
            model.save_pretrained(folder)
    chat.tokenizer.save_pretrained(folder)


def _trainer(options: RewardOptions, source: "Source", run: "Run", chat: "Chat", parts: "Split[Group]",
             held: "list[Group]") -> Any:
    import torch
    from trl import RewardConfig

    from instructwild_trainer.fit import arguments, fuse_layers, lora
    from instructwild_trainer.global_batch import fill_updates
    from instructwild_trainer.lora import follow_base
    from instructwild_trainer.memory import as_torch, weights_dtype
    from instructwild_trainer.processes import device
    from instructwild_trainer.quantized_base import quantize_base
    from instructwild_trainer.reward.head import reward_model
    from instructwild_trainer.reward.trainer import RankingTrainer, collation, dataset

    torch.manual_seed(options.seed)
    model = reward_model(source.folder, chat.tokenizer, dtype=as_torch(weights_dtype(options)),
                         trust_remote_code=options.trust_remote_code)
    model = quantize_base(model, options, device())
    fuse_layers(model)
    collator, tokens = collation(model, [*parts.train, *held], options, chat.tokenizer.pad_token_id, device())
    config = RewardConfig(**arguments(options, run), center_rewards_coefficient=options.center_rewards_coefficient or None)
    trainer = RankingTrainer(
        model=model, args=config, processing_class=chat.tokenizer, data_collator=collator,
        train_dataset=dataset(parts.train), eval_dataset=dataset(held) if options.eval_steps and held else None,
        peft_config=lora(options, model, "SEQ_CLS", modules_to_save=["score"]))
    trainer.tokens_at_once = tokens
    follow_base(trainer.model)
    fill_updates(trainer, options)
    return trainer


def _gathered(folder: Path, source: "Source", chat: "Chat", options: RewardOptions) -> Any:
    """The trained model from the files that its shards were gathered into."""
    from instructwild_trainer.memory import as_torch, weights_dtype
    from instructwild_trainer.reward.head import reward_model, stored_head

    adapted = is_adapter(folder)
    model = reward_model(source.folder if adapted else folder, chat.tokenizer, dtype=as_torch(weights_dtype(options)),
                         trust_remote_code=options.trust_remote_code, head=stored_head(folder))
    if adapted:
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, str(folder))
    return model


def _likelihood(source: "Source", options: RewardOptions, chat: "Chat", held: "list[Group]") -> list[list[float]] | None:
    """The mean log-likelihood of an answer's tokens under the model that training starts from."""
    if not options.likelihood_baseline or not held:
        return None
    from instructwild_trainer.adapter import load_policy
    from instructwild_trainer.likelihood import answer_loss
    from instructwild_trainer.memory import as_torch, weights_dtype
    from instructwild_trainer.placement import placed
    from instructwild_trainer.processes import device
    from instructwild_trainer.quantized_base import quantize_base
    from instructwild_trainer.reward.measure import in_shape

    model, _ = load_policy(source, dtype=as_torch(weights_dtype(options)), trust_remote_code=options.trust_remote_code)
    rows = [encoded for group in held for encoded in group.encoded]
    with placed(quantize_base(model, options, device())) as ready:
        losses = answer_loss(ready, rows, chat.tokenizer.pad_token_id)
    return in_shape([-total / max(1, count) for total, count in losses], held, lambda group: group.encoded)


def _judged(pairs: Any, before: Any, after: Any, likelihood: Any) -> dict[str, Any]:
    from instructwild_trainer.reward.measure import calibration, differences, judged, longer_wins

    if not len(pairs.prompt):
        return {}
    judges = {"reward model": pairs.margins(after), "before training": pairs.margins(before),
              "longer wins": longer_wins(pairs)}
    if likelihood is not None:
        judges["likelier wins"] = pairs.margins(likelihood)
    rows, error = calibration(judges["reward model"])

    def plain(tables: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        return {name: {judge: dataclasses.asdict(estimate) for judge, estimate in parts.items()}
                for name, parts in tables.items()}

    return {"accuracy": plain(judged(pairs, judges)), "differences": plain(differences(pairs, judges, "reward model")),
            "calibration": {"bins": rows, "error": error}}


def _annotators(parts: "Split[Group]") -> dict[str, int]:
    counts: dict[str, int] = {}
    for group in parts.train:
        for name in group.annotators:
            kind = name.partition(":")[0]
            counts[kind] = counts.get(kind, 0) + 1
    return counts


reward = verb("reward", RewardOptions, learn, takes="Ranking stages; files of rankings, pairs, scores.",
              summary="Teach a model to score answers as people ranked them: all pairs of a prompt in one loss.")
