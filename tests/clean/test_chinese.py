"""Chinese is first class: the default settings drop no Chinese row that brute force keeps, whatever the row is made of."""

import json

import polars as pl
import pytest
from rapidfuzz.distance import LCSseq

from instructwild.clean.near import tokens
from instructwild.clean.near_step import Near
from instructwild.clean.pipeline import DEFAULT, clean

# For each kind of Chinese text: prompts that all stay, and one more that says the same as the first in other dress.
CASES = {
    "very short": (["你好", "写诗", "谢谢", "再见", "为什么"], "你好！"),
    "short questions": (["什么是光合作用？", "如何减肥？", "推荐三本书", "天空为什么是蓝色的？"], "什么是光合作用"),
    "full-width forms": (["ＡＩ是什么？", "ＣＰＵ和ＧＰＵ有什么区别", "１＋１等于几"], "AI是什么？"),
    "half-width punctuation": (["请介绍北京,并说明其历史.", "如何(安全地)备份数据?"], "请介绍北京，并说明其历史。"),
    "mixed with English": (["用Python写一个排序函数", "解释 overfitting 和 underfitting", "GPT-4 是什么"],
                           "用 python 写一个 排序函数"),
    "Traditional": (["請幫我寫一封辭職信", "請介紹台北的歷史", "什麼是機器學習？"], "請幫我寫一封辭職信。"),
    "the same in both scripts": (["请帮我写一封辞职信", "請幫我寫一封辭職信"], "请帮我写一封辞职信！"),
    "classical": (["学而时习之，不亦说乎？", "道可道，非常道。", "天地玄黄，宇宙洪荒"], "学而时习之不亦说乎"),
    "emoji": (["🀄麻将怎么玩", "用😀造句", "👨‍👩‍👧是什么意思"], "麻将怎么玩🀄🀄"),
    "code": (["为以下代码写注释：\ndef f(n):\n    return n * 2", "SELECT * FROM 用户 有什么问题？"],
             "为以下代码写注释：\n\ndef f(n):\n  return n*2"),
    "romanised": (["ni hao ma", "qing bang wo xie yi feng xin", "wo ai ni"], "Ni hao ma?"),
    "quoting English": (["翻译：I love you", "把下面的句子翻译成中文：The weather is nice", "“hello”用中文怎么说"],
                        "翻译： “I love you”"),
    "quoting Japanese": (["“すし”这个词是什么意思", "ありがとう怎么读"], "“すし”这个词是什么意思？"),
    "numbers and units": (["5公里等于多少米", "3公斤苹果多少钱", "100米跑世界纪录"], "５公里等于多少米？"),
    "lists": (["列出：\n1. 苹果\n2. 香蕉", "比较：a) 猫 b) 狗"], "列出：1、苹果 2、香蕉"),
    "rare characters": (["“𠮷野家”怎么读", "々是什么符号", "〇是汉字吗"], "「𠮷野家」怎么读？"),
}


def brute_force(prompts):
    """Which prompts stay by the definition, word for word: L by an independent implementation, no index, no filter."""
    kept, stay = [], []
    for prompt in prompts:
        a = tokens(prompt)
        if not any(20 * LCSseq.similarity(a, b) > 7 * (len(a) + len(b)) for b in kept):
            stay.append(prompt)
            kept.append(a)
    return stay


def cleaned(tmp_path, prompts, *, plain=False):
    path = tmp_path / "in.jsonl"
    path.write_text("\n".join(json.dumps({"instruction": prompt, "output": "好的，这是回答。"}) for prompt in prompts))
    steps = [Near(plain=True) if plain and name == "near" else name for name in DEFAULT]
    return clean([path], tmp_path / ("plain" if plain else "out"), steps)


@pytest.mark.parametrize("case", CASES)
def test_a_prompt_stays_whatever_it_is_written_in_and_its_twin_in_other_dress_leaves(case, tmp_path):
    different, same = CASES[case]
    kept = cleaned(tmp_path, [*different, same]).frame()
    assert [row[0]["content"] for row in kept["messages"]] == different
    assert brute_force([*different, same]) == different


def test_the_plain_rule_drops_what_brute_force_drops(tmp_path):
    prompts = [prompt for different, same in CASES.values() for prompt in (*different, same)]
    kept = cleaned(tmp_path, prompts, plain=True).frame()
    assert [row[0]["content"] for row in kept["messages"]] == brute_force(prompts)


def test_of_real_chinese_rows_the_default_drops_far_fewer_than_the_plain_rule(shared, tmp_path):
    """429 seeds and the first 2,000 Chinese rows of the bench: short, mixed and translated prompts, as people wrote them."""
    seeds = pl.read_ndjson(shared / "instructionwild" / "seed_prompts_ch.jsonl")["instruction"]
    rows = pl.scan_parquet(shared / "bench" / "bench_200k.parquet").filter(pl.col("han_frac") >= 0.3).head(2000).collect()
    prompts = [*seeds, *rows["instruction"]]
    plain, lost = (cleaned(tmp_path, prompts, plain=plain).dropped() for plain in (True, False))
    assert set(lost["reason"]) <= {"exact_duplicate", "near_duplicate"}
    assert len(prompts) - plain.height == len(brute_force(prompts))
    assert 0 < lost.height < 0.8 * plain.height < 400
