"""TRL's trainers of preferences on token ids of ours: their own rendering would write others than those at use."""

import copy
from functools import partial
from typing import TYPE_CHECKING, Any

from trl import DPOConfig, DPOTrainer, KTOConfig, KTOTrainer

from instructwild_trainer.dpo.pairs import labelled_dataset, pair_dataset
from instructwild_trainer.experts import balance_arguments
from instructwild_trainer.fit import arguments, lora
from instructwild_trainer.global_batch import fill_updates
from instructwild_trainer.lora import follow_base

if TYPE_CHECKING:
    from instructwild.stage import Run
    from instructwild_trainer.config import DpoOptions, KtoOptions
    from instructwild_trainer.data import Split
    from instructwild_trainer.reward.groups import Group
    from instructwild_trainer.templates import Chat


class PairTrainer(DPOTrainer):
    """DPOTrainer on rows of `prompt_ids`, `chosen_ids` and `rejected_ids`."""

    def _prepare_dataset(self, dataset: Any, *_: Any, **__: Any) -> Any:
        return dataset

    def _set_signature_columns_if_needed(self) -> None:
        self._signature_columns = ["prompt_ids", "chosen_ids", "rejected_ids"]


class AnswerTrainer(KTOTrainer):
    """KTOTrainer on rows of `prompt_ids`, `completion_ids`, `label` and `KL_completion_ids` (see `labelled_dataset`)."""

    def _prepare_dataset(self, dataset: Any, *_: Any, **__: Any) -> Any:
        return dataset


def dpo_trainer(options: "DpoOptions", run: "Run", chat: "Chat", parts: "Split[Group]", model: Any) -> PairTrainer:
    """A trainer of pairs."""
    config = DPOConfig(**arguments(options, run, **balance_arguments(model)), beta=options.beta,
                       loss_type=[options.loss_type])
    return _trainer(PairTrainer, config, pair_dataset, options, chat, parts, model)


def kto_trainer(options: "KtoOptions", run: "Run", chat: "Chat", parts: "Split[Group]", model: Any) -> AnswerTrainer:
    """A trainer of labelled answers, which are shuffled once: KTO's estimate of the KL needs a fixed order."""
    config = KTOConfig(**arguments(options, run, **balance_arguments(model)), beta=options.beta,
                       loss_type=options.loss_type, desirable_weight=options.desirable_weight,
                       undesirable_weight=options.undesirable_weight)
    return _trainer(AnswerTrainer, config, partial(labelled_dataset, seed=options.seed), options, chat, parts, model)


def _trainer(kind: type[Any], config: Any, dataset: Any, options: Any, chat: "Chat", parts: "Split[Group]",
             model: Any) -> Any:
    """TRL would read the reference from the model's folder anew, without an adapter that was merged into it."""
    held = dataset([group for rows in parts.held_out.values() for group in rows])
    trainer = kind(model=model, ref_model=None if options.use_peft else copy.deepcopy(model), args=config,
                   processing_class=chat.tokenizer, train_dataset=dataset(parts.train),
                   eval_dataset=held if options.eval_steps and len(held) else None,
                   peft_config=lora(options, model, "CAUSAL_LM"))
    follow_base(trainer.model)
    fill_updates(trainer, options)
    return trainer
