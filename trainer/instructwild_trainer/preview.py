"""What `--dry-run --json` prints: the rows that stay and leave, and what of each example is trained on."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from instructwild.schema import Dropped
from instructwild_trainer.templates import Chat, Encoded

SHOWN = 100
"""Examples that are shown whole; of more, as many are taken at equal distances."""


@dataclass(frozen=True)
class Preview:
    """A training run before its first step.

    `kept` counts input rows, `dropped` those that left by reason; an example is {"text": the decoded sequence,
    special tokens too, "trained": the decoded trained spans in order, stop tokens included}.
    """

    kept: int
    dropped: dict[str, int]
    examples: list[dict[str, object]]

    def to_json(self) -> str:
        """One JSON object."""
        return json.dumps(asdict(self), ensure_ascii=False)


def preview(chat: Chat, kept: int, dropped: Sequence[Dropped], examples: Sequence[Encoded]) -> Preview:
    """The preview of a run whose `kept` rows made these examples."""
    count = min(SHOWN, len(examples))
    chosen = [examples[i * len(examples) // count] for i in range(count)]

    def text(ids: Sequence[int]) -> str:
        return str(chat.tokenizer.decode(ids, skip_special_tokens=False, clean_up_tokenization_spaces=False))

    return Preview(kept, dict(Counter(str(lost.reason) for lost in dropped)),
                   [{"text": text(row.input_ids), "trained": [text(span) for span in row.spans()]} for row in chosen])
