"""What can be mended is mended, what is suspicious is flagged, and only what the user wants dropped is dropped."""

import json
import re

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from instructwild.clean.damage import CONTROL, DAMAGE
from instructwild.clean.mojibake import SUSPECT, unmangled
from instructwild.clean.own_rules import expression, from_files
from instructwild.clean.repair import Repair
from instructwild.clean.rows import opened
from instructwild.clean.rules import RULES, Rules, strict
from instructwild.errors import ConfigError
from instructwild.schema import Instruction, Message, content_id
from instructwild.schema.identity import response_id, turn_of
from instructwild.stage.frames import instruction_frame
from tests.clean.rows import flags, left, rows_of

CHINESE = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=4, max_size=30)


@pytest.mark.parametrize(("before", "after", "kind"), [
    ("用一句话描述星夜。\n无需输入。", "用一句话描述星夜。", "placeholder"),
    ("Name a bird.\n<noinput>", "Name a bird.", "placeholder"),
    ("Name a bird.\nNo input", "Name a bird.", "placeholder"),
    ("总结影响。\n“<无输入>”", "总结影响。", "placeholder"),
    ("打印（&#39;你好&#39;，a &lt; b &amp;&amp; c）", "打印（'你好'，a < b && c）", "html_entities"),
    ("Name a bird.Share Prompt", "Name a bird.", "page_labels"),
    ("<user>: 说一种鸟", "说一种鸟", "role_labels"),
    ("[INST] Name a bird. [/INST]", "Name a bird.", "role_labels"),
    ("<|im_start|>user\nName a bird.<|im_end|>\n", "Name a bird.", "role_labels"),
    ("非物质的\u200b例子", "非物质的例子", "control_characters"),
    ("a\x00b\x07c", "abc", "control_characters"),
    ("Donâ€™t â€” ever", "Don’t — ever", "mojibake"),
    ("ä½\u00a0å¥½ï¼Œä¸–ç•Œ", "你好，世界", "mojibake"),
    ("使用经典故事结构创建脚本".encode().decode("gbk"), "使用经典故事结构创建脚本", "mojibake"),
])
def test_damage_that_has_one_reading_is_mended_and_said(before, after, kind):
    found = Repair().verdicts(rows_of(before, "fine"))
    row = found.rows.row(0, named=True)
    assert (row["prompt"], row["id"]) == (after, content_id([("user", after)]))
    assert row["parents"] == [content_id([("user", before)])]
    assert flags(found.rows) == [[f"repaired_{kind}"], []]
    assert found.notes[kind] == 1
    assert left(found) == []


@pytest.mark.parametrize("text", [
    "<user>: Name a bird. <bot>: A gull. <user>: Another one.", "What does [INST] mean?", "[INST]", "End lines with `</s>`",
    "<s>gone</s>", "[INST] Name a bird. [/INST] A gull. [INST] And a fish? [/INST]"])
def test_tags_of_roles_that_are_not_around_one_turn_stay(text):
    repaired = Repair().verdicts(rows_of(text, (text, text))).rows
    assert repaired["prompt"].to_list() == [text, text]
    assert repaired["answer"].to_list() == [None, text]


def test_a_stop_token_at_the_end_of_an_answer_goes():
    rows = rows_of(("Name a bird", "A gull.</s>"), ("Name a bird", "<|im_start|>assistant\nA tern.<|im_end|>"))
    repaired = Repair().verdicts(rows).rows
    assert repaired["answer"].to_list() == ["A gull.", "A tern."]
    assert flags(repaired) == [["repaired_role_labels"]] * 2


@pytest.mark.parametrize("text", [
    "用 &nbsp; 还是空格？", "HTML 里的 &lt; 是什么意思？", "把 &quot; 换成 '", "What does &lt; mean?", "写出 AT&T 和 &quot;",
    "A&B 公司"])
def test_a_text_that_may_mean_its_html_is_left_alone(text):
    found = Repair().verdicts(rows_of(text))
    assert (found.rows["prompt"].to_list(), left(found)) == ([text], [])


def test_what_one_repair_uncovers_the_next_one_mends():
    found = Repair().verdicts(rows_of("用一句话描述星夜。\n&lt;无输入&gt;")).rows
    assert found["prompt"].to_list() == ["用一句话描述星夜。"]
    spoilt = Repair().verdicts(rows_of("HTML 里的 &lt;\u200b 是什么意思？")).rows
    assert spoilt["prompt"].to_list() == ["HTML 里的 &lt; 是什么意思？"]


MEANT = [
    ("Complete the body:\ndef total(xs):", "    t = 0\n    return t + sum(xs)"),
    ("补全函数", "\treturn 1"),
    ("写一段", "　　春天来了，花开了。"),
    ("Why does the file show cafÃ© to me?", "It was read with the wrong table."),
    ("Correct the word “cafÃ©”.", "The word is a loan."),
    ("Use Mühle, not MÃ¼hle.", "Fine."),
    ("为什么网页上是“ä½ å¥½”？", "编码不对。"),
    ("Il dit : « au café…» et part.", "Oui."),
    ("CORAÇÃO E IRMÃ… SEMPRE", "Sim."),
    ("怎样写“和”号？", "在HTML里写成 &amp; 就行。"),
    ("What stands for the sign?", "Write &lt; for < there."),
    ("Fill in the card.", "Engine:\nN/A"),
    ("What does this abbreviation mean?\nN/A", "Not applicable."),
    ("Translate the following.\nno input", "sin entrada"),
    ("What is a zero-width space? Like this:​", "A sign."),
    ("ภาษาไทย​ง่าย", "ใช่"),
]


@pytest.mark.parametrize(("prompt", "answer"), MEANT)
def test_what_may_be_meant_stays_as_it_is(prompt, answer):
    row = Repair().verdicts(rows_of((prompt, answer))).rows.row(0, named=True)
    assert (row["prompt"], row["answer"]) == (prompt, answer)


@pytest.mark.parametrize(("prompt", "flag"), [
    ("Correct the word “cafÃ©”.", "mojibake"), ("Ask Tom &amp; Ann.", "html_entities"),
    ("Translate the following.\nno input", "placeholder")])
def test_what_is_doubtful_is_flagged(prompt, flag):
    assert flags(Repair().verdicts(rows_of(prompt)).rows) == [[flag]]


@pytest.mark.parametrize(("before", "after"), [
    ("a\x0bb", "a\nb"), ("a\x0cb", "a\nb"), ("a\x85b", "a\nb"), ("a\u2028b\u2029c", "a\nb\nc"), ("a\n\x0cb", "a\nb"),
    ("a\x0c\nb", "a\nb"), ("a\x1fb", "a b"), ("don\x92t \x93ever\x94", "don’t “ever”"), ("\x1b[31mred\x1b[0m", "red")])
def test_a_separator_parts_what_it_parted_before(before, after):
    assert Repair().verdicts(rows_of(("Say it", before))).rows["answer"].to_list() == [after]


def test_every_repair_is_named():
    assert flags(Repair().verdicts(rows_of(("Say it", "so\x0bit is \r\n"))).rows) == [
        ["repaired_line_separators", "repaired_outer_space"]]


def test_an_answer_is_mended_without_renaming_the_prompt():
    found = Repair().verdicts(rows_of(("Say it", "  Itâ€™s so \r\n")))
    row = found.rows.row(0, named=True)
    assert (row["answer"], row["parents"], row["id"]) == ("  It’s so", [], content_id([("user", "Say it")]))


@pytest.mark.parametrize("talk", [
    [("user", "caf\u0065\u0301 \"x\"\n")], [("user", "Name a \\ bird."), ("assistant", " \n")],
    [("user", "a "), ("assistant", "b")], [("user", "a "), ("assistant", "calls a tool")],
    [("user", "Hi "), ("assistant", "Hi"), ("user", "And 港 ")], [("user", "Hi "), ("user", "again")],
    [("system", "Be brief "), ("user", "Hi"), ("assistant", "Yes")], [("assistant", "Hello "), ("user", "Hi ")]])
def test_ids_of_mended_rows_follow_from_their_turns(talk):
    messages = [Message(role=role, content=text, tool_calls=[{"name": "look"}] if text == "calls a tool" else None)
                for role, text in talk]
    rows = opened(instruction_frame([Instruction(messages=messages, language="en")]))
    row = Repair().verdicts(rows).rows.row(0, named=True)
    turns = [*map(turn_of, row["messages"])]
    assert row["labels"]["flags"] == ["repaired_outer_space"]
    assert (row["id"], row["response_id"]) == (content_id(turns), response_id(turns))


def test_each_kind_of_damage_can_be_flagged_dropped_or_left_alone():
    rows = rows_of("a\x00b", "fine", "c\nno input")
    found = Repair({"control_characters": "drop", "placeholder": "flag"}).verdicts(rows)
    assert left(found) == [0]
    assert json.loads(found.drops["evidence"][0]) == {"rules": ["control_characters"]}
    assert flags(found.rows)[2] == ["placeholder"]
    nothing = Repair(dict.fromkeys(DAMAGE, "off")).verdicts(rows)
    assert left(nothing) == []
    assert nothing.rows.equals(rows)


@given(CHINESE)
def test_chinese_read_in_the_wrong_encoding_comes_back(text):
    for codec in ("gbk", "gb18030"):
        try:
            wrong = text.encode().decode(codec)
        except UnicodeDecodeError:
            continue
        if pl.Series([wrong]).str.contains(SUSPECT)[0]:
            assert unmangled(wrong) == text


@given(st.text(st.characters(max_codepoint=0xFF, exclude_categories=["Cs"]), max_size=20) | CHINESE)
def test_mending_twice_changes_nothing_more_for_chinese_and_ascii(text):
    if text.isascii() or text[0] > "\u4e00":
        assert unmangled(unmangled(text)) == unmangled(text)


SEEN = {
    "empty_prompt": ("？！…", "answer"),
    "placeholder_answer": ("写一首歌", "无输出"),
    "lost_emphasis": ("Replace the bold word with another one.\nThe pier is long.", "The pier is short."),
    "wrong_count": ("List two fish.", "1. Cod\n2. Eel\n3. Hake"),
    "repeats_prompt": ("Say this", "Say this "),
    "repetition": ("Sing", "la la\n" * 12),
    "merged_instructions": ("Name a bird.\nInstruction: Name a fish.", "Robin"),
    "lost_context": ("为你刚才写的那首诗起一个题目", "春江"),
    "missing_input": ("Proofread the following paragraph.", "The boats lie in the harbour."),
    "url_in_prompt": ("总结 https://example.com", "好"),
    "attachment": ("描述这张图片", "好"),
    "unseen_page": ("Describe this painting.\nhttps://example.com/walls/harbour.jpg", "Boats lie at rest under a grey sky."),
    "needs_web": ("今天的天气怎么样？", "晴"),
    "refusal": ("画一只猫", "对不起，我无法画画。"),
    "cut_off": ("Tell me", "This is a story that goes on for a very long time, and then it stops in the middle of the"),
    "half_translated": ("请介绍这位诗人的生平", "The poet was born in the eighth century and travelled through the land."),
    "role_tags": ("Say it", "So it is.<|im_end|>"),
    "run_on": ("Name a bird.", "Robin\n\nInput: Name a fish.\nOutput: Cod\n\nInput: Name a tree.\nOutput:"),
    "interface_label": ("How tall is a mast?Copy to Clipboard", "Some thirty metres."),
    "media_as_text": ("Tell what you see.\n[image of a harbour]", "Boats at rest."),
    "lost_in_translation": ("把下面的句子改为大写。\n船到港了", "船到港了"),
    "share_residue": ("Write on sails\nShare Prompt", "A sail is cloth."),
    "model_identity": ("Who are you?", "I am ChatGPT, at your service."),
    "unfilled_placeholder": ("Sum up this article.\n[insert article here]", "It is about boats."),
    "repeats_input": ("Sort these.\nblue, red, green, yellow, grey", "blue, red, green, yellow, grey"),
    "unchanged_input": ("Rewrite this as a question.\nThe ship came in.", "The ship came in."),
    "escaped_markdown": ("How is it called?", "It is open\\_gate or shut\\_gate."),
    "wrong_arithmetic": ("How many?", "They come to: 7 + 8 = 16."),
    "translated_code": ("写一个求最大值的函数", "def 最大（列表）：\n    返回 max（列表）"),
    "wrong_length": ("Describe the sea in no more than 4 words.", "It is grey, wide, cold and never still for long."),
    "no_program": ("Create a program that counts boats.", "The program should look at the sea and count each boat."),
    "wrong_quotes": ("Print it in Java", "System.out.println('High tide');"),
    "lost_indentation": ("Write a loop", "def count(n):\n for i in range(n):\n print(i)"),
    "swapped_roles": ("灯塔可以用太阳能供电。", "灯塔可以用什么供电？"),
    "mid_conversation": ("Great, now add the ferry times to that table", "Sure, here's the updated table:\n| a |"),
    "unnamed_subject": ("Add the next two steps to the list and give it the same form",
                        "The harbour office keeps berths, pilots and tides. " * 7),
    "foreign_grammar": ("改正下面句子的语法。\n船昨天到港了", "船昨天到港了。"),
    "wrong_language": ("把“大海很平静”翻译成英语。", "大海十分平静。"),
    "repeated_item": ("Name five sea birds", "Gull, tern, auk, gull, skua"),
    "spelled_line_ends": ("Which one swims?\\nOptions:\\n- a stone\\n- a gull", "A gull swims."),
    "lost_characters": ("what is h\ufffdllo", "x"),
}
INNOCENT = [
    ("什么是进程？", "进程是正在运行的程序。"),
    ("Translate to Chinese: good morning, my dear friends",
     "早上好，我亲爱的朋友们。昨夜的雨停了，港口的船都已经靠岸，渔民们在码头上收拾渔网，孩子们沿着堤坝追赶海鸥，"
     "面包房的门开着，街上满是新鲜面包的香味，今天会是晴朗的一天。"),
    ("What does f return?", "None"),
    ("有输入吗？", "无"),
    ("How many?", "They come to: 7 + 8 = 15."),
    ("写一封辞职信", "抱歉，信有点长。以下是您要的信：请批准我离职。"),
    ("写一个排序函数", "def f(x):\n    return sorted(x)" * 4),
    ("Proofread the following paragraph.\nThe boat lie in harbour.", "The boats lie in the harbour."),
    ("把下面的句子改写成疑问句：船到了。", "船到了吗？"),
    ("Name the gulls. " * 30 + "Use your previous answer each time.", "Herring gull"),
    ("Tell me of gulls", "".join(f"The {bird} is a bird. " for bird in ("tern", "skua", "auk", "gannet", "fulmar"))),
    ("用英文介绍一下这位诗人的生平", "The poet was born in the eighth century and travelled through the whole land."),
]


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_sees_its_defect_and_spares_the_innocent(rule):
    found = Rules({name: "flag" if name == rule else "off" for name in RULES}).verdicts(rows_of(SEEN[rule], *INNOCENT))
    assert flags(found.rows) == [[rule]] + [[]] * len(INNOCENT)
    assert left(found) == []
    dropping = Rules({name: "drop" if name == rule else "off" for name in RULES})
    assert left(dropping.verdicts(rows_of("x", SEEN[rule]))) == [1]


@pytest.mark.parametrize("prompt", [
    "Please go "
    "on", "Make it shorter", "请继续", "Sort this list", "Rewrite the above story with a whale", "expand on point 3",
    "Great, now make it "
    "rhyme",
        "用上面的代码画一张图",
            "那它会飞吗？", "该函数的返回值是什么？", "再写一个", "再来一个", "As you said before, gulls swim. Why?",
    "Summarize the table in your last response", "总结你之前的回答"])
def test_a_prompt_that_goes_on_from_a_lost_turn_is_flagged_unless_the_turn_is_there(prompt):
    assert "lost_context" in flags(Rules().verdicts(rows_of((prompt, "Gulls swim."))).rows)[0]
    talk = Instruction(messages=[Message(role="user", content="Name a gull."), Message(role="assistant", content="Tern"),
                                 Message(role="user", content=prompt)]).answered("Gulls swim.")
    assert flags(Rules().verdicts(opened(instruction_frame([talk]))).rows) == [[]]


@pytest.mark.parametrize("prompt", [
    "Explain the code "
    "below", "Proofread the following text", "将下列句子翻译成英文。", "请总结这篇文章", "给我这个词语的定义。",
    "使用给定的事实写一个问题。"])
def test_a_task_whose_text_is_missing_is_flagged(prompt):
    assert "missing_input" in flags(Rules().verdicts(rows_of((prompt, "Gulls swim."))).rows)[0]


@pytest.mark.parametrize(
    "prompt", ["Explain the code `x = "
               "1`", "Sort this list: b, a", "Rewrite this sentence: Gulls swim", "按以下步骤写一个函数",
                                    "将下列句子翻译成英文。海鸥会游泳", "Write a sentence about gulls", "分析海鸥的叫声"])
def test_a_task_with_its_text_is_not_flagged(prompt):
    assert flags(Rules().verdicts(rows_of((prompt, "Gulls swim."))).rows) == [[]]


@pytest.mark.parametrize(("prompt", "answer"), [
    ("Tell me of gulls", "Input: x y Output: " * 12), ("Tell me of gulls", "Gulls swim. " * 20),
    ("说说海鸥", "海鸥会游泳，也会飞翔和潜水捕鱼的呀。" * 12)])
def test_an_answer_that_loops_in_one_line_repeats(prompt, answer):
    assert flags(Rules().verdicts(rows_of((prompt, answer))).rows) == [["repetition"]]


def test_rules_with_known_false_positives_flag_by_default():
    dropping = {name for name, rule in RULES.items() if rule.action == "drop"}
    assert dropping == {"empty_prompt", "placeholder_answer", "repeats_prompt"}


def test_a_rule_keeps_earlier_flags_and_unknown_ones_are_named():
    once = Rules().verdicts(rows_of(SEEN["needs_web"])).rows
    assert flags(Rules().verdicts(once).rows) == [["needs_web"]]
    with pytest.raises(ConfigError, match="unknown rule 'urls'"):
        Rules({"urls": "drop"}).verdicts(once)
    with pytest.raises(ConfigError, match="cannot 'repair'"):
        Rules({"refusal": "repair"}).verdicts(once)


def test_a_users_rules_in_yaml_and_python_judge_like_ours(tmp_path):
    short = 'rules:\n  short:\n    seen: pl.col("prompt").str.len_chars() < 3\n    action: drop\n'
    (tmp_path / "mine.yaml").write_text(short)
    shouting = '"Prompts that shout."\ndef seen(prompt, answer):\n    return prompt.isupper()\n'
    (tmp_path / "shouting.py").write_text(shouting)
    found = from_files([tmp_path / "mine.yaml", tmp_path / "shouting.py"]).verdicts(rows_of("ab", "HELLO", "你好吗"))
    assert left(found) == [0]
    assert flags(found.rows) == [[], ["shouting"], []]


@pytest.mark.parametrize("text", [
    '__import__("os").system("true")', 'pl.read_csv("x")', 'pl.col("a").map_elements(print)', "(lambda: 1)()", "1",
    "pl.col(",
    'pl.col("a").__class__', "[x for x in pl.col('a')]", 'pl.Expr.deserialize("x")'])
def test_an_expression_can_do_nothing_but_look_at_columns(text):
    with pytest.raises(ConfigError):
        expression(text, "here")


def test_a_users_rule_that_fails_is_one_clear_message(tmp_path):
    (tmp_path / "bad.yaml").write_text('rules:\n  odd:\n    seen: pl.col("promt") == "x"\n')
    with pytest.raises(ConfigError, match="rule odd: fails"):
        from_files([tmp_path / "bad.yaml"]).verdicts(rows_of("a"))
    (tmp_path / "number.yaml").write_text('rules:\n  number:\n    seen: pl.col("prompt").str.len_chars()\n')
    with pytest.raises(ConfigError, match="true or false"):
        from_files([tmp_path / "number.yaml"]).verdicts(rows_of("a"))
    (tmp_path / "empty.py").write_text("x = 1\n")
    with pytest.raises(ConfigError):
        from_files([tmp_path / "empty.py"]).verdicts(rows_of("a"))


def test_strict_drops_by_measured_precision_alone():
    assert set(strict()) == {name for name, rule in RULES.items() if rule.measured and rule.precision >= 0.9}
    assert left(Rules(strict()).verdicts(rows_of(SEEN["share_residue"], SEEN["needs_web"]))) == [0]


def test_every_control_character_is_suspected_and_no_other_character():
    chars = [chr(code) for code in (*range(0xD800), *range(0xE000, 0x10000))]
    suspected = pl.DataFrame({"content": [f"a{char}b" for char in chars]}).select(DAMAGE["control_characters"].suspected)
    seen = [char for char, hit in zip(chars, suspected.to_series(), strict=True) if hit]
    assert seen == re.findall(CONTROL, "".join(chars))
