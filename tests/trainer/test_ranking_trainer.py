"""TRL's reward trainer taught rankings: K forwards a prompt, and the same update however prompts are batched."""

import pytest
import torch
from chats import conversation

from instructwild_trainer.adapter import load_chat, source_of
from instructwild_trainer.fit import silence_libraries
from instructwild_trainer.packing import attend_by_document, why_not_apart
from instructwild_trainer.reward.flat import joined
from instructwild_trainer.reward.groups import Group, Order
from instructwild_trainer.reward.head import reward_model
from instructwild_trainer.reward.loss import ranking_loss
from instructwild_trainer.reward.trainer import Collator, RankingTrainer, dataset, score

ANSWERS = ["Blue.", "It is blue.", "蓝色。", "I do not know."]


@pytest.fixture(scope="module")
def chat():
    return load_chat(source_of("tiny"))


def prompts(chat, count, ranks=(1, 2, 2, 3)):
    """As many groups of four answers as asked for."""
    rows = []
    for n in range(count):
        texts = ANSWERS[n % 4:] + ANSWERS[: n % 4]
        encoded = [chat.encode(conversation(f"Why {n}?", text)) for text in texts]
        rows.append(Group(str(n), str(n), "en", conversation(f"Why {n}?", "")[:1], texts, encoded, [Order(ranks, 1.0)]))
    return rows


def trainer(chat, groups, folder, **options):
    from trl import RewardConfig

    torch.manual_seed(0)
    model = reward_model(source_of("tiny").folder, chat.tokenizer, dtype=torch.float32)
    settings = {"max_steps": 1, "learning_rate": 1e-2, "bf16": False, "use_cpu": True, "report_to": "none",
                "save_strategy": "no", "gradient_checkpointing": False, "disable_tqdm": True, "dataloader_pin_memory": False,
                "lr_scheduler_type": "constant", "center_rewards_coefficient": 0.01, "optim": "sgd", **options}
    with silence_libraries():
        return RankingTrainer(model=model, args=RewardConfig(output_dir=str(folder), **settings),
                              processing_class=chat.tokenizer, data_collator=Collator(chat.tokenizer.pad_token_id),
                              train_dataset=dataset(groups))


def weights_after(chat, groups, folder, **options):
    made = trainer(chat, groups, folder, **options)
    with silence_libraries():
        made.train()
    return torch.cat([weights.detach().flatten() for weights in made.model.parameters()])


def test_a_prompt_costs_k_forwards_not_one_for_each_member_of_a_pair(chat, tmp_path):
    made = trainer(chat, prompts(chat, 3), tmp_path, per_device_train_batch_size=3)
    rows = []
    made.model.model.embed_tokens.register_forward_pre_hook(lambda _, args: rows.append(args[0]))
    with silence_libraries():
        made.train()
    assert [len(batch) for batch in rows] == [3 * 4]


def test_eight_prompts_at_once_are_the_same_update_as_two_times_four(chat, tmp_path):
    groups = prompts(chat, 8)
    once = weights_after(chat, groups, tmp_path, per_device_train_batch_size=8)
    twice = weights_after(chat, groups, tmp_path, per_device_train_batch_size=4, gradient_accumulation_steps=2)
    assert torch.allclose(once, twice, atol=2e-5)
    assert not torch.allclose(once, weights_after(chat, groups, tmp_path, per_device_train_batch_size=8, learning_rate=0.0))


def test_prompts_spread_unevenly_over_batches_are_the_same_update(chat, tmp_path):
    groups = prompts(chat, 6)
    once = weights_after(chat, groups, tmp_path, per_device_train_batch_size=6)
    uneven = weights_after(chat, groups, tmp_path, per_device_train_batch_size=4, gradient_accumulation_steps=2)
    assert torch.allclose(once, uneven, atol=2e-5)


def test_rankings_that_are_all_tied_train_nothing(chat, tmp_path):
    groups = prompts(chat, 4, ranks=(1, 1, 1, 1))
    options = {"per_device_train_batch_size": 4, "center_rewards_coefficient": None}
    assert torch.equal(weights_after(chat, groups, tmp_path, **options),
                       weights_after(chat, groups, tmp_path, learning_rate=0.0, **options))


def test_annotators_who_disagree_count_by_their_weights(chat):
    [group] = prompts(chat, 1)
    split = Group("x", "x", "en", [], group.texts, group.encoded, [Order((1, 2, 3, 4), 0.75), Order((4, 3, 2, 1), 0.25)])
    batch = Collator(0)(list(dataset([split, group])))
    scores = torch.tensor([0.5, 1.0, -1.0, 2.0, 0.1, 0.2, 0.3, 0.4])
    loss = ranking_loss(scores[batch["candidate"]], batch["order"], batch["rank"], batch["weight"])

    def of(values, ranks):
        return ranking_loss(values, torch.zeros(4), torch.tensor(ranks))

    first = 0.75 * of(scores[:4], (1, 2, 3, 4)) + 0.25 * of(scores[:4], (4, 3, 2, 1))
    assert loss.item() == pytest.approx(((first + of(scores[4:], (1, 2, 2, 3))) / 2).item(), abs=1e-6)


def test_each_candidate_is_in_the_batch_once_however_many_annotators_there_are(chat):
    [group] = prompts(chat, 1)
    many = Group("x", "x", "en", [], group.texts, group.encoded, [Order((1, 2, 3, 4), 0.2)] * 5)
    batch = Collator(0)(list(dataset([many])))
    assert batch["input_ids"].shape[0] == 4
    assert batch["candidate"].shape[0] == 20


def test_scores_do_not_depend_on_the_batch_they_are_made_in(chat):
    torch.manual_seed(0)
    model = reward_model(source_of("tiny").folder, chat.tokenizer, dtype=torch.float32)
    groups = prompts(chat, 3)
    alone = [score(model, [group], chat.tokenizer.pad_token_id)[0] for group in groups]
    for tokens in (1, 60, 4096):
        together = score(model, groups, chat.tokenizer.pad_token_id, tokens_at_once=tokens)
        assert torch.allclose(torch.tensor(together), torch.tensor(alone), atol=1e-5)


def test_a_planted_preference_is_learned(chat, tmp_path):
    groups = prompts(chat, 8, ranks=(1, 2, 3, 4))
    rule = [Group(g.id, g.key, g.language, g.messages, g.texts, g.encoded,
                  [Order(tuple(ANSWERS.index(text) + 1 for text in g.texts), 1.0)]) for g in groups]
    made = trainer(chat, rule, tmp_path, max_steps=30, per_device_train_batch_size=4, optim="adamw_torch")
    with silence_libraries():
        made.train()
    for group, values in zip(rule, score(made.model, rule, chat.tokenizer.pad_token_id), strict=True):
        assert all(values[a] > values[b] for a, b in group.orders[0].pairs)


def test_candidates_behind_one_another_move_the_weights_as_padded_ones_do(chat, tmp_path):
    groups = prompts(chat, 6)
    padded = weights_after(chat, groups, tmp_path / "padded", per_device_train_batch_size=1, gradient_accumulation_steps=5)
    made = trainer(chat, groups, tmp_path / "flat", per_device_train_batch_size=1, gradient_accumulation_steps=5)
    assert attend_by_document(made.model)
    assert not why_not_apart(made.model)
    made.data_collator, made.tokens_at_once = Collator(chat.tokenizer.pad_token_id, flat=True), 150
    passes = []
    made.model.model.embed_tokens.register_forward_pre_hook(lambda _, args: passes.append(tuple(args[0].shape)))
    with silence_libraries():
        made.train()
    assert all(rows == 1 for rows, _ in passes)
    assert 1 < len(passes) < 5 * 4                   # several prompts a pass, and no pass for a batch that is used up
    flat = torch.cat([weights.detach().flatten() for weights in made.model.parameters()])
    assert torch.allclose(flat, padded, atol=1e-6)


def test_flat_batches_are_put_together_without_mixing_their_prompts(chat):
    groups, collate = list(dataset(prompts(chat, 3))), Collator(chat.tokenizer.pad_token_id)
    flat = Collator(chat.tokenizer.pad_token_id, flat=True)
    once, parts = collate(groups), joined([flat([group]) for group in groups], tokens=10**6)
    assert len(parts) == 1
    for name in ("group", "order", "candidate", "rank", "weight", "prompts", "rankings"):
        assert torch.equal(torch.as_tensor(parts[0][name]), torch.as_tensor(once[name])), name
    ends = parts[0]["input_ids"][0, parts[0]["last"]].tolist()
    assert ends == [group["candidates"][i][-1] for group in groups for i in range(4)]
    assert len(joined([flat([group]) for group in groups], tokens=1)) == 3      # a batch of more stays by itself


def test_a_model_that_mixes_rows_is_not_read_flat(chat):
    model = reward_model(source_of("tiny").folder, chat.tokenizer, dtype=torch.float32)
    attend_by_document(model)
    plain = model.model.forward
    model.model.forward = lambda *args, position_ids=None, **options: plain(*args, **options)   # positions of the whole row
    assert "the row packed before it" in why_not_apart(model)
