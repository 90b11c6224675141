"""How much of a bare asyncio loop's request rate the engine keeps: ledger, budget, pacing and order included.

All ask the same scripted loopback endpoint, in its own process, over the same openai client, 64 requests in flight: a bare
loop over `chat.completions.create`, as everybody writes it; a bare loop over the client's `post`, which the engine uses;
and the engine. Nine interleaved rounds after one to warm up; the figures are medians of the nine ratios.

    python -m benchmarks.endpoint_overhead [REQUESTS]
"""

import asyncio
import itertools
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
from instructwild.llm.scripted_server import FaultInjection, ScriptedServer
from instructwild.schema import Message

IN_FLIGHT, ROUNDS, TOKENS = 64, 9, 500


def serve(connection):
    async def forever():
        server, port = await ScriptedServer(Script(NONE), FaultInjection(latency=0.02)).start()
        connection.send(port)
        async with server:
            await server.serve_forever()

    asyncio.run(forever())


def requests(count, offset):
    return [Request(messages=(Message(role="user", content=f"Tell me about star number {i}."),), seed=i,
                    sampling=Sampling(max_tokens=TOKENS)) for i in range(offset, offset + count)]


def create(client, request):
    return client.chat.completions.create(model="scripted", messages=request.chat_messages(),
                                          max_tokens=TOKENS, temperature=0.7,
                                          seed=request.seed)


def post(client, request):
    return client.post("/chat/completions", cast_to=object, body={
        "model": "scripted", "messages": request.chat_messages(),
        "max_tokens": TOKENS, "temperature": 0.7, "seed": request.seed})


async def bare(call, url, requests):
    from openai import AsyncOpenAI

    gate = asyncio.Semaphore(IN_FLIGHT)
    async with AsyncOpenAI(base_url=url, api_key="none", max_retries=0) as client:
        async def answer(request):
            async with gate:
                await call(client, request)

        began = time.perf_counter()
        await asyncio.gather(*(answer(request) for request in requests))
        return len(requests) / (time.perf_counter() - began)


async def ours(url, requests, folder):
    limits = Limits(price=Price(1.0, 4.0), budget=1000.0, concurrency=2 * IN_FLIGHT)   # so many wait their turn in order
    session = open_model(f"{url}#scripted", limits, Ledger(Path(folder) / f"{requests[0].seed}.sqlite", "run"))
    session.engine.endpoint.limiter.limit = session.engine.endpoint.limiter.most = IN_FLIGHT
    left = iter(requests)
    async with session:
        began = time.perf_counter()
        async for _, reply in session.stream(lambda: next(left, None)):
            assert reply.finish == "stop"
        return len(requests) / (time.perf_counter() - began)


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].isdigit() else 1500
    receiving, sending = multiprocessing.Pipe(duplex=False)
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(sending,), daemon=True)
    server.start()
    url = f"http://127.0.0.1:{receiving.recv()}/v1"
    batches = (requests(count, offset) for offset in itertools.count(0, count))
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(ROUNDS + 1):
            created, posted = (asyncio.run(bare(call, url, next(batches))) for call in (create, post))
            mine = asyncio.run(ours(url, next(batches), folder))
            if number:
                rows.append([number, round(created), round(posted), round(mine), round(mine / created, 3),
                             round(mine / posted, 3)])
                print(*rows[-1], sep="\t", flush=True)
    server.terminate()
    save("endpoint_overhead", "What the engine costs at an endpoint",
         f"Requests a second with {IN_FLIGHT} in flight at a scripted loopback endpoint of 20 ms in its own process: the "
         "engine, with ledger, budget, pacing and order, beside bare asyncio loops over the same openai client, in turns, "
         f"{count:,} requests each. The engine reaches **{median(rows, 4)}** of a loop over `chat.completions.create`, and "
         f"**{median(rows, 5)}** of a loop over the client's `post`, which it calls itself.",
         [{"caption": "Requests/s", "columns": ["round", "bare loop, create", "bare loop, post", "engine", "of create",
                                                "of post"], "rows": rows}],
         ["`create` walks the types of its arguments at each call and builds typed answers; the engine reads plain JSON."])


def median(rows, column):
    values = [row[column] for row in rows]
    return f"{statistics.median(values):.3f} [{min(values):.3f}, {max(values):.3f}]"


if __name__ == "__main__":
    main()
