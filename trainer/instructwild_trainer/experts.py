"""Mixtures of experts under TRL, whose trainers add a loss that keeps all experts in use."""

from typing import Any

COUNTS = ("num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts")
"""What configs call the number of experts; TRL reads the first."""


def balance_arguments(model: Any) -> dict[str, Any]:
    """Arguments of TRL's trainers for a model's balance loss, whose number of experts is made readable under TRL's name.

    A config may name a weight of that loss for a model that has no experts, as those of small Granite 4.0 do: it is 0 then.

    Args:
        model: a language model; its config's class gets an alias where it calls the number of experts otherwise.
    """
    config = model.config.get_text_config()
    if not hasattr(config, "output_router_logits"):
        return {}
    name = next((name for name in COUNTS if vars(config).get(name)), None)
    if name is None or not getattr(config, "num_experts_per_tok", None):
        return {"router_aux_loss_coef": 0.0}
    if not hasattr(config, COUNTS[0]):
        kind = type(config)     # of the class: what an instance holds would be written into config.json
        kind.attribute_map = {**kind.attribute_map, COUNTS[0]: name}
    return {}
