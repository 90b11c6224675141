"""Tokens a second of the embedded default, SmolLM2-135M in this process, by batch and threads.

    OMP_NUM_THREADS=2 python -m benchmarks.local_speed [TOKENS [THREADS]]      all cases, or those of so many threads

Answers to different questions at temperature 0.7 and top_p 0.95, as `respond` asks for them; the time of reading the
questions counts, that of loading the model does not. Each figure is the median of three, after one round to warm up. On a
machine that others use too, the tokens for each second of CPU, all threads together, tell more.
"""

import statistics
import sys
import time

from benchmarks.results import save
from instructwild.llm.local import LocalModel
from instructwild.llm.request import Request, Sampling
from instructwild.schema import Message

CASES = ((1, 2), (4, 2), (16, 2), (32, 2), (8, 1), (32, 1))
"""Batch, threads."""
ASKED = ("How do I repair a {0} with few tools?", "Why do people say that a {0} brings luck?",
         "Write a short story about a {0}.", "Name five things that a {0} and a lamp have in common.")
THINGS = ("bicycle", "window", "clock", "violin", "kettle", "roof", "garden fence", "radio")


def requests(count: int, tokens: int, seed: int) -> list[Request]:
    """So many different questions."""
    texts = [ASKED[n % len(ASKED)].format(THINGS[n // len(ASKED) % len(THINGS)]) for n in range(count)]
    sampling = Sampling(max_tokens=tokens, temperature=0.7, top_p=0.95)
    return [Request(messages=(Message(role="user", content=text),), sampling=sampling, seed=seed + n)
            for n, text in enumerate(texts)]


def speed(model: LocalModel, batch: int, tokens: int, seed: int) -> tuple[float, float]:
    """Tokens a second of one batch, and tokens a second of CPU."""
    began, worked = time.perf_counter(), time.process_time()
    tokens_written = sum(reply.completion_tokens for reply in model.generate(requests(batch, tokens, seed)))
    return tokens_written / (time.perf_counter() - began), tokens_written / (time.process_time() - worked)


def main() -> None:
    """Measure every case and save the table."""
    import torch

    tokens = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].isdigit() else 64
    only_threads = int(sys.argv[2]) if len(sys.argv) > 2 else None
    model, rows = LocalModel("smollm2", batch=64), []
    for batch, threads in (case for case in CASES if only_threads in (None, case[1])):
        torch.set_num_threads(threads)
        speed(model, batch, 8, 0)
        turns = [speed(model, batch, tokens, 100 * turn) for turn in range(1 if batch == 1 else 3)]
        speeds, worked = zip(*turns, strict=True)
        rows.append([batch, threads, round(statistics.median(speeds)), round(min(speeds)), round(max(speeds)),
                     round(statistics.median(worked))])
        print(*rows[-1], sep=" | ", flush=True)
    dtype = str(next(model.model.parameters()).dtype).removeprefix("torch.")
    save("local_speed", "The embedded default: SmolLM2-135M in this process",
         f"{tokens} tokens of answer at most, computed in {dtype} as this machine does it fastest.",
         [{"caption": "Tokens/s", "columns": ["batch", "threads", "median", "least", "most", "a CPU second"],
           "rows": rows}], [])


if __name__ == "__main__":
    main()
