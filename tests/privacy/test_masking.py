"""Personal data goes, and nothing else does."""

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instructwild.privacy.checksums import hong_kong_id, iban, luhn, payment_card, resident_id, taiwan_id
from instructwild.privacy.masking import mask, mask_all

# Reserved, published as examples, or made up so that the check holds; nobody's.
MASKED = [
    ("write to ana.berg+shop@mail.example now", "write to [EMAIL_1] now"),
    ("邮箱是lin@mail.example，谢谢", "邮箱是[EMAIL_1]，谢谢"),
    ("ana (at) mail (dot) example", "[EMAIL_1]"),
    ("answer bob@tidal-mill.org and alice@mill.example", "answer [EMAIL_1] and [EMAIL_2]"),
    ("call +1 (202) 555-0143 after six", "call [PHONE_1] after six"),
    ("my number is 415-555-0132.", "my number is [PHONE_1]."),
    ("ring +44 20 7946 0958 or +49 30 23125 001", "ring [PHONE_1] or [PHONE_2]"),
    ("手机13912345678，座机010-62345678", "手机[PHONE_1]，座机[PHONE_2]"),
    ("打 139 1234 5678 或 +86 13912345678", "打 [PHONE_1] 或 [PHONE_1]"),
    ("电话是 62345678", "电话是 [PHONE_1]"),
    ("身份证11010519491231002X", "身份证[ID_1]"),
    ("my id is 440524188001010014", "my id is 440524188001010014"),  # born 1880: no living person's
    ("ssn 219-09-9999", "ssn [ID_1]"),
    ("HKID A123456(3)", "HKID [ID_1]"),
    ("統一編號 A123456789", "統一編號 [ID_1]"),
    ("passport number X12345678", "passport number [ID_1]"),
    ("card 4111 1111 1111 1111 exp 12/29", "card [CARD_1] exp 12/29"),
    ("卡号6222021234567890128", "卡号[CARD_1]"),
    ("IBAN GB82 WEST 1234 5698 7654 32", "IBAN [ACCOUNT_1]"),
    ("my server is 203.0.113.77 and 2001:db8:85a3::8a2e:370:7334", "my server is [IP_1] and [IP_2]"),
    ("key sk-proj-abcdefghij0123456789ABCD here", "key [KEY_1] here"),
    ("export TOKEN=ghp_abcdefghijklmnopqrstuvwxyz0123456789", "export TOKEN=[KEY_1]"),
    ("AKIAIOSFODNN7EXAMPLE", "[KEY_1]"),
    ("密码是 abc12345", "密码是 [KEY_1]"),
    ('password: "hunter22"', 'password: "[KEY_1]"'),
    ("postgres://admin:s3cret@db.example/x", "postgres://[KEY_1]@db.example/x"),
    ("-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY----- end", "[KEY_1] end"),
    ("https://discord.com/api/webhooks/123/abcdefghijklmnopqrstuvwx", "https://discord.com/api/webhooks/[KEY_1]"),
    ("I live at 48 Alder Street, Apt 5, Springfield, IL 62704.", "I live at [ADDRESS_1]."),
    ("寄到上海市静安区桂花路12号3栋501室", "寄到[ADDRESS_1]"),
    ("家在幸福小区8号楼2单元301", "家在[ADDRESS_1]"),
    ("thanks @ana_berg and @bo@social.example", "thanks [USER_1] and [USER_2]"),
    ("感谢@小舟_2023 的分享", "感谢[USER_1] 的分享"),
    ("u/some_redditor said so", "[USER_1] said so"),
    ("see https://x.com/ana_berg/status/5", "see https://x.com/[USER_1]/status/5"),
    ("微信号：xiaomei_88，QQ：12345678", "微信号：[USER_1]，QQ：[USER_2]"),
    ("my name is Ana Berg. Sign it Ana Berg.", "my name is [NAME_1]. Sign it [NAME_1]."),
    ("我叫王小明，落款写王小明", "我叫[NAME_1]，落款写[NAME_1]"),
    ("thanks @wren_holt; see you", "thanks [USER_1]; see you"),
    ("Ask (@wren_holt) what a variable is, please do it", "Ask ([USER_1]) what a variable is, please do it"),
    ("Telephone number: 508-555-0176", "Telephone number: [PHONE_1]"),
    ("my wifi password is tRq82kLm", "my wifi password is [KEY_1]"),
]


@pytest.mark.parametrize(("text", "expected"), MASKED)
def test_personal_data_becomes_a_typed_placeholder(text, expected):
    assert mask(text).text == expected


KEPT = [
    "Python 3.11.7 and numpy==2.2.6 on Ubuntu 22.04.5.1",
    "section 1.2.3.4 of version 10.0.19.1",
    "on 2023-04-05 at 10:20:30, or 05/04/2023, 2023年4月5日",
    "ISO stamp 2023-04-05T10:20:30.123+08:00",
    "it costs $1,299.99 or ¥13800138000, or 13999999999元",
    "compute 13912345678 * 2 and 4155550132 / 7",
    "pi is 3.14159265358979 and e 2.718281828459045",
    "x = 1234567890123456 and y = 9876543210987654",
    "listen on 127.0.0.1:8080, 0.0.0.0 or 192.168.1.20, mask 255.255.255.0",
    "ask 8.8.8.8 for the name",
    "```python\n@app.route('/')\ndef f(): ...\n```",
    "what does `@property` do in Python?",
    "@media screen, @Override, @app.route and a regex for names that end in @mysite.com",
    "git clone git@github.com:owner/repo.git and icon@2x.png",
    "password = os.environ['PASSWORD1'] and password: <your-password>",
    "the password is forgotten",
    "npm install @types/node@18.0.0",
    "the ratio is 16:9 and the score 3:2:1",
    "std::vector<int>::iterator a::b::c, 00:1A:2B:3C:4D:5E",
    "1600 Pennsylvania Avenue and 221B Baker Street in fiction",
    "the year 1984, pages 100-200, rows 1000-2000-3000",
    "第3章第12号文件，地铁2号线，3号楼梯间",
    "坐地铁10号线到人民路，再走500米",
    "他考了100分，排名第1，学号2021",
    "ISBN 978-3-16-148410-0, arXiv 2203.02155, DOI 10.1000/182",
    "commit 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
    "color #1a2b3c4d and RGB 255, 128, 64",
    "order 66, route 101, 24/7, 50-50, 1-800 style",
    "Write a story about a detective called Tom in London.",
    "写一个关于小明和小红的故事",
    "我叫你写诗你就写诗",
    "@ChatGPT write a poem, @grok too",
    "E = mc^2, 6.022e23, 1e-9, 0x12345678",
    "already masked: [EMAIL_1] and [PHONE_2]",
    "timestamps 1675209600 and 1675209600123",
    "64 bytes from localhost: icmp_seq=1 ttl=64 time=0.031 ms",
    "Highway 61 Revisited and 5th Avenue are famous",
    "圆周率3.1415926535，光速299792458米每秒",
    "email String @unique\nposts Post[] @relation",
    "import { Canvas } from \"@three-d/canvas\"; npm i @radix-like/react-popover",
    "/** Returns {@code null}\n * @format: how the width is printed\n */",
    "FETCH NEXT FROM c INTO @row_name",
    "We fill the @months variable and the @limit parameter in SQL",
    "session({ user }) {\n // @ts-ignore\n return user }",
    "W@W@W are the winning rows",
    "* VX: contains the letters V and X",
    "iPhone 11 (1) 999.99 and the row 600 700 800 900 1000",
    "Phone: (123) 456-7890",
    "the ruby version is 2.6.8.205",
    "uses: actions/cache@v3.When it fails, retry",
    "server.login('your_email_address@gmail.com', 'x') and bob@gmail.com",
    "SELECT id FROM staff WHERE mail LIKE '%@harbour-office.de' OR mail LIKE 'b%@harbour-office.de' OR mail LIKE '_@sea.de'",
    "LaTeX: \\@ifnextchar and \\alpha@beta",
    "\\makeatletter\n\\renewcommand\\@seccntformat[1]{}\n\\makeatother",
    "/home/vsts/work/1 and C:\\Users\\lenovo\\Desktop",
    "the 1983 Church Street bombing, cite a 2016 Supreme Court case, 2 Milky Way bars",
    "Here is a random password: rT8$jLpZ. 这是一个随机密码：78h@r365",
    "password = 'P@ssw0rd1' and api_key: 0123456789abcdef",
    "https://www.facebook.com/facebook",
]


@pytest.mark.parametrize("text", KEPT)
def test_what_only_looks_personal_stays(text):
    assert mask(text) == (text, {})


def test_one_person_is_one_placeholder_through_a_whole_post():
    people = [("ana_b", "Ana Berg"), ("will", "Will"), ("小舟",)]
    texts, counts = mask_all(["@Ana_B or Ana Berg, will you?", "ask Ana Berg, @will and 小舟了"], people)
    assert texts == ["[USER_1] or [USER_1], will you?", "ask [USER_1], [USER_2] and [NAME_1]了"]
    assert counts == {"USER": 4, "NAME": 1}


def test_equal_values_share_a_placeholder_and_different_ones_do_not():
    masked = mask("a@mail.example, b@mail.example, A@mail.example")
    assert masked == ("[EMAIL_1], [EMAIL_2], [EMAIL_1]", {"EMAIL": 3})


def test_a_mask_says_how_often_it_struck_and_unpacks():
    text, counts = mask("a@mail.example 203.0.113.9")
    assert (text, counts) == ("[EMAIL_1] [IP_1]", {"EMAIL": 1, "IP": 1})


def test_new_placeholders_never_repeat_those_already_there():
    assert mask("[EMAIL_1] wrote to a@mail.example").text == "[EMAIL_1] wrote to [EMAIL_2]"


PIECES = [before for before, after in MASKED if before != after] + KEPT


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=4))
def test_masking_again_changes_nothing(pieces):
    once = mask("\n".join(pieces)).text
    assert mask(once) == (once, {})


@given(st.text(max_size=200))
def test_any_text_can_be_masked_and_keeps_what_lies_between(text):
    masked, counts = mask(text)
    assert (masked == text) == (not counts)
    parts = re.split(r"\[[A-Z]+_\d+\]", masked)
    at = 0
    for part in parts:
        at = text.index(part, at) + len(part)


def _resident(rng):
    born = f"{rng.randint(1950, 2010)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}"
    body = f"{rng.choice(['110105', '310101', '440305'])}{born}{rng.randint(0, 999):03}"
    return body + "10X98765432"[sum(int(d) * (2 ** (17 - i) % 11) for i, d in enumerate(body)) % 11]


def test_checksums_tell_real_numbers_from_any_others():
    rng = random.Random(1)
    for check, good in ((luhn, "79927398713"), (resident_id, "11010519491231002X"), (taiwan_id, "A123456789"),
                        (hong_kong_id, "A123456(3)"), (hong_kong_id, "AB987654(3)"), (iban, "DE89370400440532013000"),
                        (payment_card, "378282246310005")):
        assert check(good), (check, good)
        digits = [i for i, c in enumerate(good) if c.isdigit() and (check is not resident_id or i > 13)]
        for _ in range(20):
            place = rng.choice(digits)
            other = good[:place] + str((int(good[place]) + 1) % 10) + good[place + 1:]
            assert not check(other), (check, other)
    for _ in range(200):
        number = _resident(rng)
        assert resident_id(number)
        assert mask(f"号码{number}。").text == "号码[ID_1]。"
    assert not resident_id("110105194913310021"), "month 13"
