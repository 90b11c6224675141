"""A stand-in for vLLM with the signatures of its `LLM`, `SamplingParams` and `LoRARequest`; models are run by transformers.

What vLLM refuses is refused: arguments it does not have, lists of unequal length, an adapter it was not told of, work while
it sleeps.
"""

import importlib.machinery
import sys
from dataclasses import dataclass, field
from types import ModuleType, SimpleNamespace

import torch

ENGINE_ARGS = {"max_model_len", "max_num_seqs", "enable_lora", "max_loras", "max_lora_rank", "max_cpu_loras",
               "logprobs_mode", "enable_sleep_mode", "generation_config", "max_num_batched_tokens", "enable_prefix_caching"}


@dataclass
class SamplingParams:
    n: int = 1
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    repetition_penalty: float = 1.0
    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    min_p: float = 0.0
    seed: int | None = None
    stop: str | list[str] | None = None
    stop_token_ids: list[int] | None = None
    ignore_eos: bool = False
    max_tokens: int | None = 16
    min_tokens: int = 0
    logprobs: int | None = None
    detokenize: bool = True
    skip_special_tokens: bool = True

    def __post_init__(self):
        assert 0 < self.top_p <= 1
        assert self.detokenize or not self.stop, "stop strings are only supported when detokenize is True"


@dataclass(frozen=True)
class LoRARequest:
    lora_name: str
    lora_int_id: int
    lora_path: str = ""

    def __post_init__(self):
        assert self.lora_int_id >= 1


@dataclass
class Logprob:
    logprob: float
    rank: int | None = None
    decoded_token: str | None = None


@dataclass
class CompletionOutput:
    index: int
    text: str
    token_ids: list[int]
    cumulative_logprob: float | None
    logprobs: list[dict[int, Logprob]] | None
    finish_reason: str | None = None
    stop_reason: int | str | None = None


@dataclass
class RequestOutput:
    request_id: str
    prompt: str | None
    prompt_token_ids: list[int]
    outputs: list[CompletionOutput]
    finished: bool = True


@dataclass
class Seen:
    """What the last engine was made and called with."""

    made: dict = field(default_factory=dict)
    calls: list = field(default_factory=list)
    states: list = field(default_factory=list)
    off: float = 0.0
    """Added to each log-probability that is told, as where another engine rounds otherwise."""


SEEN = Seen()


class LLM:
    def __init__(self, model, *, runner="auto", convert="auto", tokenizer=None, tokenizer_mode="auto",
                 skip_tokenizer_init=False, trust_remote_code=False, tensor_parallel_size=1, dtype="auto", quantization=None,
                 revision=None, tokenizer_revision=None, seed=0, gpu_memory_utilization=0.92, enforce_eager=False,
                 hf_overrides=None, **engine_args):
        assert set(engine_args) <= ENGINE_ARGS, set(engine_args) - ENGINE_ARGS
        assert 0 < gpu_memory_utilization <= 1
        assert isinstance(model, str)
        from transformers import AutoModelForCausalLM, AutoTokenizer

        SEEN.made = {"model": model, "dtype": dtype, "trust_remote_code": trust_remote_code, **engine_args}
        self.args = engine_args
        self.folder, self.asleep = model, False
        self.tokenizer = AutoTokenizer.from_pretrained(model)
        self.model = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32).eval()
        self.adapted = {}

    def generate(self, prompts, sampling_params=None, *, use_tqdm=True, lora_request=None, priority=None,
                 tokenization_kwargs=None):
        assert not self.asleep, "the engine sleeps"
        assert len(prompts) == len(sampling_params), "The lengths of prompts and params must be the same."
        SEEN.calls.append(SimpleNamespace(prompts=prompts, params=sampling_params, lora=lora_request))
        model = self._with(lora_request)
        return [self._answer(model, str(number), prompt["prompt_token_ids"], params)
                for number, (prompt, params) in enumerate(zip(prompts, sampling_params, strict=True))]

    def sleep(self, level=1, mode="abort"):
        assert self.args.get("enable_sleep_mode")
        self.asleep = True
        SEEN.states.append(f"sleep {level}")

    def wake_up(self, tags=None):
        self.asleep = False
        SEEN.states.append("wake")

    def _with(self, request):
        if request is None:
            return self.model
        assert self.args.get("enable_lora")
        if request.lora_int_id not in self.adapted:
            from peft import LoraConfig, PeftModel
            from transformers import AutoModelForCausalLM

            from instructwild_trainer.lora import plain_layers

            config = LoraConfig.from_pretrained(request.lora_path)
            assert config.r <= self.args["max_lora_rank"]
            plain_layers(config)
            whole = AutoModelForCausalLM.from_pretrained(self.folder, dtype=torch.float32)
            self.adapted = {request.lora_int_id: PeftModel.from_pretrained(whole, request.lora_path, config=config).eval()}
        return self.adapted[request.lora_int_id]

    @torch.no_grad()
    def _answer(self, model, number, prompt, params):
        assert len(prompt) + params.max_tokens <= self.args["max_model_len"]
        generator = torch.Generator().manual_seed(params.seed or 0)
        tokens, logprobs, finish, reason = [], [], "length", None
        while len(tokens) < params.max_tokens:
            logits = model(torch.tensor([prompt + tokens])).logits[0, -1].float()
            logs = torch.log_softmax(logits / (params.temperature or 1.0), -1)
            token = int(torch.multinomial(logs.exp(), 1, generator=generator)) if params.temperature else int(logs.argmax())
            tokens.append(token)
            logprobs.append({token: Logprob(logs[token].item() + SEEN.off, 1)})
            text = self.tokenizer.decode(tokens) if params.detokenize else ""
            if token in (params.stop_token_ids or ()) or any(stop in text for stop in params.stop or ()):
                finish = "stop"
                reason = token if token in (params.stop_token_ids or ()) else "text"
                break
        return RequestOutput(number, None, prompt, [CompletionOutput(
            0, "", tokens, None, logprobs if params.logprobs is not None else None, finish, reason)])


def install(monkeypatch):
    """Let `import vllm` give the stand-in."""
    vllm, lora, request = ModuleType("vllm"), ModuleType("vllm.lora"), ModuleType("vllm.lora.request")
    vllm.LLM, vllm.SamplingParams, request.LoRARequest = LLM, SamplingParams, LoRARequest
    for module in (vllm, lora, request):
        module.__spec__ = importlib.machinery.ModuleSpec(module.__name__, None)
        monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(sys.modules[__name__], "SEEN", Seen())
    return sys.modules[__name__].SEEN
