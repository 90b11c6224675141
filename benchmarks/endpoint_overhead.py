"""How much of a bare asyncio loop's request rate the engine keeps: ledger, budget, pacing and order included.

Both ask the same scripted loopback endpoint, in its own process, over the same openai client, 64 requests in flight.
Nine interleaved pairs after one to warm up; the figure is the median of the nine ratios.

    python -m benchmarks.endpoint_overhead [REQUESTS]
"""

import asyncio
import multiprocessing
import statistics
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.results import save
from instructwild.llm.ledger import Ledger
from instructwild.llm.open import Limits, open_model
from instructwild.llm.price import Price
from instructwild.llm.request import Request, Sampling
from instructwild.llm.scripted import NONE, Script
from instructwild.llm.scripted_server import ScriptedServer, Weather
from instructwild.schema import Message

FLYING, PAIRS, TOKENS = 64, 9, 500


def serve(connection):
    async def forever():
        server, port = await ScriptedServer(Script(NONE), Weather(latency=0.02)).start()
        connection.send(port)
        async with server:
            await server.serve_forever()

    asyncio.run(forever())


def requests(count, offset):
    return [Request(messages=(Message(role="user", content=f"Tell me about star number {i}."),), seed=i,
                    sampling=Sampling(max_tokens=TOKENS)) for i in range(offset, offset + count)]


async def bare(url, asked):
    from openai import AsyncOpenAI

    gate = asyncio.Semaphore(FLYING)
    async with AsyncOpenAI(base_url=url, api_key="none", max_retries=0) as client:
        async def one(request):
            async with gate:
                messages = [{"role": m.role, "content": m.content} for m in request.messages]
                await client.chat.completions.create(model="scripted", messages=messages, max_tokens=TOKENS,
                                                     temperature=0.7,
                                                     seed=request.seed)

        began = time.perf_counter()
        await asyncio.gather(*(one(request) for request in asked))
        return len(asked) / (time.perf_counter() - began)


async def ours(url, asked, folder):
    limits = Limits(price=Price(1.0, 4.0), budget=1000.0, window=2 * FLYING)   # so many wait their turn in order
    session = open_model(f"{url}#scripted", limits, Ledger(Path(folder) / f"{asked[0].seed}.sqlite", "run"))
    session.engine.endpoint.slots.limit = session.engine.endpoint.slots.most = FLYING
    left = iter(asked)
    async with session:
        began = time.perf_counter()
        async for _, reply in session.stream(lambda: next(left, None)):
            assert reply.finish == "stop"
        return len(asked) / (time.perf_counter() - began)


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].isdigit() else 1500
    receiving, sending = multiprocessing.Pipe(duplex=False)
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(sending,), daemon=True)
    server.start()
    url = f"http://127.0.0.1:{receiving.recv()}/v1"
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for pair in range(PAIRS + 1):
            theirs = asyncio.run(bare(url, requests(count, 2 * pair * count)))
            mine = asyncio.run(ours(url, requests(count, (2 * pair + 1) * count), folder))
            if pair:
                rows.append([pair, round(theirs), round(mine), round(mine / theirs, 3)])
                print(f"pair {pair}: bare {theirs:7.1f} requests/s, ours {mine:7.1f}, ratio {mine / theirs:.3f}", flush=True)
    server.terminate()
    ratios = [row[-1] for row in rows]
    print(f"median ratio {statistics.median(ratios):.3f}, from {min(ratios):.3f} to {max(ratios):.3f}")
    save("endpoint_overhead", "What the engine costs at an endpoint",
         f"Requests a second with {FLYING} in flight at a scripted loopback endpoint of 20 ms in its own process: the "
         "engine, with ledger, budget, pacing and order, beside a bare asyncio loop over the same openai client. "
         f"Interleaved pairs of {count:,} requests each; median ratio **{statistics.median(ratios):.3f}**.",
         [{"caption": "Requests/s", "columns": ["pair", "bare loop", "engine", "ratio"], "rows": rows}], [])


if __name__ == "__main__":
    main()
