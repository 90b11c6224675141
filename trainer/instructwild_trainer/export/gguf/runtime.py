"""A GGUF file read back and run: by llama.cpp where llama-cpp-python is installed, else through transformers."""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np

LLAMA_CPP, TRANSFORMERS = "llama.cpp", "transformers"


class Runtime(Protocol):
    """What the gate asks of a loaded file."""

    name: str

    def logits(self, ids: Sequence[int]) -> np.ndarray:
        """[tokens, vocabulary] float32: at each token, what comes next."""
        ...

    def greedy(self, prompt: Sequence[int], most: int, stops: Sequence[int]) -> list[int]:
        """At most so many likeliest tokens after a prompt; the stop token is left out."""
        ...

    def prompt_ids(self, text: str) -> list[int] | None:
        """The ids of a rendered prompt as the runtime feeds it to the model; None where it has no tokenizer of its own."""
        ...

    def ends(self, ids: Sequence[int]) -> list[int]:
        """Those of the ids at which the runtime stops."""
        ...


def open_runtime(file: Path, context: int, stops: Sequence[int]) -> Runtime:
    """The reference runtime where it is installed.

    Args:
        file: the GGUF file.
        context: the longest row in tokens.
        stops: the ids that the file's own keys name as ends.
    """
    return LlamaCppRuntime(file, context) if find_spec("llama_cpp") else DequantizedRuntime(file, stops)


class LlamaCppRuntime:
    """llama.cpp through llama-cpp-python."""

    name = LLAMA_CPP

    def __init__(self, file: Path, context: int) -> None:
        import torch
        from llama_cpp import Llama

        # As many threads as torch has here: llama.cpp's own take every core, and spin on those that others use.
        threads = torch.get_num_threads()
        self.model = Llama(str(file), n_ctx=max(64, context), n_batch=max(64, context), logits_all=True, verbose=False,
                           n_threads=threads, n_threads_batch=threads)

    def logits(self, ids: Sequence[int]) -> np.ndarray:
        """See `Runtime`."""
        self.model.reset()
        self.model.eval(list(ids))
        return np.array(self.model.scores[:len(ids)], dtype=np.float32)

    def greedy(self, prompt: Sequence[int], most: int, stops: Sequence[int]) -> list[int]:
        """See `Runtime`."""
        self.model.reset()
        self.model.eval(list(prompt))
        written: list[int] = []
        while len(written) < most:
            token = int(np.argmax(self.model.scores[self.model.n_tokens - 1]))
            if token in stops:
                break
            written.append(token)
            self.model.eval([token])
        return written

    def prompt_ids(self, text: str) -> list[int]:
        """See `Runtime`: as llama-server does, with the BOS that the file asks for and special tokens read."""
        return list(self.model.tokenize(text.encode(), add_bos=bool(self._add_bos()), special=True))

    def ends(self, ids: Sequence[int]) -> list[int]:
        """See `Runtime`."""
        import llama_cpp

        vocabulary = llama_cpp.llama_model_get_vocab(self.model.model)
        return [token for token in ids if llama_cpp.llama_vocab_is_eog(vocabulary, token)]

    def _add_bos(self) -> bool:
        import llama_cpp

        return bool(llama_cpp.llama_vocab_get_add_bos(llama_cpp.llama_model_get_vocab(self.model.model)))


class DequantizedRuntime:
    """transformers, which reads a file by `gguf`'s own dequantization."""

    name = TRANSFORMERS

    def __init__(self, file: Path, stops: Sequence[int]) -> None:
        import torch
        from transformers import AutoModelForCausalLM

        self.model: Any = AutoModelForCausalLM.from_pretrained(
            file.parent, gguf_file=file.name, dtype=torch.float32, trust_remote_code=False).eval()
        self.stops = set(stops)

    def logits(self, ids: Sequence[int]) -> np.ndarray:
        """See `Runtime`."""
        import torch

        with torch.inference_mode():
            return np.asarray(self.model(torch.tensor([list(ids)])).logits[0].float().numpy())

    def greedy(self, prompt: Sequence[int], most: int, stops: Sequence[int]) -> list[int]:
        """See `Runtime`."""
        return greedy(self.model, prompt, most, stops)

    def prompt_ids(self, text: str) -> None:
        """See `Runtime`: its tokenizer is built anew from the file and tells nothing of llama.cpp's."""
        return

    def ends(self, ids: Sequence[int]) -> list[int]:
        """See `Runtime`."""
        return [token for token in ids if token in self.stops]


def greedy(model: Any, prompt: Sequence[int], most: int, stops: Sequence[int]) -> list[int]:
    """At most so many likeliest tokens of a transformers model after a prompt; the stop token is left out."""
    import torch

    ids = torch.tensor([list(prompt)])
    with torch.inference_mode():
        made = model.generate(ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=most,
                              eos_token_id=list(stops) or None, pad_token_id=0, temperature=None, top_p=None, top_k=None,
                              repetition_penalty=1.0)[0, len(prompt):].tolist()
    return made[:-1] if made and made[-1] in stops else made
