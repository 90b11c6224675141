"""Every kind of secret and identifier is caught in its plain form and in common dress, and the quick look agrees.

Every secret is put together here from parts; none was ever valid.
"""

import time

import polars as pl
import pytest

from instructwild.privacy.hint import hinted
from instructwild.privacy.masking import mask, mask_row, spans

FAKE, HEX = "Fake0Key1Part2", "0a1b2c3d4e5f67890"


def body(length, of=FAKE):
    return (of * 20)[:length]


def hexes(length):
    return body(length, HEX)


SECRETS = {
    "openai": "sk-proj-" + body(60), "anthropic": "sk-ant-" + "api03-" + body(80), "dashscope": "sk-" + hexes(32),
    "github": "ghp_" + body(36), "github fine": "github_pat_" + body(60), "gitlab": "glpat-" + body(20),
    "slack": "xoxb-" + body(40), "slack webhook": "https://hooks.slack.com/services/T0/B0/" + body(24),
    "stripe": "sk_live_" + body(24), "google": "AIza" + body(35), "google oauth": "GOCSPX-" + body(28),
    "aws id": "AKIA" + body(16).upper(), "aws session": "ASIA" + body(16).upper(),
    "aws secret": "aws_secret_access_key = " + body(40), "azure": "AccountKey=" + body(86) + "==",
    "hugging face": "hf_" + body(34), "npm": "npm_" + body(36), "pypi": "pypi-" + body(80), "twilio": "SK" + hexes(32),
    "sendgrid": "SG." + body(22) + "." + body(43), "telegram": "123456789:AA" + body(33),
    "discord": "M" + body(23) + "." + body(6) + "." + body(27), "groq": "gsk_" + body(52),
    "zhipu": hexes(32) + "." + body(16),
    "pem": "-----BEGIN RSA PRIVATE KEY-----\n" + body(60) + "\n-----END RSA PRIVATE KEY-----",
    "openssh": "-----BEGIN OPENSSH PRIVATE KEY-----\n" + body(60),
    "pgp": "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n" + body(60) + "\n-----END PGP PRIVATE KEY BLOCK-----",
    "pgp message": "-----BEGIN PGP MESSAGE-----\n\n" + body(64) + "\n-----END PGP MESSAGE-----",
    "postgres": "postgres://wren:" + body(12) + "@db.quay.example:5432/x",
    "ado": "Server=db;Database=x;User Id=wren;Password=" + body(10) + ";",
    "jwt": "eyJ" + body(30) + "." + body(60) + "." + body(40), "basic url": "https://wren:" + body(10) + "@quay.example/x",
    "basic": "Authorization: Basic " + body(28) + "==", "bearer": "Authorization: Bearer " + body(40),
    "header": "X-Api-Key: " + body(32), "curl": "curl -u wren:" + body(10) + " https://quay.example",
    "environment": "DB_PASS=" + body(16), "json": '{"client_secret": "' + body(30) + '"}',
    "chinese": "我的密钥是 " + body(20),
    "signed": "https://b.quay.example/k?X-Amz-Signature=" + hexes(64),
    "dingtalk": "https://q.example/send?access_token=" + hexes(64),
    "document": "https://docs.google.com/document/d/" + body(44) + "/edit", "intranet": "http://wiki.quay.internal/page",
    "home": "/home/wrenquay/boats/x.py", "windows": "C:\\Users\\wrenquay\\x.py",
    "spelled": "wren at quaymail dot com", "brackets": "wren[at]quaymail[dot]com", "chinese at": "wrenquay艾特quaymail点com",
    "percent": "wren%40quaymail.com", "entity": "wren&#64;quaymail.com", "full width mail": "ｗｒｅｎ＠ｑｕａｙ．ｃｏｍ",
    "zero width mail": "wren\u200b@\u200bquaymail.com", "full width phone": "１３８００００１１１１",
    "numerals": "一三八零零零零一一一一",
    "zero width key": "sk-\u200b" + body(20) + "\u200b" + body(20), "escaped": "hf\\_" + body(34),
    "soft hyphen": "ghp_" + body(18) + "\u00ad" + body(18), "spaced id": "110105 19491231 002X",
}


@pytest.mark.parametrize("kind", SECRETS)
@pytest.mark.parametrize("text", ["Why does it fail with {} in my settings?", "这里为什么不行：{} ，请帮我看看"])
def test_every_kind_is_caught_and_the_quick_look_does_not_miss_it(kind, text):
    whole = text.format(SECRETS[kind])
    masked, counts = mask_row([("user", whole)])
    assert counts, kind
    assert SECRETS[kind] not in masked[0]
    assert pl.select(hinted(pl.lit(whole))).item()


@pytest.mark.parametrize("text", [
    "password: mypassword123", "api_key = API_KEY_2", "max(contours, key=cv2.contourArea)", "token = get_token(1)",
    "postgres://user:password@localhost/db", "look at the dot product", "more at example dot com", "the route /home/user/"
            "files",
    "SELECT @sum = @sum + weight FROM crates", '//div[@class="mast"]/span[@id="top"]', "@cached_twice\ndef load(): ...",
    "Which macro times a call?\n@time, and @elapsed", "use `wren@quaymail.com` as it is", "write to user@example.com",
    "Doctor: Sit down.\nPatient: What about the boat?", "My name is what you make it", "My name is Not Important",
    "姓名：何时出生", "联系人：任何人。", "-----BEGIN CERTIFICATE-----\nMIID...\n-----END CERTIFICATE-----"])
def test_what_only_looks_like_a_secret_stays(text):
    assert mask(text) == (text, {})


def test_a_name_ends_with_its_line():
    assert mask("Name: Orla Finch\nRank: mate").text == "Name: [NAME_1]\nRank: mate"
    assert mask("Kind regards,\nOrla Finch\nSkipper").text == "Kind regards,\n[NAME_1]\nSkipper"


def test_spans_point_into_the_text_as_it_stands():
    text = "a\u200bb ｗｒｅｎ＠ｑｕａｙ\u200b．ｃｏｍ！"
    [span] = spans(text)
    assert text[span.start:span.end] == "ｗｒｅｎ＠ｑｕａｙ\u200b．ｃｏｍ"


def test_only_a_user_introduces_a_person_and_one_map_serves_the_row():
    masked, counts = mask_row([("user", "I write to b@quay.example"), ("assistant", "My name is Orla Finch. b@quay.exampl"
            "e")])
    assert (masked, counts) == (["I write to [EMAIL_1]", "My name is Orla Finch. [EMAIL_1]"], {"EMAIL": 2})


@pytest.mark.parametrize("piece", ["a@", "@a ", "://a:b", "eyJ-", "1 ", "key=", "-----BEGIN ", "上海市静安区1号", "host=a;",
                                   "My name is Anna Berg. ", "`a", "one ", "\u200b", "１", "sk-aaaaaaaaaaaaaaaaaaaa ",
                                   "a ", "a-", "'a' + ", "sk-aaaaaaaa\n", "MIIabcIBA", "Cookie: a=b; ", "a=b;", "密钥(",
                                   "AKIA1 ", "password: 'a' ", "1. ", "login('a', ",
                                   "handy号码 her au no. on.  ", "微信号  \t",
                                   "-----BEGIN 0 Z 9-----\\n-Z-: aaa ---: aaa   /+Z+Z=0"])
def test_masking_takes_time_linear_in_the_text(piece):
    took = []
    for length in (10_000, 80_000):
        began = time.process_time()
        mask((piece * length)[:length])
        took.append(time.process_time() - began)
    assert took[1] < 1.5
    assert took[1] < 30 * max(took[0], 0.005)
