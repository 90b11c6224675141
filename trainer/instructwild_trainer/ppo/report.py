"""The page of a PPO run: curves, held-out perplexity, answers before and after, and why it stopped where it did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from instructwild.report import figures
from instructwild.report.page import Page, Pair, Pairs, Prose, Samples, Stats, Table


@dataclass(frozen=True)
class SampledAnswer:
    """A held-out prompt and what was said to it before and after training."""

    prompt: str
    language: str
    before: str
    after: str


@dataclass
class Story:
    """All that the page tells."""

    history: list[dict[str, float]]
    before: Mapping[str, float]
    """Held-out perplexity before, by language."""
    after: Mapping[str, float]
    answers: Sequence[SampledAnswer] = ()
    config: Mapping[str, Any] = field(default_factory=dict)
    notes: Sequence[str] = ()
    stopped: str = ""
    stopped_on: Sequence[str] = ()
    """Responses of the experience it stopped on."""


def page(story: Story) -> Page:
    """The report of a run."""
    own = story.config.get("algorithm", "ppo") == "ppo"
    last = story.history[-1] if story.history else {}
    first = story.history[0] if story.history else {}
    steps = f"{len(story.history)} {'update' if own else 'step'}{'s' * (len(story.history) != 1)}"
    lead = f"{steps}."
    if story.history and own:
        lead = (f"{steps}: reward {first['reward']:.2f} → {last['reward']:.2f}, "
                f"KL {last['kl']:.2f} nats per sequence.")
    made = Page(title="PPO with PTX" if "ptx_loss" in last else str(story.config.get("algorithm", "ppo")).upper(), lead=lead)
    if story.stopped:
        made.add("Stopped early", Prose(f"{story.stopped}.\n\nThe model is the one of the last good checkpoint."),
                 Samples(story.stopped_on, caption="Responses of the update it stopped on"))
    if story.history and not own:
        made.add("How it went", *_logged(story.history))
    elif story.history:
        made.add("How it went", Stats({name: f"{last[key]:.3g}" for name, key in (
            ("reward", "reward"), ("KL, nats per sequence", "kl"), ("entropy, nats a token", "entropy"),
            ("tokens a response", "length"), ("responses that end", "ended"))}), *_curves(story.history))
    if story.before:
        made.add("What it still knows", Prose("Perplexity on held-out supervised answers: PPO pays for reward with it, PTX "
                                              "keeps the price low."),
                 Table(["language", "before", "after"], [[name, value, story.after.get(name)]
                                                         for name, value in story.before.items()]))
    if story.answers:
        made.add("Answers before and after", Pairs([
            Pair(answer.before, answer.after, "before", "after", answer.language, note=f"Asked: {answer.prompt}")
            for answer in story.answers], caption="Held-out prompts, the likeliest token each time."))
    if story.notes:
        made.add("Notes", Prose("\n\n".join(story.notes)))
    return made


def _curves(history: Sequence[Mapping[str, float]]) -> list[Any]:
    expected = [
        ("Reward", ["reward"], "mean score of a response"),
        ("KL to the reference", ["kl", "kl_k1"], "nats per sequence; kl is the k3 estimate, kl_k1 the one that is rewarded"),
        ("Entropy", ["entropy"], "nats a token"),
        ("Length", ["length"], "tokens a response, end token included"),
        ("Losses", ["policy_loss", "value_loss", "ptx_loss"], "masked token means, before their weights"),
        ("Gradient norms", ["policy_grad", "ptx_grad", "value_grad"], "with their weights, before clipping: set ptx_coef by "
         "the first two"),
        ("Clipped tokens", ["policy_clipped", "value_clipped"], "share at which the clipped side was taken"),
        ("KL coefficient", ["kl_coef"], "β"),
    ]
    return [figures.lines({key: [row[key] for row in history] for key in keys if key in history[0]}, x="update", title=title,
                          caption=caption) for title, keys, caption in expected]


def curves(history: Sequence[Mapping[str, float]], most: int = 80) -> dict[str, dict[str, list[tuple[float, float]]]]:
    """What a manifest keeps of the curves, thinned to `most` updates: what is shown -> series -> (update, value)."""
    step = -(-len(history) // most) or 1
    numbered = list(enumerate(history, start=1))[::step]
    return {key: {key: [(float(at), float(f"{row[key]:.5g}")) for at, row in numbered if key in row]}
            for key in ("reward", "kl", "entropy", "length") if history and key in history[0]}


def _logged(history: Sequence[Mapping[str, Any]]) -> list[Any]:
    """The curves of TRL's trainers, under the names that they log."""
    names = ("reward", "kl", "entropy", "completions/mean_length", "rewards/margins", "rewards/accuracies", "loss",
             "grad_norm")
    return [figures.lines({name: [row.get(name) for row in history]}, x="step", title=name) for name in names
            if any(name in row for row in history)]
