"""The tiny model is a whole model: it saves, loads, speaks both scripts and marks what the assistant says."""

import hashlib

import pytest

from instructwild.llm.tiny import VOCABULARY, corpus, tiny, write_tiny

TALK = [{"role": "user", "content": "Why is the sky blue? 天空为什么是蓝色的？"},
        {"role": "assistant", "content": "Yes, 好的 ✓"}, {"role": "user", "content": "More"},
        {"role": "assistant", "content": "No"}]


@pytest.fixture(scope="module")
def tokenizer(tiny_model):
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(tiny_model)


def test_the_vocabulary_is_full_and_every_text_survives_it(tokenizer):
    assert len(tokenizer) == VOCABULARY
    for text in [*corpus()[::40], "𠮷野家 émigré\t\n🙂"]:
        assert tokenizer.decode(tokenizer(text)["input_ids"]) == text


def test_padding_start_and_end_are_three_tokens(tokenizer):
    assert len({tokenizer.pad_token_id, tokenizer.eos_token_id, tokenizer.bos_token_id}) == 3


def test_the_mask_holds_what_the_assistant_says_and_its_end(tokenizer):
    made = tokenizer.apply_chat_template(TALK, return_dict=True, return_assistant_tokens_mask=True)
    said = [token for token, mine in zip(made["input_ids"], made["assistant_masks"], strict=True) if mine]
    assert tokenizer.decode(said) == "Yes, 好的 ✓<|im_end|>No<|im_end|>"


def test_the_prompt_for_generation_is_a_prefix_of_the_whole_talk(tokenizer):
    whole = tokenizer.apply_chat_template(TALK, tokenize=False)
    begun = tokenizer.apply_chat_template(TALK[:-1], tokenize=False, add_generation_prompt=True)
    assert whole == begun + "No<|im_end|>\n"


def test_the_same_seed_makes_the_same_files_and_another_seed_other_weights(tiny_model, tmp_path):
    def digest(folder):
        return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.iterdir()}

    first, again, other = digest(tiny_model), tmp_path / "again", tmp_path / "other"
    for folder, seed in ((again, 0), (other, 1)):
        folder.mkdir()
        write_tiny(folder, seed)
    assert digest(again) == first
    assert {name for name, found in digest(other).items() if found != first[name]} == {"model.safetensors"}


def test_it_is_made_once_and_kept_in_the_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("INSTRUCTWILD_CACHE", str(tmp_path))
    folder = tiny()
    stamp = (folder / "model.safetensors").stat().st_mtime_ns
    assert tiny() == folder
    assert (folder / "model.safetensors").stat().st_mtime_ns == stamp
    assert [entry.name for entry in folder.parent.iterdir()] == [folder.name]
