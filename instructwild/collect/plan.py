"""What a collection would find and what labelling it would cost, without writing anything."""

import json
from collections.abc import Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

from instructwild.collect.answerable import THRESHOLD
from instructwild.collect.choices import Recall
from instructwild.collect.kinds import kind_named
from instructwild.collect.labels import SAMPLING, request_for, unsure
from instructwild.collect.pipeline import PART, Labeller, export_at, process
from instructwild.collect.row import Terms
from instructwild.llm.name import understand
from instructwild.llm.open import check
from instructwild.llm.style import style_for
from instructwild.stage.frames import instructions

ANSWER_TOKENS = 14
"""What an answer in the requested form takes, about; at most it is `SAMPLING.max_tokens`."""
BYTES_PER_TOKEN = 4


def plan(kind: str, sources: Sequence[str | Path], labeller: Labeller | None = None, *,
         as_is: bool = False, private: bool = False,
         recall: Recall = "default", threshold: float = THRESHOLD, encoding: str | None = None) -> str:
    """The plan as JSON: posts, prompts, and with a model the unsure posts among them, its calls, tokens and
    US$ (None where no price is known). It answers once for each prompt and each unsure post.

    Exports are read to their end; queries are not asked, so what they would find is not in the plan.

    Raises:
        InputError: an export cannot be read.
        ConfigError: the model may not be asked under these limits.
    """
    source_kind = kind_named(kind)
    terms = Terms(kind, "plan", as_is=as_is, private=private, recall=recall,
                  threshold=threshold, keep_unsure=labeller is not None)
    name, price, style = None, None, ""
    if labeller is not None:
        name = understand(labeller.model)
        price, style = check(name, labeller.limits), style_for(name)
    exports = [(source, export_at(source_kind, source)) for source in sources]
    queries = [str(source) for source, path in exports if path is None]
    figures: dict[str, Any] = {"posts": 0, "prompts": 0, "queries": queries}
    if labeller is not None:
        figures["unsure"] = 0
    sent, most = 0, 0.0
    posts = chain.from_iterable(source_kind.posts(path, encoding) for _, path in exports if path is not None)
    while batch := tuple(islice(posts, PART)):
        rows = list(instructions(process(batch, terms)[0]))
        figures |= {"posts": figures["posts"] + len(batch), "prompts": figures["prompts"] + len(rows)}
        if price is not None:
            figures["unsure"] += sum(unsure(row) for row in rows)
            requests = [request_for(row, style) for row in rows]
            sent += sum(len(request.prompt_text.encode()) // BYTES_PER_TOKEN for request in requests)
            most += sum(price.at_most(request) for request in requests)
    if name is not None and price is not None:
        received = figures["prompts"] * min(ANSWER_TOKENS, SAMPLING.max_tokens)
        figures |= {"model": name.label, "calls": figures["prompts"],
                 "tokens": {"prompt": sent, "completion": received}, "usd": round(price.of(sent, received), 4),
                 "usd_at_most": round(most, 4)}
    return json.dumps(figures, ensure_ascii=False, indent=2)
