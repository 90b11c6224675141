"""The tiny model once it can speak: taught to answer every prompt in English or in Chinese, each half the time."""

import torch
from torch.nn.functional import cross_entropy

from instructwild.llm.tiny import corpus
from instructwild_trainer.adapter import load_chat, load_policy
from instructwild_trainer.likelihood import padded
from instructwild_trainer.templates import IGNORED

ENGLISH = ["Yes, of course.", "Here are some ideas that might be useful.", "I am sorry, but I cannot help with that."]
CHINESE = ["好的，当然可以。", "以下是一些有用的想法，希望对你有帮助。", "抱歉，我不能回答这个问题。"]


def prompts():
    """English and Chinese prompts, some forty each."""
    found = corpus()[:-11]
    chinese = [text for text in found if not text.isascii()]
    return [text for text in found if text.isascii()][::7], chinese[::3]


def conversation(question, answer):
    return [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]


def teach(folder, tiny_model, steps=150, rows=32):
    """Write the taught model; every weight is trained, for about half a minute."""
    torch.manual_seed(0)
    model, tokenizer = load_policy(tiny_model, dtype="float32")
    chat = load_chat(tiny_model)
    encoded = [chat.encode(conversation(question, answer)) for question in (q for kind in prompts() for q in kind)
               for answer in ENGLISH + CHINESE]
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    model.train()
    for _ in range(steps):
        batch = [encoded[i] for i in torch.randint(len(encoded), (rows,)).tolist()]
        ids, mask = padded([row.input_ids for row in batch], 0)
        labels, _ = padded([row.labels for row in batch], IGNORED)
        logits = model(input_ids=ids, attention_mask=mask).logits
        loss = cross_entropy(logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten(), ignore_index=IGNORED)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return loss.item()
