"""What one process holds when PPO trains all weights of SmolLM2 alone, and when several share them.

    python -m benchmarks.weights_in_parts [--processes 2] [--updates 2]

The same `train ppo --no-use-peft` is run by one process and by several on this machine, as torchrun would start them, in
float32. The peak is each process's own resident memory, imports included, with blocks above a mebibyte given back as soon as
they are freed; it is told beside the estimate that the command makes before it loads weights.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.results import save

MIB = 2**20
OPTIONS = {"model": "smollm2", "use_peft": False, "dtype": "float32", "batch_size": 4, "mini_batch_size": 4,
           "num_ppo_epochs": 1, "per_device_train_batch_size": 1, "rollout_batch_size": 4, "ptx_batch_size": 2,
           "response_length": 16, "max_length": 96, "gradient_checkpointing": True, "learning_rate": 3e-6,
           "held_out_rows": 1, "samples": 0}
REWARD = "def short(completions, **_):\n    return [-len(one[0]['content']) / 50 for one in completions]"
QUESTIONS = ["What is the capital of France?", "Name a colour of the sky.", "How many days has a week?", "Who wrote Hamlet?",
             "What do bees make?", "Give me a word for cold rain.", "Which animal barks?", "What is two and two?"]


def run(folder: Path, world: int, updates: int) -> list[int]:
    """The command in `world` processes; the peak of each in bytes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = [word for name, value in (OPTIONS | {"max_steps": updates}).items()
               for word in (f"--{name}", str(value).lower() if isinstance(value, bool) else str(value))]
    command = [sys.executable, "-m", "instructwild", "train", "ppo", "rows.json", "--ptx", "rows.json", "--reward-func",
               "rewards.py:short", "--out", f"in-{world}", *options]
    shared = {"WORLD_SIZE": str(world), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "OMP_NUM_THREADS": "1",
              "MALLOC_MMAP_THRESHOLD_": str(MIB)}
    started = [subprocess.Popen(command, cwd=folder, env={**os.environ, **shared, "RANK": str(rank)})
               for rank in range(world)]
    peaks = []
    for process in started:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            for other in started:
                other.kill()
            sys.exit(f"one of {world} processes failed")
        peaks.append(used.ru_maxrss * 1024)
    return peaks


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--updates", type=int, default=2)
    arguments = parser.parse_args(sys.argv[1:] if sys.argv[0].endswith("weights_in_parts.py") else [])
    from instructwild.llm.models import resolve
    from instructwild.stage import load
    from instructwild_trainer.memory import shape_of
    from instructwild_trainer.ppo.config import PPOOptions
    from instructwild_trainer.ppo.plan import need

    options = PPOOptions(**OPTIONS)
    shape = shape_of(resolve("smollm2"), options)
    rows, last = [], []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "rows.json").write_text(json.dumps([{"instruction": question, "output": "I do not know."}
                                                      for question in QUESTIONS]))
        (folder / "rewards.py").write_text(REWARD)
        for world in (1, arguments.processes):
            began = time.monotonic()
            peaks = run(folder, world, arguments.updates)
            last.append(load(folder / f"in-{world}").manifest.metrics["last"])
            estimate = need(shape, options, "float32", reward=False, parts=world)
            rows.append([world, f"{max(peaks) / MIB:,.0f}", f"{estimate.total / MIB:,.0f}",
                         f"{(estimate.weights + estimate.gradients + estimate.optimizer) / MIB:,.0f}",
                         f"{time.monotonic() - began:.0f}"])
            print(rows[-1], flush=True)
    apart = max(abs(last[0][key] - last[1][key]) / max(abs(last[0][key]), 1e-3)
                for key in ("kl", "reward", "ptx_loss", "policy_grad", "value_grad", "ptx_grad"))
    save("weights_in_parts", "PPO of all weights, in parts", f"SmolLM2-135M, {arguments.updates} updates of "
         f"{OPTIONS['batch_size']} prompts with PTX and a value model of its own, float32, one thread a process.",
         [{"caption": "Peak of one process", "columns": ["processes", "MiB in all, imports included", "estimate, MiB",
                                                         "of it weights, gradients, moments", "seconds, start to end"],
           "rows": rows}],
         [f"The two runs' last figures (KL, reward, losses, gradient norms) are apart by {apart:.1e} of themselves at most.",
          "A rollout puts the whole policy together in each process, and imports take the same in each.",
          "MALLOC_MMAP_THRESHOLD_ is set to 1 MiB. With glibc's own, which grows to 32 MiB, what is freed of each layer "
          "stays with the process: two then peaked at 7,109 MiB each, one at 6,258."])


if __name__ == "__main__":
    main()
