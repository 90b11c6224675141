"""transformers' callbacks on a PPO run: one step is one update, and what they log is its figures."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from instructwild.errors import ConfigError

if TYPE_CHECKING:
    from transformers import TrainerCallback

    from instructwild_trainer.ppo.loop import Trainer


class Listeners:
    """Callbacks, told of a run as `transformers.Trainer` would tell them.

    Args:
        callbacks: any `TrainerCallback`; `should_training_stop` ends the run after its update, checkpoint kept.
        trainer: the run.
        folder: what callbacks see as `output_dir`.
    """

    def __init__(self, callbacks: Sequence["TrainerCallback"], trainer: "Trainer", folder: Path) -> None:
        import torch
        from transformers import DefaultFlowCallback, TrainerControl, TrainerState, TrainingArguments
        from transformers.trainer_callback import CallbackHandler

        o = trainer.options
        self.args = TrainingArguments(
            output_dir=str(folder), report_to=[], use_cpu=not torch.cuda.is_available(), learning_rate=o.learning_rate,
            per_device_train_batch_size=o.per_device_train_batch_size, max_steps=trainer.updates, seed=o.seed)
        self.state = TrainerState(max_steps=trainer.updates, is_world_process_zero=trainer.processes.first)
        self.control = TrainerControl()
        # A PEFT model's own serialization would be asked of callbacks that keep models: they are given the plain one.
        self.handler = CallbackHandler([DefaultFlowCallback(), *callbacks], trainer.actors.base, None, trainer.optimizer,
                                       None)

    def begin(self, done: int) -> None:
        """The run begins, or goes on after `done` updates."""
        self.state.global_step = done
        self.control = self.handler.on_train_begin(self.args, self.state, self.control)

    def updated(self, done: int, figures: dict[str, float]) -> bool:
        """An update is over; whether a callback wants the run to end here."""
        self.state.global_step, self.state.epoch = done, float(done)
        self.control = self.handler.on_step_end(self.args, self.state, self.control)
        logs: dict[str, Any] = dict(figures)
        self.state.log_history.append({**logs, "step": done})
        self.control = self.handler.on_log(self.args, self.state, self.control, logs)
        return bool(self.control.should_training_stop)

    def end(self) -> None:
        """The run is over."""
        self.handler.on_train_end(self.args, self.state, self.control)


def reporters(report_to: str, folder: Path) -> list["TrainerCallback"]:
    """The callbacks behind the option `report_to`; TensorBoard's files go to `folder`.

    Raises:
        ConfigError: what would show the figures is not installed.
    """
    try:
        if report_to == "tensorboard":
            from torch.utils.tensorboard import SummaryWriter
            from transformers.integrations import TensorBoardCallback

            return [TensorBoardCallback(SummaryWriter(log_dir=str(folder)))]
        if report_to == "trackio":
            from transformers.integrations import TrackioCallback

            return [TrackioCallback()]
    except (ImportError, RuntimeError):
        raise ConfigError(f"{report_to} is not installed", where="--report-to", remedy=f"pip install {report_to}") from None
    return []
