"""PPO on SmolLM2-135M, this toolkit against TRL 1.12's PPOTrainer: memory and samples per second, in turns.

    python -m benchmarks.ppo_vs_trl [--rounds N] [--threads N]
"""

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks import peer, results
from instructwild.llm.models import resolve
from instructwild_trainer.ppo.config import PPOOptions

QUESTION = {"batch": 4, "micro": 4, "prompt": 192, "response": 64, "epochs": 4, "updates": 1, "dtype": "bfloat16",
            "targets": ["q_proj", "v_proj"], "value_trunk": "adapter", "value_layers": PPOOptions().value_layers}
LONGEST = 400
TRL = "TRL 1.12"
OURS = {"ours": {},
        "ours, value adapter in all layers": {"value_layers": 1.0},
        "ours, value head on the policy": {"value_trunk": "policy"},
        "ours, value head, least memory": {"value_trunk": "policy", "micro": 1, "checkpointing": True}}


def main(rounds: int = 3, threads: int = 2) -> None:
    """Measure in turns and write the section."""
    python, error = peer.python_of("trl")
    if error:
        sys.exit(error)
    model = str(resolve("smollm2"))
    sides = {TRL: (python, "ppo_trl.py", {})} | {name: (Path(sys.executable), "ppo_ours.py", changes)
                                                 for name, changes in OURS.items()}
    answers: dict[str, list[dict]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, (interpreter, script, changes) in sides.items():
            with tempfile.NamedTemporaryFile("w", suffix=".json") as question:
                json.dump(QUESTION | changes, question)
                question.flush()
                outcome = peer.run(interpreter, peer.HERE / "peers" / script, [model, question.name], LONGEST, threads)
            if outcome.error:
                sys.exit(f"{name}: {outcome.error}")
            answers[name].append(outcome.answer)
            print(name, outcome.answer, file=sys.stderr, flush=True)
    results.save("ppo_vs_trl", "PPO against TRL 1.12", _lead(threads), [_table(answers)], [
        "Same model, batch, lengths, LoRA rank and layers, AdamW; the first update, which warms up, is not counted. TRL "
        "holds policy, value and reward as three models and trains all of the value model; ours are adapters and heads on "
        "one base.",
        "Ours trains the value adapter in the upper half of the layers unless told otherwise. All four rows go through at "
        "once, on both sides (one at a time in the last line, which also computes activations twice).",
        "Threads that wait spin, as torch has it by default, so that CPU seconds are those of both threads.",
        "Memory is each process's peak, in brackets what its imports take; ratios are of what lies above that."])


def _lead(threads: int) -> str:
    q = QUESTION
    return (f"SmolLM2-135M, {q['batch']} prompts of {q['prompt']} tokens and responses of {q['response']}, {q['epochs']} "
            f"epochs, LoRA r 8 on {', '.join(q['targets'])}, {q['dtype']}, {threads} thread{'s' * (threads > 1)}.")


def _table(answers: dict[str, list[dict]]) -> dict:
    def middle(name: str, key: str) -> float:
        return statistics.median(answer[key] for answer in answers[name])

    def above(name: str) -> float:
        return middle(name, "megabytes") - middle(name, "floor")

    rows = [[name, f"{middle(name, 'wall'):.1f}", f"{middle(name, 'cpu'):.1f}",
             f"{QUESTION['batch'] / middle(name, 'wall'):.3f} ({middle(TRL, 'wall') / middle(name, 'wall'):.2f}×)",
             f"{QUESTION['batch'] / middle(name, 'cpu'):.3f} ({middle(TRL, 'cpu') / middle(name, 'cpu'):.2f}×)",
             f"{middle(name, 'megabytes'):.0f} ({middle(name, 'floor'):.0f})", f"{above(name) / above(TRL):.2f}×"]
            for name in answers]
    return {"caption": f"One update, median of {len(answers[TRL])}", "rows": rows,
            "columns": ["", "seconds", "CPU s", "samples per second", "samples per CPU second", "peak MB (imports)",
                        "above imports"]}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    main(**vars(parser.parse_args()))
