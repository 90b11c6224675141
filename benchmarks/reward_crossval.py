"""Reward models on human rankings, cross-validated: split by prompt, each prompt judged by a model that never saw it.

    python -m benchmarks reward_crossval         BENCH_DATA names the folder of real data

Each fold is kept once it is done: stopped at any moment, it goes on with the next.
"""

import dataclasses
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from benchmarks.results import save
from benchmarks.reward_rankings import FILES
from benchmarks.sft_throughput import DATA
from benchmarks.turns import kept
from instructwild.read.rankings import read_rankings
from instructwild_trainer.adapter import Source, load_chat, source_of
from instructwild_trainer.config import RewardOptions
from instructwild_trainer.data import Split, place
from instructwild_trainer.fit import silence_libraries
from instructwild_trainer.reward.command import _likelihood, _trainer
from instructwild_trainer.reward.groups import Group, groups
from instructwild_trainer.reward.measure import calibration, differences, judged, longer_wins, pairs_of
from instructwild_trainer.reward.trainer import score
from instructwild_trainer.templates import Chat

RUNS: dict[str, dict[str, Any]] = {
    "tiny": {"languages": ("Chinese", "English"), "folds": 5, "max_length": 1024, "learning_rate": 1e-3, "lora_r": 32,
             "lora_alpha": 64},
    "smollm2": {"languages": ("Chinese", "English"), "folds": 3, "max_length": 384, "learning_rate": 2e-4,
                "per_device_train_batch_size": 1, "gradient_accumulation_steps": 4},
}


def main() -> None:
    """Train and judge every fold of every base, and write the section."""
    if not DATA.exists():
        return
    tables = []
    for name, settings in RUNS.items():
        tables.append(table_of(name, **settings))
        write(tables)


def write(tables: list[dict[str, Any]]) -> None:
    """The section, with the bases that are done."""
    save("reward_crossval", "Reward models on human rankings, cross-validated",
         "Share of held-out pairs of Open Assistant (775 Chinese prompts, 97 English groups) that a judge orders as "
         "people did, with 95% intervals by bootstrap over prompts, and differences on the same pairs. 0.5 is chance.",
         tables,
         ["Folds are by a hash of the first question. Shortened for two CPU cores: one pass, and prompts none of whose "
          "pairs fits the length are left out.",
          "tiny starts from random weights: it can learn what two layers see from some hundred prompts, which is length and "
          "words. smollm2 has read next to no Chinese.",
          "Likelihood is the mean log-likelihood of the answer's tokens under the base before training."])


def table_of(name: str, languages: tuple[str, ...], folds: int, **settings: Any) -> dict[str, Any]:
    """One base over all folds: every judge on every slice of the pairs."""
    options = RewardOptions(**settings, save_steps=10**6)
    source = source_of(name)
    chat = load_chat(source)
    ranked: list[Group] = []
    for language in languages:
        ranked_groups, _ = groups(read_rankings([FILES[language]]).rows, chat, options.max_length)
        ranked += [dataclasses.replace(group, language=language) for group in ranked_groups]
    with silence_libraries():
        parts = [kept(f"folds-{name}-{fold}", lambda fold=fold: held_out(fold, folds, options, source, chat, ranked))
                 for fold in range(folds)]
    held = [group for fold in range(folds) for group in of_fold(ranked, fold, folds)]
    scores, likely = ([values for part in parts for values in part[key]] for key in ("scores", "likely"))
    pairs = pairs_of(held)
    judges = {"reward model": pairs.margins(scores), "longer wins": longer_wins(pairs),
              "likelier wins": pairs.margins(likely)}
    accuracy, apart = judged(pairs, judges), differences(pairs, judges, "reward model")
    counts = ", ".join(f"{sum(group.language == language for group in held)} {language}" for language in languages)
    return {"caption": f"{name}: {counts} prompts, {folds} folds, at most {options.max_length} tokens, "
                       f"{options.num_train_epochs:g} epochs, LoRA r {options.lora_r}; calibration error "
                       f"{calibration(judges['reward model'])[1]:.3f}",
            "columns": ["pairs", "number", *judges, "model minus longer", "model minus likelier"],
            "rows": [[part, shares["reward model"].pairs, *map(str, shares.values()),
                      *(signed(estimate) for estimate in apart[part].values())] for part, shares in accuracy.items()]}


def of_fold(ranked: list[Group], fold: int, folds: int) -> list[Group]:
    """The prompts that a fold holds out."""
    return [group for group in ranked if int(place(group.key) * folds) == fold]


def held_out(fold: int, folds: int, options: RewardOptions, source: Source, chat: Chat, ranked: list[Group]) -> Any:
    """Train on all prompts but a fold's; scores and likelihoods of that fold's answers."""
    held = of_fold(ranked, fold, folds)
    out = {group.key for group in held}
    with tempfile.TemporaryDirectory() as scratch:
        trainer = _trainer(options, source, SimpleNamespace(scratch=Path(scratch)), chat,
                           Split([group for group in ranked if group.key not in out], {}), [])
        trainer.train()
    print(f"fold {fold + 1} of {folds}: {trainer.state.global_step} updates", file=sys.stderr, flush=True)
    return {"scores": score(trainer.model, held, chat.tokenizer.pad_token_id),
            "likely": _likelihood(source, options, chat, held)}


def signed(estimate: Any) -> str:
    """A difference with its sign."""
    return f"{estimate.value:+.3f} [{estimate.low:+.3f}, {estimate.high:+.3f}]"


if __name__ == "__main__":
    main()
