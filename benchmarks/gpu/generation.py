"""Text from the 7B shape: our decoder beside transformers' own, `serve` by clients, and 4 bits."""

import queue
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.gpu.measure import GIB, emit, missing, timed, wait
from benchmarks.gpu.sizes import base, chat, config, device, dtype, forget_base, ppo_options, prompts, size

SAMPLING = {"temperature": 0.7, "top_p": 0.9}


def generation() -> None:
    """A PPO rollout's decoding with adapters on, then sampling at several batch sizes beside `generate`, largest first."""
    import torch

    model, tokens = base(), size().tokens
    adapted = _with_adapters(model)
    for rows in reversed(size().batches):
        prompt_rows = prompts(rows, size().prompt)
        rates = {}
        with timed("generation", "ours", rows=rows) as figures, torch.inference_mode():
            _ours(model, prompt_rows, 4)    # kernels are loaded, nothing is recorded for later
            rates["ours"], decoder, seconds = _ours(model, prompt_rows, tokens)
            figures |= {"tokens_s": rates["ours"], "seconds": seconds, "step_ms": round(1000 * seconds / tokens, 2),
                        **({"unrecorded": decoder.unrecorded} if decoder.unrecorded else {})}
        with timed("generation", "transformers generate", rows=rows) as figures, torch.inference_mode():
            ids = torch.tensor(prompt_rows, device=model.device)
            more = {"attention_mask": torch.ones_like(ids), "pad_token_id": 0, "do_sample": True, "top_k": 0, **SAMPLING}
            model.generate(ids, min_new_tokens=4, max_new_tokens=4, **more)
            wait()
            began = time.perf_counter()
            model.generate(ids, min_new_tokens=tokens, max_new_tokens=tokens, **more)
            wait()
            rates["generate"] = figures["tokens_s"] = round(rows * tokens / (time.perf_counter() - began), 1)
        if len(rates) == 2:
            emit("generation", "ours over generate", rows=rows, ratio=round(rates["ours"] / rates["generate"], 2))
        if rows == size().batches[-1] and adapted and "generate" in rates:
            emit("generation", "ours with adapters over generate without", rows=rows,
                 ratio=round(adapted / rates["generate"], 2))


def _with_adapters(model: Any) -> float:
    """Tokens a second of a PPO rollout's decoding, adapters on; 0 where it failed."""
    import torch

    from instructwild_trainer.fit import lora
    from instructwild_trainer.ppo.actors import POLICY, Actors

    rows, tokens = size().batches[-1], size().tokens
    with timed("generation", "ours, adapters on", rows=rows) as figures, torch.inference_mode():
        actors = Actors(model, lora(ppo_options(), model, "CAUSAL_LM"))
        forward = actors.next_token(POLICY)
        prompt_rows = prompts(rows, size().prompt)
        _ours(model, prompt_rows, 4, forward)
        figures["tokens_s"], decoder, seconds = _ours(model, prompt_rows, tokens, forward)
        figures |= {"step_ms": round(1000 * seconds / tokens, 2)} | (
            {"unrecorded": decoder.unrecorded} if decoder.unrecorded else {})
        actors.peft.unload()
    return float(figures.get("tokens_s", 0.0))


def _ours(model: Any, prompt_rows: list[list[int]], tokens: int, forward: Any = None) -> tuple[float, Any, float]:
    """Tokens a second, the decoder, and the seconds."""
    from instructwild.llm.generation.decode_rows import decode
    from instructwild.llm.generation.decoder import Decoder
    from instructwild.llm.generation.forward import forward_of
    from instructwild.llm.generation.rows import DecodedRow

    rows = [DecodedRow(prompt, tokens, seed=n, **SAMPLING) for n, prompt in enumerate(prompt_rows)]
    wait()
    began = time.perf_counter()
    decoder = Decoder(forward or forward_of(model), model.config, device=model.device, dtype=model.dtype, slots=len(rows),
                      columns=len(prompt_rows[0]) + tokens + 1)
    decode(decoder, rows, lambda row, token: row.append(token, ()))
    wait()
    seconds = time.perf_counter() - began
    return round(len(rows) * tokens / seconds, 1), decoder, round(seconds, 3)


def continuous() -> None:
    """transformers' continuous batching; it is for GPUs."""
    import torch
    from transformers import GenerationConfig

    if device() == "cpu":
        emit("continuous", "transformers continuous batching", left_out="no GPU")
        return
    rows, tokens = size().batches[-1], size().tokens
    with timed("continuous", "transformers continuous batching", rows=rows) as figures, torch.inference_mode():
        settings = GenerationConfig(max_new_tokens=tokens, eos_token_id=-1, pad_token_id=0, do_sample=True, **SAMPLING)
        began = time.perf_counter()
        base().generate_batch(inputs=prompts(rows, size().prompt), generation_config=settings)
        figures["tokens_s"] = round(rows * tokens / (time.perf_counter() - began), 1)


def serve() -> None:
    """`serve`'s engine with several clients at once, each with one request; HTTP's own time is not in it."""
    from instructwild.llm.local import LocalModel
    from instructwild.llm.request import Request, Sampling
    from instructwild_trainer.serve.engine import BatchEngine

    local = LocalModel.around(base(), chat().tokenizer)
    local.ends = frozenset()
    prompt_rows, tokens = prompts(max(size().clients), size().prompt), size().tokens
    engine = BatchEngine({"m": local}, slots=max(size().clients), waiting=max(size().clients))
    try:
        for clients in (1, *size().clients):                         # the first warms up
            with timed("serve", "engine", clients=clients) as figures:
                chunks: queue.SimpleQueue = queue.SimpleQueue()
                began, first, left, written = time.perf_counter(), 0.0, clients, 0
                for n in range(clients):
                    request = Request(text="x", sampling=Sampling(max_tokens=tokens, **SAMPLING), seed=n)
                    engine.submit("m", [(request, prompt_rows[n])], chunks.put)
                while left:
                    chunk = chunks.get(timeout=120)
                    first = first or time.perf_counter() - began
                    if chunk.finish is not None:
                        left, written = left - 1, written + chunk.tokens
                        if chunk.problem:
                            raise RuntimeError(chunk.problem)
                figures |= {"tokens_s": round(written / (time.perf_counter() - began), 1), "first_s": round(first, 3)}
    finally:
        engine.stop()


def four_bits() -> None:
    """A 7B model in GPTQ's 4 bits: which kernel it gets, memory while it writes, tokens a second."""
    import torch

    if missing("four_bits", "one stream", "gptqmodel", "optimum"):
        return
    from instructwild.llm.generation.decode_rows import decode
    from instructwild.llm.generation.rows import DecodedRow
    from instructwild.llm.local import LocalModel

    tokens = size().four_bit_tokens
    forget_base()
    with tempfile.TemporaryDirectory() as scratch, timed("four_bits", "one stream", tokens=tokens) as figures:
        write_packed(Path(scratch))
        local = LocalModel(scratch)
        figures["kernel"] = kernels(local.model)

        def write(count: int) -> None:
            with torch.inference_mode():
                row = DecodedRow(prompts(1, size().prompt)[0], count)
                decode(local.decoder(1, row.reserved), [row], lambda row, token: row.append(token, ()))
            wait()

        write(4)
        if device() == "cuda":
            torch.cuda.reset_peak_memory_stats()
        began = time.perf_counter()
        write(tokens)
        figures["tokens_s"] = round(tokens / (time.perf_counter() - began), 1)
        if device() == "cuda":
            figures["peak_while_writing_gib"] = round(torch.cuda.max_memory_allocated() / GIB, 2)


def kernels(model: Any) -> str:
    """The classes of the 4-bit layers."""
    from gptqmodel.nn_modules.qlinear import BaseQuantLinear

    from instructwild.llm.int4 import Int4Linear

    names = {type(module).__name__ for module in model.modules() if isinstance(module, BaseQuantLinear | Int4Linear)}
    return ", ".join(sorted(names)) or "none: dense weights"


def write_packed(folder: Path) -> None:
    """A folder of the 7B shape with random 4-bit weights in auto-gptq's layout, the tokenizer beside it."""
    import torch
    from safetensors.torch import save_file
    from transformers import LlamaForCausalLM

    made, group, tensors = config("7b"), size().group, {}
    with torch.device("meta"):
        model = LlamaForCausalLM(made)
    for name, module in model.named_modules():
        if isinstance(module, torch.nn.Linear) and "lm_head" not in name:
            inputs, outputs = module.in_features, module.out_features
            tensors[f"{name}.qweight"] = torch.randint(-2**31, 2**31 - 1, (inputs // 8, outputs), dtype=torch.int32,
                                                       device=device())
            tensors[f"{name}.qzeros"] = torch.full((inputs // group, outputs // 8), 0x77777777, dtype=torch.int32)
            tensors[f"{name}.scales"] = torch.full((inputs // group, outputs), 0.0045, dtype=torch.float16)
            tensors[f"{name}.g_idx"] = torch.arange(inputs, dtype=torch.int32) // group
        elif "norm" in name and hasattr(module, "weight"):
            tensors[f"{name}.weight"] = torch.ones(module.weight.shape, dtype=dtype())
        elif isinstance(module, torch.nn.Embedding | torch.nn.Linear):
            tensors[f"{name}.weight"] = (torch.randn(module.weight.shape, device=device()) * 0.02).to(dtype())
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    made.architectures = ["LlamaForCausalLM"]
    made.quantization_config = {"bits": 4, "group_size": group, "desc_act": False, "sym": True, "lm_head": False,
                                "quant_method": "gptq", "checkpoint_format": "gptq", "pack_dtype": "int32"}
    made.save_pretrained(folder)
    chat().tokenizer.save_pretrained(folder)
