"""A judge against people: how far `respond --judge smollm2` agrees with human rankings, and whether it goes by places."""

import json
import os
import tempfile
import time
from pathlib import Path

from benchmarks.peer import HERE
from benchmarks.results import save
from instructwild import stage
from instructwild.expand.judge_stage import judge_candidates
from instructwild.llm.open import Limits
from instructwild.schema import Candidate, Instruction, Message, Ranking, RankingRow
from instructwild.stage.frames import ranking_frame, rankings
from instructwild_annotation.agreement import Agreement
from instructwild_annotation.comparisons import Comparisons

DATA = Path(os.environ.get("BENCH_RANKINGS", HERE.parent.parent / "shared" / "data" / "rankings"))
JUDGES = os.environ.get("BENCH_JUDGES", "smollm2").split(",")
PROMPTS = {"en": 24, "zh-Hans": 12}
LONGEST = {"en": 2400, "zh-Hans": 400}
"""Characters of a prompt with its answers: what a context of 2,048 tokens holds."""
COLUMNS = ["judge", "language", "prompts", "with a verdict", "pairs", "same", "one of them ties", "opposed",
           "same of those both order"]


def main() -> None:
    if not DATA.is_dir():
        return
    rows = _human()
    table = []
    with tempfile.TemporaryDirectory() as folder:
        with stage.start(Path(folder) / "people", "pull", config={}) as run:
            run.finish(data=ranking_frame(rows))
        for number, judge in enumerate(JUDGES):
            began = time.perf_counter()
            made = judge_candidates([Path(folder) / "people"], Path(folder) / str(number), [judge], limits=Limits())
            seconds = time.perf_counter() - began
            figures = made.manifest.metrics["judges"][0]
            judged = list(rankings(made.frame()))
            for tag in PROMPTS:
                own = [row for row in judged if row.language == tag]
                agreement = sum((group.total for group in Comparisons.of(own).with_people().values()), Agreement())
                ordered = agreement.same + agreement.opposed
                both = sum(len(row.rankings) > 1 for row in own)
                share = f"{agreement.same / ordered:.2f}" if ordered else "–"
                table.append([figures["annotator"], tag, len(own), both, agreement.pairs, agreement.same, agreement.half,
                              agreement.opposed, share])
            agree = figures["both_readings_agree"]
            table.append([figures["annotator"], "both", len(judged), figures["ranked"], figures["pairs"], "", "", "",
                          f"{seconds:.0f} s; its two readings agree on {agree:.0%} of pairs" if agree is not None else "–"])
    save("judges", "Judges against people", "People's rankings of answers (OpenAssistant's English trees, its Chinese "
         "rankings), and models that ranked the same answers by `respond --judge`.",
         [{"caption": "Pairs of answers", "columns": COLUMNS, "rows": table}],
         ["Chance is 0.5 of the pairs that the judge orders. A judge that goes by places orders none: its two readings are "
          "opposed.", "smollm2 has 135 million parameters and hardly any Chinese: it shows that the way works, not that it "
          "judges."])


def _human() -> list[RankingRow]:
    """Prompts with answers ranked by people, the first that are short enough."""
    rows: list[RankingRow] = []
    for line in (DATA / "oasst_en_50_trees.jsonl").read_text(encoding="utf-8").splitlines():
        prompt = json.loads(line)["prompt"]
        replies = [reply for reply in prompt["replies"] if reply.get("rank") is not None]
        rows.append(_row(prompt["text"], "en", [reply["text"] for reply in replies], [reply["rank"] for reply in replies]))
    for prompt in json.loads((DATA / "oaast_rm_zh.json").read_text(encoding="utf-8")):
        rows.append(_row(prompt["instruction"], "zh-Hans", prompt["output"], list(range(len(prompt["output"])))))
    kept: list[RankingRow] = []
    for tag, count in PROMPTS.items():
        short = [row for row in rows if row.language == tag and 2 <= len(row.candidates) <= 6
                 and sum(len(text) for text in (row.messages[0].content, *(c.text for c in row.candidates))) <= LONGEST[tag]]
        kept += short[:count]
    return kept


def _row(prompt: str, language: str, answers: list[str], places: list[int]) -> RankingRow:
    instruction = Instruction(messages=(Message(role="user", content=prompt),), language=language)
    candidates = tuple(Candidate(id=instruction.answered(text).response_id or "", text=text) for text in answers)
    rankings = (Ranking(annotator="person:oasst", ranks=tuple(index + 1 for index in places)),) if len(places) > 1 else ()
    return RankingRow(id=instruction.id, messages=instruction.messages, language=language, candidates=candidates,
                      rankings=rankings)


if __name__ == "__main__":
    main()
