"""Answered rows in two languages, alike enough for a tiny model to learn them."""

PAIRS = (("Why is the sky blue", "Because of the air"), ("天空为什么是蓝色的", "因为空气"))
ROWS = [{"instruction": f"{question} {number}?", "output": f"{answer} {number}."}
        for number in range(24) for question, answer in PAIRS]


def conversation(row):
    return [{"role": "user", "content": row["instruction"]}, {"role": "assistant", "content": row["output"]}]
