"""Memory of `instructwild collect` on dumps of growing size: what it holds must not grow with what it reads.

    python benchmarks/collect_memory.py [MEGABYTES ...]      default 40 120 360, unpacked

Each size is a generated dump in the true layout of Reddit's (.zst, one object a line, packed with a long window), collected
in a process of its own. Printed are the posts, the seconds, the peak memory of the process, and how that peak grew per GB
of input. Reading is line by line; rows are written every 5,000 posts; the parts are joined by a streaming query.
"""

import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import zstandard

TEXTS = ("Prompt: Write a short poem about river number {n}.", "How do I repair bicycle number {n} with few tools?",
         "lol what a day, bus {n} was late again", "写一首关于第{n}条河的短诗。", "今天第{n}路公交又晚点了",
         "{n} people liked this, thanks all")
FILLER = {f"field_{n}": None for n in range(40)} | {"thumbnail_url": "https://img.example/" + "a" * 120, "awards": [{}] * 30}
WORDS = ["river", "window", "bicycle", "because", "evening", "market", "nothing", "yellow", "already", "kitchen"]


def write_dump(path: Path, megabytes: int) -> int:
    """A dump of about that many unpacked megabytes; how many posts it has."""
    rng, size, posts = random.Random(0), 0, 0
    packer = zstandard.ZstdCompressor(compression_params=zstandard.ZstdCompressionParameters.from_level(3, window_log=27))
    with path.open("wb") as raw, packer.stream_writer(raw) as packed:
        while size < megabytes * 10**6:
            text = TEXTS[posts % len(TEXTS)].format(n=posts) + " " + " ".join(rng.choices(WORDS, k=rng.randint(0, 60)))
            row = {"id": f"{posts:x}", "author": f"user_{posts % 9973}", "body": text, "created_utc": 1675209600 + posts,
                   "permalink": f"/r/test/comments/x/{posts:x}/", **FILLER}
            line = json.dumps(row, ensure_ascii=False).encode() + b"\n"
            packed.write(line)
            size, posts = size + len(line), posts + 1
    return posts


def measure(megabytes: int, folder: Path) -> tuple[int, float, float]:
    """Posts, seconds and peak megabytes of one collection."""
    dump = folder / f"RC_{megabytes}.zst"
    posts = write_dump(dump, megabytes)
    began = time.monotonic()
    code = ("import resource, sys; from instructwild.cli import app\n"
            "try: app(sys.argv[1:], standalone_mode=False)\n"
            "finally: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)")
    command = ["collect", "reddit", str(dump), "--out", str(folder / f"out{megabytes}")]
    done = subprocess.run([sys.executable, "-c", code, *command], check=True, capture_output=True, text=True)
    return posts, time.monotonic() - began, int(done.stdout.split()[-1]) / 1024


def main() -> None:
    """Measure the sizes named on the command line and print a table."""
    sizes = [int(size) for size in sys.argv[1:]] or [40, 120, 360]
    with tempfile.TemporaryDirectory() as folder:
        found = [(size, *measure(size, Path(folder))) for size in sizes]
    print("| input MB | posts | seconds | peak MB |\n| ---: | ---: | ---: | ---: |")
    for size, posts, seconds, peak in found:
        print(f"| {size} | {posts:,} | {seconds:.0f} | {peak:.0f} |")
    if len(found) > 1:
        grown = (found[-1][3] - found[0][3]) / (found[-1][0] - found[0][0]) * 1000
        print(f"\n{grown:+.0f} MB per GB of input between the smallest and the largest")


if __name__ == "__main__":
    main()
