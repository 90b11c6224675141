"""`instructwild train join`: a checkpoint, in one part or several, as a model folder that anything can load."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from instructwild.errors import InputError, ModelError, OutputError
from instructwild.text.quantity import quantity

if TYPE_CHECKING:
    from instructwild_trainer.adapter import Source


def join_checkpoint(checkpoint: Path, model: "str | Path | Source", out: Path, *, template: str = "") -> Path:
    """Write the policy of a checkpoint as a complete model folder, one weight of it in memory beside the model at a time.

    Args:
        checkpoint: a stage folder or its checkpoints folder (the newest is taken), or one checkpoint: `update-…` of PPO, or
            `checkpoint-…` of sft, dpo or kto.
        model: what the run was started from.
        out: the folder to write, which must not be there.
        template: the chat template that the run was given, where the checkpoint holds no tokenizer, which has it itself.

    Raises:
        InputError: it is no checkpoint, or does not hold the weights of that model.
        OutputError: `out` is there.
    """
    from instructwild.llm.models import is_adapter
    from instructwild.stage.atomic import new_folder
    from instructwild_trainer.adapter import Source, load_chat, load_policy, save_policy, source_of

    if out.exists():
        raise OutputError("exists", where=str(out), remedy="give another --out")
    folder, source = _checkpoint(checkpoint), model if isinstance(model, Source) else source_of(model)
    policy, _ = load_policy(source, dtype="float32")
    if is_adapter(folder):
        from peft import PeftModel

        policy = PeftModel.from_pretrained(policy, str(folder))
    else:
        _copy(folder, policy)
    saved = (folder / "tokenizer_config.json").is_file()
    chat = load_chat(replace(source, folder=folder)) if saved else load_chat(source, template)
    with new_folder(out) as temporary:
        save_policy(policy, chat, temporary, source, final=out)
    return out


def _checkpoint(path: Path) -> Path:
    from instructwild.stage.folder import SCRATCH
    from instructwild_trainer.fit import CHECKPOINTS

    for parent in (path, path / CHECKPOINTS, path / SCRATCH / CHECKPOINTS):
        every = [*parent.glob("update-*"), *parent.glob("checkpoint-*")]
        if every:
            return max(every, key=lambda folder: int(folder.name.rpartition("-")[2]))
    if not path.name.startswith(("update-", "checkpoint-")) or not path.is_dir():
        raise InputError("is no checkpoint", where=str(path),
                         remedy="give a folder named update-… or checkpoint-…, or that of an interrupted run")
    return path


def _copy(folder: Path, policy: Any) -> None:
    import torch

    own = dict(policy.named_parameters())
    seen = set()
    with torch.no_grad():
        for name, value in _weights(folder):
            if name in own and own[name].shape == value.shape:
                own[name].copy_(value)
                seen.add(name)
    if missing := sorted(set(own) - seen):
        raise ModelError(f"holds no weights of {len(missing)} of the model's {quantity(len(own), 'parameter')}, "
                         f"{missing[0]} among them",
                         where=str(folder), remedy="give the --model that the run was started from; adapters of an "
                         "unfinished PPO run are not joined: let it finish, --max-steps ends it sooner")


def _weights(folder: Path) -> Any:
    from safetensors import safe_open

    from instructwild_trainer.ppo import checkpoint

    if (folder / checkpoint.STATE).is_file():
        yield from checkpoint.joined_weights(folder)
        return
    for file in sorted(folder.glob("*.safetensors")):
        with safe_open(file, "pt") as tensors:
            for name in tensors.keys():  # noqa: SIM118 - no mapping
                yield name, tensors.get_tensor(name)


def join(checkpoint: Annotated[Path, typer.Argument(
            help="A checkpoint, or the folder of an interrupted run, whose newest is taken.", show_default=False)],
         model: Annotated[str, typer.Option("--model", help="The model that the run was started from.", show_default=False)],
         out: Annotated[Path, typer.Option("--out", help="The model folder to write.", show_default=False)],
         chat_template: Annotated[str, typer.Option("--chat-template", metavar="FILE", show_default=False,
             help="The chat template that a PPO run was given; others keep theirs in the checkpoint.")] = "") -> None:
    """Join a checkpoint, also one in several parts, into a model folder."""
    from instructwild_trainer.fit import silence_libraries

    with silence_libraries():
        made = join_checkpoint(checkpoint, model, out, template=chat_template)
    print(made)
