"""Special tokens say nothing, but for those by which thoughts are told from the answer."""

import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit
from transformers import PreTrainedTokenizerFast

from instructwild.llm.answer import understood
from instructwild.llm.decoded_text import TextDecoder, opened_thoughts
from instructwild.text.thoughts import TAGS

HARMONY = ["<|start|>", "<|channel|>", "<|message|>", "<|end|>"]
COHERE = ["<|START_THINKING|>", "<|END_THINKING|>", "<|START_RESPONSE|>", "<|END_RESPONSE|>"]


def tokenizer_with(special):
    words = ["tides", "moon", "assistant", "analysis", "final", "<eos>", "<pad>", *special]
    built = Tokenizer(WordLevel({word: number for number, word in enumerate(words)}, unk_token="tides"))
    built.pre_tokenizer = WhitespaceSplit()
    return PreTrainedTokenizerFast(tokenizer_object=built, eos_token="<eos>", pad_token="<pad>",
                                   additional_special_tokens=special)


def decoded(special, written, **options):
    tokenizer = tokenizer_with(special)
    ids = tokenizer.convert_tokens_to_ids(written.split())
    return TextDecoder(tokenizer, **options)(ids, {tokenizer.eos_token_id}).replace(" ", "")


@pytest.mark.parametrize(("special", "written", "reasoning", "content"), [
    (HARMONY, "<|channel|> analysis <|message|> tides <|end|> <|start|> assistant <|channel|> final <|message|> moon <eos>",
     "tides", "moon"),
    (COHERE, "<|START_THINKING|> tides <|END_THINKING|> <|START_RESPONSE|> moon <|END_RESPONSE|> <pad>", "tides", "moon"),
    (["<|im_end|>", "<|end|>"], "moon <|end|> <eos>", None, "moon")])
def test_thoughts_between_special_tokens_are_told_from_the_answer(special, written, reasoning, content):
    answer = understood(decoded(special, written))
    assert (answer.reasoning, answer.content) == (reasoning, content)


def test_what_continues_a_text_has_no_marks():
    assert decoded(HARMONY, "<|channel|> analysis <|message|> tides", marks=False) == "analysistides"


@pytest.mark.parametrize("opening", TAGS)
def test_a_template_may_open_thoughts_with_every_mark_that_is_read(opening, tiny_model):
    """The answer goes on within them: closed, or cut off by its length."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    tokenizer.chat_template = "{{ messages[-1].content }}|" + opening + "{{ '\\n' }}"
    prompt = tokenizer.apply_chat_template([{"role": "user", "content": "Why tides?"}], tokenize=True, return_dict=False)
    begun = opened_thoughts(tokenizer, prompt)
    assert begun == opening + "\n"
    closed, cut_off = understood(begun + f"Moon.{TAGS[opening]}It pulls."), understood(begun + "Moon, moon")
    assert (closed.reasoning, closed.content) == ("Moon.", "It pulls.")
    assert (cut_off.reasoning, cut_off.content) == ("Moon, moon", "")


def test_a_question_about_a_mark_opens_no_thoughts(tiny_model):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    assert opened_thoughts(tokenizer, tokenizer("What does <think> do? Answer:")["input_ids"]) == ""
