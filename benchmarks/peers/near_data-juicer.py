"""data-juicer's document_minhash_deduplicator with its default options."""

from data_juicer.core.data import NestedDataset
from data_juicer.ops.deduplicator.document_minhash_deduplicator import DocumentMinhashDeduplicator
from protocol import answer


def find(rows):
    step = DocumentMinhashDeduplicator()
    dataset = NestedDataset.from_dict({"text": [row["text"] for row in rows], "row": list(range(len(rows)))})
    kept, _ = step.process(dataset.map(step.compute_hash))
    return set(range(len(rows))) - set(kept["row"])


if __name__ == "__main__":
    answer(find)
