"""Good rows of kinds that look like damage or data about people: formulas, files, drawings. None changes."""

import json

import pytest

from instructwild.clean.pipeline import clean

GOOD = [
    ("Write the quadratic formula in LaTeX.", "\\[\n  x = \\frac{-b \\pm \\sqrt{b^2 - 4ac}}{2a}\n\\]"),
    ("Typeset the Euler identity with a numbered equation.",
     "\\begin{equation}\\label{eq:euler}\n  e^{i\\pi} + 1 = 0\n"
     "\\end{equation}"),
    ("Show a unified diff that renames the variable total to amount.",
     "```diff\n--- a/bill.py\n+++ b/bill.py\n@@ -1,3 +1,3 @@\n"
     "-total = 0\n+amount = 0\n for item in items:\n"
     "-    total += item.price\n+    amount += item.price\n"
     "```"),
    ("Write a docker compose file with a web service and a database.",
     "services:\n  web:\n    image: nginx:1.25\n"
     "    ports:\n      - \"8080:80\"\n    environment:\n"
     "      DB_HOST: db\n  db:\n    image: postgres:16\n"
     "    environment:\n      POSTGRES_PASSWORD: ${DB_PASSWORD:?set it}"),
    ("Write a shell script that creates a config file with a heredoc.",
     "```bash\n#!/usr/bin/env bash\nset -euo pipefail\n"
     "cat > app.conf <<'EOF'\n[server]\nhost = 127.0.0.1\n"
     "admin = root@localhost\nEOF\nchmod 600 app.conf\n"
     "```"),
    ("Write a four-line shape poem in which each line stands further to the right.",
     "rain\n    on the roof\n        on the road\n"
     "            on me"),
    ("Why does my page show “cafÃ©” instead of “café”?",
     "The bytes are UTF-8 but the page is decoded as Latin-1. é is C3 A9 in UTF-8, and those two bytes read as "
     "Latin-1 are Ã and ©. Declare <meta charset=\"utf-8\">."),
    ("Make a Markdown table of three planets with their radius.",
     "| Planet | Radius (km) |\n|:-------|------------:|\n"
     "| Mars   |       3,390 |\n| Earth  |       6,371 |\n"
     "| Saturn |      58,232 |"),
    ("ترجم إلى الإنجليزية: أين المحطة؟", "Where is the station?"),
    ("Translate into Hebrew: The library opens at nine.", "הספרייה נפתחת בתשע."),
    ("给下面的函数加上中文注释。\ndef area(r):\n    if r < 0:\n"
     "        raise ValueError('negative')\n    return 3.14159 * r * r",
     "```python\ndef area(r):\n    # 半径不能是负数\n    if r < 0:\n"
     "        raise ValueError(\"半径为负\")  # 提前报错\n"
     "    return 3.14159 * r * r  # 圆的面积公式\n```"),
    ("Draw a small cat in ASCII art.", " /\\_/\\\n( o.o )\n > ^ <"),
    ("Write an invented exercise: a person fills in a form with name, address and date of birth.",
     "Name: Ilse Brandt\nAddress: 14 Harbour Lane, 2nd floor\n"
     "Date of birth: 03/09/1984\nExercise: copy the form and correct the three spelling mistakes that your part"
     "ner marks."),
    ("编一道邮政编码的练习题，包含收件人和地址。",
     "收件人：林小舟\n地址：江苏省南京市玄武区长江路12号\n邮编：210018\n练习：请把上面的信息写到信封正确的位置"
     "。"),
    ("Turn this chat log into a list of who said what.\n"
     "[10:40] Ana: Did the parcel arrive?\n[10:42] Bo: Yes, at 10:42.\n"
     "[10:43] Ana: Great, thanks!",
     "- Ana: Did the parcel arrive?\n- Bo: Yes, at 10:42.\n"
     "- Ana: Great, thanks!"),
    ("统计聊天记录里每个人说了几句话。\n小王：到了吗\n小李：到了\n小王：好的", "小王：2句\n小李：1句"),
    ("Write SQL that finds customers with an e-mail at example.org.",
     "SELECT id, name\nFROM customers\nWHERE email LIKE '%@example.org'\n"
     "ORDER BY name;"),
    ("Insert a test user with an e-mail into the table users.",
     "INSERT INTO users (name, email) VALUES ('Test User', 'test.user@example.com');"),
    ("Write a regular expression for a hex colour.", "^#(?:[0-9a-fA-F]{3}){1,2}$"),
    ("写一个匹配中国大陆手机号的正则表达式。", "^1[3-9]\\d{9}$"),
    ("Show a Python decorator called user that logs calls.",
     "def user(function):\n    def wrapper(*args):\n"
     "        print(\"call\", function.__name__)\n"
     "        return function(*args)\n    return wrapper\n"
     "\n@user\ndef add(a, b):\n    return a + b"),
    ("Write a Java class with the annotations Override and Deprecated.",
     "public class Gate extends Door {\n    @Override\n"
     "    public void open() { }\n\n    @Deprecated\n"
     "    public void creak() { }\n}"),
    ("What does the CSS rule @media print do?",
     "@media print holds rules that apply only on paper:\n"
     "\n@media print {\n  nav { display: none; }\n"
     "}"),
    ("Answer with one word: is 91 prime?", "No"),
    ("Which column of the row is empty? Answer N/A if none.\nid=4, name=Rope, price=3.20", "N/A"),
    ("Escape the text for HTML.\n<b>Tom & Jerry</b>", "&lt;b&gt;Tom &amp; Jerry&lt;/b&gt;"),
    ("Write a Makefile with the targets build and clean.",
     "build:\n\tcc -o app main.c\n\nclean:\n\trm -f app\n"
     "\n.PHONY: build clean"),
    ("Give the JSON of a point with x 3 and y null.", "{\"x\": 3, \"y\": null}"),
    ("把句子倒过来写：上海自来水", "水来自海上"),
    ("Recite the chorus of an invented song in which one line comes three times.",
     "Row the boat along, row the boat along,\n"
     "Over the water, under the moon,\nRow the boat along."),
    ("What is 7 in base 2?", "111"),
    ("Write a haiku about a lighthouse.",
     "Lamp over the rocks\nturns and turns for no one's sake\n"
     "and someone comes home"),
    ("Show an assembly routine that adds two numbers.",
     "section .text\nglobal add2\nadd2:\n    mov rax, rdi\n"
     "    add rax, rsi\n    ret"),
    ("Write the first lines of a README with badges left out and code fenced.",
     "# gauge\n\nReads a gauge.\n\n```sh\npip install gauge\n"
     "gauge --port /dev/ttyUSB0\n```"),
    ("Explain the file mode drwxr-x---.",
     "d: a directory; rwx: its owner may read, write and enter; r-x: its group may read and enter; ---: others "
     "may nothing."),
    ("用文言文写一句祝福。", "愿君岁岁平安，事事遂心。"),
    ("Give me the Unix time 0 as an ISO date.", "1970-01-01T00:00:00Z"),
    ("Write a dialogue between a customer and an assistant in a shop.",
     "Customer: Do you have this in blue?\nAssistant: Only in a size 42, I'm afraid.\n"
     "Customer: Then I'll take the green one."),
    ("In Thai, how do you say thank you?", "ขอบคุณครับ (a man says it) or ขอบคุณค่ะ (a woman says it)."),
    ("写一段YAML，描述两个用户及其邮箱。",
     "users:\n  - name: 甲\n    email: jia@example.com\n"
     "  - name: 乙\n    email: yi@example.com"),
]


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("good")
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps({"prompt": prompt, "completion": answer}, ensure_ascii=False) + "\n"
                            for prompt, answer in GOOD), encoding="utf-8")
    return clean([path], folder / "out", ["repair", "language", "rules", "exact"]).frame()


def test_no_good_row_is_dropped_or_changed(kept):
    assert [tuple(turn["content"] for turn in turns) for turns in kept["messages"].to_list()] == GOOD
    assert not any(flag.startswith("repaired") for flags in kept["labels"].struct.field("flags").to_list() for flag in flags)
