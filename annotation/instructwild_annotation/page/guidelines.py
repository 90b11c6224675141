"""What annotators read first, in their language."""

GUIDELINES = {
    "en": """\
Read the question and all answers. Then give each answer a place: **1 for the best**. Answers that are equally good get the \
same place: ties are welcome, please do not make up an order.

What counts, in this order:

1. It does no harm.
2. It is correct.
3. It does what was asked.
4. It is in the language of the question.
5. It is clear and comes to an end. Length alone is no merit.

The answers stand in random order, and who wrote them is hidden. Skip what you cannot judge.

**Keys:** digits give places from answer A on, Enter sends, ⌫ takes the last digit back, S skips, \
U goes back to the last one.
""",
    "zh": """\
请阅读问题和所有回答，然后给每个回答排名次：**1 为最好**。同样好的回答给相同的名次：允许并列，请不要勉强分出先后。

判断标准，按重要程度：

1. 无害。
2. 内容正确。
3. 完成了提问的要求。
4. 使用提问的语言。
5. 表达清楚、有头有尾。仅仅更长并不算更好。

回答的顺序是随机的，也不显示作者。无法判断的题目请跳过。

**按键：** 从回答 A 起依次输入名次数字，回车提交，退格键删除上一个数字，S 跳过，U 回到上一题。
"""}
