"""A tiny model that has learned its rows, and its 4-bit export."""

import gc
import json
import shutil

import pytest
import torch
from answered import ROWS, conversation


@pytest.fixture(scope="module", autouse=True)
def _swept_here():
    """gptqmodel leaves temporary folders to the garbage collector, which warns: here, where warnings are let pass."""
    yield
    gc.collect()


@pytest.fixture(scope="session")
def rows(tmp_path_factory):
    path = tmp_path_factory.mktemp("rows") / "rows.json"
    path.write_text(json.dumps(ROWS, ensure_ascii=False), encoding="utf-8")
    return str(path)


@pytest.fixture(scope="session")
def taught(tiny_model, tmp_path_factory):
    """The tiny model, trained until damage to its weights shows in its perplexity."""
    from torch.nn.functional import cross_entropy

    from instructwild_trainer.adapter import load_chat, load_policy
    from instructwild_trainer.likelihood import padded

    torch.manual_seed(0)
    model, _ = load_policy(tiny_model, dtype="float32")
    chat = load_chat(tiny_model)
    ids, mask = padded([chat.encode(conversation(row)).input_ids for row in ROWS], 0)
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    model.train()
    for _ in range(40):
        logits = model(input_ids=ids, attention_mask=mask).logits
        loss = cross_entropy(logits[:, :-1].flatten(0, 1), ids[:, 1:].masked_fill(mask[:, 1:] == 0, -100).flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    folder = tmp_path_factory.mktemp("taught") / "model"
    shutil.copytree(tiny_model, folder)
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def quantized(taught, rows, tmp_path_factory):
    """The export stage of the taught model in groups of 32."""
    from instructwild import stage
    from instructwild_trainer.export.stage import export

    out = tmp_path_factory.mktemp("exported") / "out"
    export(str(taught), out, format="gptq", calibration=[rows], group_size=32)
    return stage.load(out)
