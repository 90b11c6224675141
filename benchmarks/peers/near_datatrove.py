"""The four steps of datatrove's MinHash pipeline with its default configuration, one task each."""

import gzip
import json
import tempfile
from pathlib import Path

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupFilter, MinhashDedupSignature
from datatrove.pipeline.dedup.minhash import MinhashConfig
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import JsonlWriter
from protocol import answer


def find(rows, language="eng"):
    with tempfile.TemporaryDirectory() as home:
        (Path(home) / "in").mkdir()
        with (Path(home) / "in" / "rows.jsonl").open("w") as out:
            for i, row in enumerate(rows):
                out.write(json.dumps({"text": row["text"], "id": str(i)}) + "\n")
        config = MinhashConfig()
        reader = JsonlReader(f"{home}/in")
        steps = [
            ([reader, MinhashDedupSignature(f"{home}/signatures", config=config, language=language)], 1),
            ([MinhashDedupBuckets(f"{home}/signatures", f"{home}/buckets", config=config)], config.num_buckets),
            ([MinhashDedupCluster(f"{home}/buckets", f"{home}/remove", config=config)], 1),
            ([reader, MinhashDedupFilter(f"{home}/remove", exclusion_writer=JsonlWriter(f"{home}/dropped"))], 1),
        ]
        for k, (pipeline, tasks) in enumerate(steps):
            LocalPipelineExecutor(pipeline, tasks=tasks, workers=1, logging_dir=f"{home}/logs/{k}").run()
        dropped = []
        for path in Path(f"{home}/dropped").rglob("*.jsonl.gz"):
            with gzip.open(path, "rt") as lines:
                dropped += [int(json.loads(line)["id"]) for line in lines]
        return dropped


if __name__ == "__main__":
    answer(find)
