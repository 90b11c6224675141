"""What sharing a batch is worth: tokens per second of `instructwild serve smollm2` for one client, 4, 16 and 32 at once.

Each client sends one request after another over its own connection and streams the answers. Rounds of all client counts are
interleaved; figures are medians of the rounds, and the ratio is the median of the rounds' own ratios.

    OMP_NUM_THREADS=2 python -m benchmarks.serve_throughput [ROUNDS]
"""

import json
import os
import re
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import httpx

from benchmarks.results import save

CLIENTS, TOKENS = (1, 4, 16, 32), 64
THINGS = ["bridges", "tea", "volcanoes", "chess", "maps", "bees", "glaciers", "violins", "bread", "lighthouses", "deserts",
          "clocks", "rivers", "kites", "owls", "trains"]


def ask(url, number):
    """Tokens of one answer, and the seconds until its first piece."""
    body = {"model": "smollm2", "max_tokens": TOKENS, "temperature": 0.7, "seed": number, "stream": True,
            "stream_options": {"include_usage": True},
            "messages": [{"role": "user", "content": f"Write a long story about {THINGS[number % 16]} and {number}."}]}
    began, first = time.perf_counter(), None
    with httpx.stream("POST", f"{url}/v1/chat/completions", json=body, timeout=300) as answer:
        assert answer.status_code == 200, answer.read()
        for line in answer.iter_lines():
            if not line.startswith("data: {"):
                continue
            first = first or time.perf_counter() - began
            event = json.loads(line[6:])
            assert "error" not in event, event
            if event.get("usage"):
                tokens = event["usage"]["completion_tokens"]
    return tokens, first


def rate(url, clients, offset):
    """Tokens per second over all clients, and the median wait for a first piece."""
    began = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        answers = list(pool.map(lambda number: ask(url, number), range(offset, offset + clients)))
    seconds = time.perf_counter() - began
    return sum(tokens for tokens, _ in answers) / seconds, statistics.median(first for _, first in answers)


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].isdigit() else 5
    server = subprocess.Popen([sys.executable, "-m", "instructwild", "serve", "smollm2", "--port", "0", "--slots", "32"],
                              stderr=subprocess.PIPE, text=True)
    try:
        url = next(address[0] for line in server.stderr if (address := re.findall(r"http://[\d.]+:\d+", line)))
        rate(url, 4, 0)
        rates = {clients: [] for clients in CLIENTS}
        firsts = {clients: [] for clients in CLIENTS}
        for number in range(rounds):
            for clients in CLIENTS:
                tokens_per_second, first = rate(url, clients, 100 * number)
                rates[clients].append(tokens_per_second)
                firsts[clients].append(first)
                print(f"round {number}: {clients} clients {tokens_per_second:.1f} tokens/s, first piece after {first:.2f} s",
                      flush=True)
            keep(rates, firsts)
        server.terminate()
        server.wait(timeout=60)
        assert server.returncode == 0, server.returncode
    finally:
        server.kill()


def keep(rates, firsts):
    """Save what the rounds so far measured."""
    ratios = {clients: statistics.median(many / single for many, single in zip(rates[clients], rates[1], strict=True))
              for clients in CLIENTS}
    rows = [[clients, f"{statistics.median(rates[clients]):.0f}", f"{ratios[clients]:.1f}",
             f"{statistics.median(firsts[clients]):.2f}"] for clients in CLIENTS]
    threads = os.environ.get("OMP_NUM_THREADS", "all")
    save("serve_throughput", "Serving: one batch for all clients",
         f"`instructwild serve smollm2` (threads: {threads}), {TOKENS} tokens an answer, streamed; the target is that "
         f"16 clients get at least 5 times the tokens per second of one: **{ratios[16]:.1f} times**.",
         [{"caption": f"Medians of {len(rates[1])} interleaved rounds",
           "columns": ["clients at once", "tokens/s over all", "times one client", "s to the first piece"], "rows": rows}],
         ["`transformers serve` 5.23 gives 15 to 17 tokens/s however many ask at once (measured apart, on another day)."])


if __name__ == "__main__":
    main()
