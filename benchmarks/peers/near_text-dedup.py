"""text-dedup's MinHash command with its default options (one process)."""

import tempfile

from datasets import Dataset, load_from_disk
from protocol import answer
from text_dedup.minhash import main


def find(rows):
    with tempfile.TemporaryDirectory() as home:
        Dataset.from_dict({"text": [row["text"] for row in rows], "row": list(range(len(rows)))}).save_to_disk(f"{home}/in")
        main.main(["--local", "--path", f"{home}/in", "--output", f"{home}/out", "--column", "text", "--num_proc", "1",
                   "--cache_dir", f"{home}/cache"], standalone_mode=False)
        return set(range(len(rows))) - set(load_from_disk(f"{home}/out")["row"])


if __name__ == "__main__":
    answer(find)
