"""PPO on SmolLM2-135M, this toolkit against TRL 1.12's PPOTrainer: memory and samples per second, interleaved."""

import json
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks import peer, results
from instructwild.llm.models import resolve

QUESTION = {"batch": 4, "micro": 4, "prompt": 192, "response": 64, "epochs": 4, "updates": 1, "dtype": "float32",
            "targets": ["q_proj", "v_proj"], "value_trunk": "adapter"}
SMALL = {"prompt": 48, "response": 16}
ROUNDS, HOUR = 3, 3600


def main(small: bool = False) -> None:
    """Measure in turns and write the section; `--small` takes a quarter of the lengths, for a busy machine."""
    question = QUESTION | (SMALL if small else {})
    python, error = peer.python_of("trl")
    if error:
        sys.exit(error)
    model = str(resolve("smollm2"))
    ours, head = (Path(sys.executable), "ppo_ours.py"), {"value_trunk": "policy"}
    sides = {"TRL 1.12": (python, "ppo_trl.py", {}), "ours, value adapter": (*ours, {}),
             "ours, value head on the policy": (*ours, head),
             "ours, value head, one row at a time": (*ours, head | {"micro": 1})}
    found: dict[str, list[dict]] = {name: [] for name in sides}
    for _ in range(1 if small else ROUNDS):
        for name, (interpreter, script, changes) in sides.items():
            with tempfile.NamedTemporaryFile("w", suffix=".json") as asked:
                json.dump(question | changes, asked)
                asked.flush()
                outcome = peer.run(interpreter, peer.HERE / "peers" / script, [model, asked.name], HOUR)
            if outcome.error:
                sys.exit(f"{name}: {outcome.error}")
            found[name].append(outcome.answer)
            print(name, outcome.answer, file=sys.stderr, flush=True)
    results.save("ppo_vs_trl", "PPO against TRL 1.12", _lead(question), [_table(found, question["batch"])], [
        "Same model, batch, lengths, LoRA rank and layers; the first update is not counted. TRL holds policy, value and "
        "reward as three models and trains the value model whole; ours are adapters and heads on one base.",
        "Memory is each process's peak above what its imports take."])


def _lead(question: dict) -> str:
    return (f"SmolLM2-135M, {question['batch']} prompts of {question['prompt']} tokens and responses of "
            f"{question['response']}, {question['epochs']} epochs, "
            f"LoRA r 8 on {', '.join(question['targets'])}, {question['dtype']}, one thread.")


def _table(found: dict[str, list[dict]], batch: int) -> dict:
    def middle(name: str, key: str) -> float:
        return statistics.median(answer[key] for answer in found[name])

    peer_memory = middle("TRL 1.12", "megabytes") - middle("TRL 1.12", "floor")
    rows = [[name, f"{middle(name, 'wall'):.1f}", f"{middle(name, 'cpu'):.1f}",
             f"{batch / middle(name, 'cpu'):.3f} ({middle('TRL 1.12', 'cpu') / middle(name, 'cpu'):.2f}×)",
             f"{middle(name, 'megabytes'):.0f}",
             f"{middle(name, 'megabytes') - middle(name, 'floor'):.0f} "
             f"({(middle(name, 'megabytes') - middle(name, 'floor')) / peer_memory:.2f}×)"] for name in found]
    return {"caption": "One update", "rows": rows,
            "columns": ["", "wall s", "CPU s", "samples per CPU s", "peak MB", "above the imports"]}


if __name__ == "__main__":
    main("--small" in sys.argv)
