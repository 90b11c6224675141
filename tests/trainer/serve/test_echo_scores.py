"""A server's log probabilities of texts, as `evaluate bench` reads them: equal to the model's own."""

from contextlib import closing

import pytest
import torch

from instructwild.llm.ledger import Ledger
from instructwild.llm.name import understand
from instructwild.llm.open import Limits
from instructwild.llm.prompt_logprobs import log_likelihoods

PAIRS = [("The tide turns at", " noon"),
         ("问题：哪个是水？\n答案：", " B"), ("潮", "水在中午转向 🙂。"), ("One ", "two three")]


def by_hand(loaded, context, continuation):
    body = len(context.rstrip())
    context, continuation = context[:body], context[body:] + continuation
    tokenizer = loaded.local.tokenizer
    whole = tokenizer(context + continuation)["input_ids"]
    start = len(tokenizer(context)["input_ids"])
    assert whole[:start] == tokenizer(context)["input_ids"]        # no token crosses the border
    with torch.inference_mode():
        logits = loaded.local.model(torch.tensor([whole], device=loaded.local.model.device)).logits[0].log_softmax(-1)
    own = [(float(logits[i - 1, whole[i]]), int(logits[i - 1].argmax()) == whole[i]) for i in range(start, len(whole))]
    return sum(value for value, _ in own), all(greedy for _, greedy in own)


def test_a_continuation_is_scored_as_the_model_scores_it(url, loaded_models, tmp_path):
    loaded = loaded_models[0]
    with closing(Ledger(tmp_path / "l.sqlite", "t")) as ledger:
        values, usage = log_likelihoods(understand(f"{url}/v1#{loaded.name}"), Limits(), ledger, PAIRS)
    for (value, greedy), pair in zip(values, PAIRS, strict=True):
        expected, likeliest = by_hand(loaded, *pair)
        assert value == pytest.approx(expected, abs=2e-3), pair
        assert greedy == likeliest
    assert usage.requests == len(PAIRS)
    assert usage.usd == 0


def test_offsets_say_where_each_token_begins(loaded_models):
    from instructwild_trainer.serve.token_bytes import TokenBytes

    tokenizer = loaded_models[0].local.tokenizer
    text = "A tide 潮水🙂 turns"
    ids = tokenizer(text)["input_ids"]
    special = tokenizer.all_special_ids[0]
    offsets = TokenBytes(tokenizer).offsets([special, *ids])
    assert offsets[:2] == [0, 0]
    for i in range(len(ids)):
        before = tokenizer.decode(ids[:i]).rstrip("\ufffd")
        assert offsets[i + 1] == len(before), (i, before)
