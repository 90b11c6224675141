"""Ranking rows that read shortly in tests."""

from instructwild.schema import Candidate, Message, Ranking, RankingRow, content_id


def row(prompt, answers, *rankings, language="en"):
    """A row from a prompt, its answers and (annotator, ranks) pairs."""
    return RankingRow(id=content_id([("user", prompt)]), messages=(Message(role="user", content=prompt),), language=language,
                      candidates=tuple(Candidate(id=f"{i:016x}", text=text) for i, text in enumerate(answers)),
                      rankings=tuple(Ranking(annotator=who, ranks=ranks) for who, ranks in rankings))
