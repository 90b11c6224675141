"""The tiny model: a random LLaMA of two layers with its own bilingual vocabulary of 1,024 tokens.

It knows nothing, and is there so that every path that needs a model runs in a second: tests, and the smoke size of a run.
The same seed makes the same files.
"""

import hashlib
from itertools import product
from pathlib import Path

from instructwild.llm.quiet import quiet
from instructwild.llm.template import END, PAD, START, chatml
from instructwild.stage.atomic import new_folder
from instructwild.stage.cache import cache_dir

VOCABULARY = 1024
HIDDEN, LAYERS, HEADS, KEY_HEADS, INTERMEDIATE, CONTEXT = 64, 2, 4, 2, 128, 2048

_ENGLISH = (
    ("Write", "Explain", "Describe", "Translate", "Summarize", "List", "Compare", "Suggest"),
    ("a short poem about", "the history of", "three good reasons for", "the difference between", "how to plan",
     "in simple words"),
    ("the sea and the moon.", "a bicycle trip to Berlin.", "machine learning and statistics.", "green tea.",
     "a letter to my teacher.", "the answer to this question: why is the sky blue?"),
)
_CHINESE = (
    ("请写", "请解释", "帮我介绍", "请翻译", "总结一下", "列出", "比较", "你能推荐"),
    ("一首关于", "三个理由说明", "如何准备", "用简单的话说明", "中国历史上的"),
    ("大海和月亮。", "去北京的旅行计划。", "机器学习和统计学。", "绿茶的味道。", "给老师的一封信。",
     "这个问题：天空为什么是蓝色的？", "上海最好吃的面条。", "孩子们喜欢的故事。"),
)
_OTHER = ("user", "assistant", "system", "1. 2. 3. 4. 5. 6. 7. 8. 9. 10.", "```python\nprint('hello')\n```",
          "Yes, of course.", "I am sorry, but I cannot help with that.", "Here are some ideas that might be useful.",
          "好的，当然可以。", "抱歉，我不能回答这个问题。", "以下是一些有用的想法，希望对你有帮助。")


def corpus() -> list[str]:
    """Some six hundred sentences, English and Chinese, that the vocabulary is learned from."""
    return [*(" ".join(words) for words in product(*_ENGLISH)), *("".join(words) for words in product(*_CHINESE)), *_OTHER]


def tiny(seed: int = 0) -> Path:
    """The folder of the tiny model, made on first use and kept in the user's cache."""
    recipe = hashlib.sha256(Path(__file__).read_bytes() + chatml().encode()).hexdigest()[:8]
    folder = cache_dir() / "models" / f"tiny-{recipe}-{seed}"
    if not folder.is_dir():
        with new_folder(folder) as aside:
            write_tiny(aside, seed)
    return folder


def write_tiny(folder: Path, seed: int = 0) -> None:
    """Write weights, tokenizer, chat template and generation settings of the tiny model into an existing folder."""
    import torch
    from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM

    tokenizer = _tokenizer()
    ids = {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id,
           "pad_token_id": tokenizer.pad_token_id}
    config = LlamaConfig(
        vocab_size=VOCABULARY, hidden_size=HIDDEN, intermediate_size=INTERMEDIATE, num_hidden_layers=LAYERS,
        num_attention_heads=HEADS, num_key_value_heads=KEY_HEADS, max_position_embeddings=CONTEXT,
        tie_word_embeddings=True, dtype="float32", **ids)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = LlamaForCausalLM(config)
    model.generation_config = GenerationConfig(**ids)
    with quiet():
        model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _tokenizer() -> "PreTrainedTokenizerFast":  # type: ignore[name-defined]  # noqa: F821
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    bpe.train_from_iterator(corpus(), trainers.BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=[PAD, START, END], show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=bpe, bos_token=START, eos_token=END, pad_token=PAD,
                                        padding_side="right", model_max_length=CONTEXT)
    tokenizer.chat_template = chatml()
    return tokenizer
