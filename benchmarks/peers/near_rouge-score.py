"""The original algorithm: ROUGE-L F of each row with every kept one, as Self-Instruct does with rouge_score."""

from protocol import answer
from rouge_score.rouge_scorer import RougeScorer, _score_lcs


def find(rows):
    scorer = RougeScorer(["rougeL"], use_stemmer=False)
    kept, dropped = [], []
    for i, row in enumerate(rows):
        words = scorer._tokenizer.tokenize(row["text"])          # tokenized once, as Self-Instruct's own code does
        if any(_score_lcs(words, other).fmeasure > 0.7 for other in kept):
            dropped.append(i)
        else:
            kept.append(words)
    return dropped


answer(find)
