"""vLLM behind the interface of our own generator, on a stand-in with its signatures."""

import pytest
import torch

from instructwild.errors import ConfigError, MissingExtraError
from instructwild.expand.replies import ResponsePlan
from instructwild.expand.respond import respond
from instructwild.llm.generation.rows import DecodedRow
from instructwild.llm.generation.vllm_decoder import VLLMDecoder, need_vllm
from instructwild.llm.local import LocalModel
from instructwild.llm.request import Request, Sampling
from instructwild.llm.vllm_model import VLLMModel
from instructwild.schema import Message
from tests import vllm_stub


@pytest.fixture
def vllm(monkeypatch):
    return vllm_stub.install(monkeypatch)


@pytest.fixture(scope="module")
def adapter(tiny_model, tmp_path_factory):
    """A LoRA adapter on the tiny model that changes what it writes."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    folder = tmp_path_factory.mktemp("adapter")
    torch.manual_seed(1)
    model = get_peft_model(AutoModelForCausalLM.from_pretrained(tiny_model, dtype=torch.float32), LoraConfig(
        r=4, target_modules="all-linear", task_type="CAUSAL_LM"))
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            weight.data.normal_(std=0.5)
    model.peft_config["default"].base_model_name_or_path = str(tiny_model)
    model.save_pretrained(folder)
    return folder


def requests(**sampling):
    texts = ("the river runs", "一条河", "bread and salt are")
    chats = [Request(messages=(Message(role="user", content="What is bread?"),), sampling=Sampling(**sampling), seed=9)]
    return [Request(text=text, sampling=Sampling(**sampling), seed=n) for n, text in enumerate(texts)] + chats


def test_greedy_answers_are_those_of_our_own_decoder_and_arguments_reach_vllm(vllm, tiny_model):
    queries = requests(max_tokens=8, temperature=0.0)
    model = VLLMModel(tiny_model, batch=5)
    assert model.generate(queries) == LocalModel(tiny_model, dtype="float32").generate(queries)
    assert vllm.made["max_num_seqs"] == 5
    assert vllm.made["trust_remote_code"] is False
    assert vllm.made["logprobs_mode"] == "processed_logprobs"
    assert "enable_lora" not in vllm.made
    model.close()


def test_settings_and_seeds_go_by_row_and_a_row_beyond_the_context_fails_alone(vllm, tiny_model):
    model = VLLMModel(tiny_model)
    long = Request(text="a " * model.context, sampling=Sampling(max_tokens=4), seed=1)
    replies = model.generate([*requests(max_tokens=3, temperature=0.5, top_p=0.8), long])
    assert [reply.finish for reply in replies][-1] == "failed"
    params = vllm.calls[0].params
    assert sorted(each.seed for each in params) == [0, 1, 2, 9]
    assert {(each.temperature, each.top_p, each.max_tokens, each.ignore_eos) for each in params} == {(0.5, 0.8, 3, True)}


def test_a_stop_text_ends_a_row(vllm, tiny_model):
    whole = VLLMModel(tiny_model).generate([Request(text="the", sampling=Sampling(max_tokens=8, temperature=0.0))])[0]
    stop = whole.text[len(whole.text) // 2:][:2] or whole.text
    cut = VLLMModel(tiny_model).generate([Request(text="the", sampling=Sampling(max_tokens=8, temperature=0.0,
                                                                                stop=(stop,)))])[0]
    assert (cut.finish, stop in cut.text) == ("stop", False)


def test_an_adapter_goes_by_request_onto_its_base(vllm, tiny_model, adapter):
    queries = requests(max_tokens=6, temperature=0.0)
    replies = VLLMModel(adapter).generate(queries)
    assert replies == LocalModel(adapter, dtype="float32").generate(queries)
    assert replies != VLLMModel(tiny_model).generate(queries)
    assert vllm.calls[0].lora == vllm_stub.LoRARequest("adapter-1", 1, str(adapter))


def test_log_probabilities_are_those_of_what_was_drawn_and_memory_is_given_back_between_calls(vllm, tiny_model):
    decoder = VLLMDecoder(tiny_model, context=64, slots=2, sleeps=True)
    rows = [DecodedRow([5, 6, 7], 6, seed=n, temperature=0.7) for n in range(2)]
    with decoder.awake():
        logprobs = decoder.decode(rows, {2, -1})
    assert vllm.states == ["sleep 1", "wake", "sleep 1"]
    model = LocalModel(tiny_model, dtype="float32").model
    for row, drawn in zip(rows, logprobs, strict=True):
        logits = model(torch.tensor([row.prompt + row.generated])).logits[0, 2:-1] / 0.7
        expected = torch.log_softmax(logits, -1).gather(1, torch.tensor(row.generated)[:, None])[:, 0]
        torch.testing.assert_close(torch.tensor(drawn), expected, atol=1e-5, rtol=0)
        assert row.finish in ("stop", "length")
    with pytest.raises(AssertionError, match="sleeps"):
        decoder.decode([DecodedRow([5], 1)], ())


def test_without_vllm_the_remedy_is_named():
    with pytest.raises(MissingExtraError, match="pip install vllm"):
        need_vllm()


@pytest.fixture
def prompts(tmp_path):
    file = tmp_path / "prompts.jsonl"
    file.write_text('{"instruction": "What is bread?"}\n{"instruction": "什么是盐？"}\n', encoding="utf-8")
    return file


def test_respond_answers_by_vllm_and_never_takes_its_answers_for_those_of_our_own(vllm, tiny_model, prompts, tmp_path):
    plan = ResponsePlan(sampling=Sampling(max_tokens=5, temperature=0.0), truncated="keep", attempts=1)
    cache = tmp_path / "paid"
    by_vllm = respond([prompts], tmp_path / "vllm", [str(tiny_model)], plan, engine="vllm", cache=cache)
    assert by_vllm.manifest.config["engine"] == "vllm"
    assert len(vllm.calls) == 1
    assert {each.max_tokens for each in vllm.calls[0].params} == {5}
    own = respond([prompts], tmp_path / "own", [str(tiny_model)], plan, cache=cache)
    assert len(vllm.calls) == 1
    assert own.manifest.config != by_vllm.manifest.config
    respond([prompts], tmp_path / "again", [str(tiny_model)], plan, engine="vllm", cache=cache)
    assert len(vllm.calls) == 1                      # kept, and not queries for again


def test_respond_names_the_remedy_before_anything_is_written(prompts, tmp_path):
    with pytest.raises(MissingExtraError, match="--engine vllm"):
        respond([prompts], tmp_path / "out", ["tiny"], ResponsePlan(), engine="vllm")
    with pytest.raises(ConfigError, match="no endpoint"):
        respond([prompts], tmp_path / "out", ["http://127.0.0.1:9/v1#m"], ResponsePlan(), engine="vllm")
    assert not (tmp_path / "out").exists()
