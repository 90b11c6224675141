"""A small bilingual set of answered questions."""

PAIRS = [("What is a tie?", "Two things of equal rank."), ("什么是并列？", "名次相同的两样东西。"),
         ("Name a colour.", "Blue."), ("说一种颜色。", "蓝色🌊。")]



def conversation(question, answer):
    return [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
