"""One PPO update with PTX by the preset for 7B: rollout, scoring, learning, and memory beside the estimate."""

import tempfile
from pathlib import Path

from benchmarks.gpu.measure import emit, timed
from benchmarks.gpu.sizes import base, config, device, ppo_options, prompts, size

GIB = 2**30


def ppo() -> None:
    """Policy, value, reward and reference on one base."""
    from instructwild_trainer.fit import fuse_layers, lora
    from instructwild_trainer.lora import follow_base
    from instructwild_trainer.memory import shape_of
    from instructwild_trainer.ppo.actors import REWARD, Actors, value_head
    from instructwild_trainer.ppo.loop import SpecialTokens, Trainer
    from instructwild_trainer.ppo.plan import need, tokens_at_once
    from instructwild_trainer.ppo.scores import ModelScore
    from instructwild_trainer.templates import Encoded

    s = size()
    options = ppo_options()
    with tempfile.TemporaryDirectory() as scratch, timed("ppo", "one update with PTX") as figures:
        config("7b").save_pretrained(scratch)
        estimate = need(shape_of(Path(scratch), options), options, options.dtype, reward=True)
        model = base()
        adapters = lora(options, model, "CAUSAL_LM")
        fuse_layers(model)
        actors = Actors(model, adapters)
        actors.peft.add_adapter(REWARD, adapters)
        actors.heads[REWARD] = value_head(model).to(model.device).requires_grad_(False)
        follow_base(model)
        figures["rows behind one another"] = device() == "cuda" and actors.read_flat()
        supervised = [Encoded(row, [-100] * (len(row) // 2) + row[len(row) // 2:])
                      for row in prompts(max(8, options.ptx_batch_size), s.prompt + s.response // 2, 1)]
        # No token ends a response, so that every run writes the same number.
        score = ModelScore(actors, options.per_device_train_batch_size, tokens_at_once(options, actors))
        trainer = Trainer(actors, prompts(s.batch, s.prompt), score, options, SpecialTokens((-1,), 0),
                          Path(scratch) / "checkpoints", supervised)
        history = trainer.train().history[-1]
        seconds = {name: history[f"seconds_{name}"] for name in ("rollout", "experience", "learning")}
        figures |= {f"{name}_s": round(value, 2) for name, value in seconds.items()} | {
            "update_s": round(sum(seconds.values()), 2), "rollout_tokens_s": round(history["tokens_per_second"]),
            "estimate_gib": round(estimate.total / GIB, 2)}
        actors.peft.unload()
    if device() == "cpu":
        emit("ppo", "memory", left_out="peaks are told on a GPU only")
