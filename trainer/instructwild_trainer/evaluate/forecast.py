"""What a pairwise evaluation will ask for, before anything is asked."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from instructwild.llm.judge import Matchup, requests_of_judge
from instructwild.llm.name import understand
from instructwild.llm.open import Limits, price_of
from instructwild.llm.price import Price
from instructwild.llm.request import Request
from instructwild.text.quantity import quantity

if TYPE_CHECKING:
    from instructwild_trainer.evaluate.comparison import Comparison, PairwisePlan
    from instructwild_trainer.evaluate.models import ComparedModel
    from instructwild_trainer.evaluate.rubric import Rubric

BYTES_A_TOKEN = 3.5
"""Of UTF-8, an assumption: about 4 in English, 3 in Chinese with a bilingual vocabulary."""


def show(models: Sequence["ComparedModel"], names: Sequence[str], comparisons: Sequence["Comparison"], rubric: "Rubric",
         plan: "PairwisePlan", judge: str | None, limits: Limits) -> None:
    """Print the plan: prompts, requests, tokens and the most that it can cost.

    Args:
        models, names: who is compared.
        comparisons: the prompts.
        judge: the judge model; None where a reward model judges, which costs nothing.
    """
    open_ = [item for item in comparisons if item.lost is None]
    counts = Counter((item.language, item.category) for item in open_)
    print(f"{quantity(len(open_), 'prompt')}: " + ", ".join(f"{count} {category} ({language})"
                                                  for (language, category), count in sorted(counts.items())))
    if len(open_) < len(comparisons):
        print(f"{len(comparisons) - len(open_):,} more are not answered by both and leave")
    for each, name in zip(models, names, strict=True):
        if each.model is None:
            print(f"{name}: answers made before")
        else:
            questions = [Request(messages=item.row.prompt, sampling=plan.answer) for item in open_]
            _line(f"{name} answers", questions, price_of(each.model, limits))
    if judge is None:
        print(f"{plan.judge} scores {quantity(2 * len(open_), 'answer')}")
        return
    stand_in = "x" * int(plan.answer.max_tokens * BYTES_A_TOKEN)
    matchups = [Matchup(item.row.prompt, (item.answers[0] or stand_in, item.answers[1] or stand_in), item.language,
                        rubric.of(item.category, item.language)) for item in open_]
    questions = requests_of_judge(matchups, rubric.words, plan.verdict)
    sample = questions[0].messages[-1].content
    for name in names:
        sample = sample.replace(stand_in, f"(what {name} answers)", 1)
    print(f"--- the judge's first request:\n{sample}\n---")
    _line(f"{judge} judges each pair in both orders", questions, price_of(understand(judge), limits))
    print("Nothing was sent. Pairs of equal answers tie without being asked about.")


def _line(what: str, questions: Sequence[Request], price: Price | None) -> None:
    sent = int(sum(len(message.content.encode()) for request in questions for message in request.messages) / BYTES_A_TOKEN)
    received = sum(request.sampling.max_tokens for request in questions)
    cost = "price not known: give --price" if price is None else f"US$ {price.of(sent, received):.4f} at most"
    print(f"{what}: {quantity(len(questions), 'request')}, about {quantity(sent, 'token')} sent, up to {received:,} "
          f"received, {cost}")
