"""Memory of `instructwild collect` on dumps of growing size: what it holds must not grow with what it reads.

    python -m benchmarks.collect_memory [MEGABYTES ...]      default 64 512 5000, unpacked

Each size is a generated dump in the true layout of Reddit's submissions (.zst, one object a line, packed with a long
window), collected in a process of its own. The unpacker keeps as much of the text as the window is long (128 MiB here, up to
2 GiB in Reddit's own dumps), so that the peak still grows up to that size, and no further.
"""

import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import zstandard

from benchmarks.results import save

WINDOW = 27
"""Binary logarithm of the bytes that the packer looks back."""
TEXTS = ("Prompt: Write a short poem about river number {n}.", "How do I repair bicycle number {n} with few tools?",
         "lol what a day, bus {n} was late again", "写一首关于第{n}条河的短诗。", "今天第{n}路公交又晚点了",
         "{n} people liked this, thanks all")
WORDS = ["river", "window", "bicycle", "because", "evening", "market", "nothing", "yellow", "already", "kitchen"]
PICTURE = {"url": "https://preview.example/" + "a" * 40, "width": 640, "height": 480}
FILLER = {f"field_{n}": None for n in range(80)} | {
    "subreddit": "test", "subreddit_id": "t5_2qh1i", "awards": [{}] * 20, "thumbnail": "https://img.example/" + "a" * 60,
    "preview": {"images": [{"source": PICTURE, "resolutions": [PICTURE] * 6,
                            "variants": {"obfuscated": [PICTURE] * 8}}], "enabled": False},
    "media_metadata": {f"m{n}": {"status": "valid", "e": "Image", "p": [PICTURE] * 6, "s": PICTURE} for n in range(12)}}


def write_dump(path: Path, megabytes: int) -> int:
    """A dump of about that many unpacked megabytes; how many posts it has."""
    rng, size, posts = random.Random(0), 0, 0
    how = zstandard.ZstdCompressionParameters.from_level(1, window_log=WINDOW)
    packer = zstandard.ZstdCompressor(compression_params=how)
    rest = json.dumps(FILLER)[1:].encode() + b"\n"
    with path.open("wb") as raw, packer.stream_writer(raw) as packed:
        while size < megabytes * 10**6:
            words = "" if posts % 3 else " ".join(rng.choices(WORDS, k=rng.randint(0, 60)))   # most only share a link
            row = {"id": f"{posts:x}", "author": f"user_{posts % 9973}", "title": TEXTS[posts % len(TEXTS)].format(n=posts),
                   "selftext": words, "created_utc": 1675209600 + posts, "permalink": f"/r/test/comments/{posts:x}/x/"}
            line = json.dumps(row, ensure_ascii=False).encode()[:-1] + b", " + rest
            packed.write(line)
            size, posts = size + len(line), posts + 1
    return posts


def measure(megabytes: int, folder: Path) -> list:
    """Megabytes, posts, seconds of one collection and the peak MiB of its process."""
    dump, out = folder / f"RS_{megabytes}.zst", folder / f"out{megabytes}"
    posts = write_dump(dump, megabytes)
    began = time.monotonic()
    subprocess.run([sys.executable, "-m", "instructwild", "collect", "reddit", str(dump), "--out", str(out)], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seconds = time.monotonic() - began
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["rows"]["in"] == posts
    return [megabytes, f"{posts:,}", round(seconds), round(posts / seconds), manifest["peak_memory_mb"]]


def main() -> None:
    """Measure the sizes named on the command line and save the table."""
    sizes = [int(size) for size in sys.argv[1:] if size.isdigit()] or [64, 512, 5000]
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            rows.append(measure(size, Path(folder)))
            print(*rows[-1], sep=" | ", flush=True)
    save("collect_memory", "Memory of collecting",
         "`collect reddit` on generated dumps of submissions, unpacked sizes; each in a process of its own; "
         "posts are long ones, with previews and galleries. The unpacker's "
         f"window is {2 ** (WINDOW - 20)} MiB, of which a dump of 64 MB fills half: past it the peak no longer grows.",
         [{"caption": "Peak memory", "columns": ["unpacked MB", "posts", "seconds", "posts/s", "peak MiB"],
           "rows": rows}], [])


if __name__ == "__main__":
    main()
