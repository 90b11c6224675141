"""A tiny model that has learned its rows, and its 4-bit export."""

import gc
import json
import shutil

import pytest
import torch
from answered import ROWS, conversation
from filelock import FileLock


@pytest.fixture(scope="module", autouse=True)
def _swept_here():
    """gptqmodel leaves temporary folders to the garbage collector, which warns: here, where warnings are let pass."""
    yield
    gc.collect()


@pytest.fixture(scope="session")
def made_once(tmp_path_factory, worker_id):
    """`made_once(name, make)`: a folder that the first process of the run makes by `make(folder)` and all of them read."""
    base = tmp_path_factory.getbasetemp()
    shared = (base if worker_id == "master" else base.parent) / "exports"
    shared.mkdir(exist_ok=True)

    def made(name, make):
        with FileLock(shared / f"{name}.lock"):
            if not (shared / f"{name}.whole").exists():
                make(shared / name)
                (shared / f"{name}.whole").touch()
        return shared / name

    return made


@pytest.fixture(scope="session")
def rows(made_once):
    def write(folder):
        folder.mkdir()
        (folder / "rows.json").write_text(json.dumps(ROWS, ensure_ascii=False), encoding="utf-8")

    return str(made_once("rows", write) / "rows.json")


@pytest.fixture(scope="session")
def taught(tiny_model, made_once):
    """The tiny model, trained until damage to its weights shows in its perplexity."""
    return made_once("taught", lambda folder: teach(tiny_model, folder / "model")) / "model"


def teach(tiny_model, folder):
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
    shutil.copytree(tiny_model, folder)
    model.save_pretrained(folder)


@pytest.fixture(scope="session")
def quantized(taught, rows, made_once):
    """The export stage of the taught model in groups of 32."""
    from instructwild import stage
    from instructwild_trainer.export.stage import export

    return stage.load(made_once("gptq", lambda out: export(str(taught), out, format="gptq", calibration=[rows],
                                                           group_size=32)))
