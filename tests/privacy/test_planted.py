"""Some seven hundred secrets and identifiers, plain and disguised: at least 97 of 100 are caught, by all three looks.

The plants were invented for this test and none was ever valid; a broken bar within each keeps scanners of repositories off.
"""

import json
from contextlib import suppress
from pathlib import Path

import polars as pl
import pytest
from plant_forms import leaks, plants

from instructwild.errors import InputError
from instructwild.privacy.hint import hinted
from instructwild.privacy.masking import mask_row
from instructwild.publish.refusal import personal_data

PLANTS = [json.loads(line.replace("¦", ""))
          for line in (Path(__file__).parents[1] / "data" / "planted.jsonl").read_text(encoding="utf-8").splitlines()]
AGAIN = [json.loads(line.replace("¦", ""))
         for line in (Path(__file__).parents[1] / "data" / "planted_again.jsonl").read_text(encoding="utf-8").splitlines()]
LATER = [json.loads(line.replace("¦", ""))
         for line in (Path(__file__).parents[1] / "data" / "planted_later.jsonl").read_text(encoding="utf-8").splitlines()]
ENGLISH, CHINESE = "Could you look at this? {} It stopped on Tuesday.", "请帮我看看这个：\n{}\n为什么不行？"


def framed(plant: dict[str, str]) -> list[str]:
    """The plant as somebody would paste it; introductions and passwords stand in sentences of their own."""
    text = plant["text"]
    if plant["kind"].startswith(("who", "pw")):
        return [text]
    chinese = any("\u4e00" <= char <= "\u9fff" for char in text)
    return [frame.replace("{}", text) for frame in ([CHINESE] if chinese else [ENGLISH, CHINESE])]


def unhinted(texts: list[str]) -> list[str]:
    """Texts that the quick look passes by; looked at in one go, since making the pattern takes longer than using it."""
    return pl.DataFrame({"text": texts}).filter(~hinted(pl.col("text")))["text"].to_list()


def unflagged(texts: list[str]) -> list[str]:
    """Texts that the last scan before publishing lets pass."""
    passed = []
    for text in texts:
        with suppress(InputError):
            personal_data([("rows", "1", "user", text)])
            passed.append(text)
    return passed


def test_of_planted_secrets_nearly_all_are_masked_and_flagged():
    missed, caught = [], []
    for plant in PLANTS:
        texts = framed(plant)
        if any(plant["secret"] in str(mask_row([("user", text)])[0][0]) for text in texts):
            missed.append(plant["kind"])
        else:
            caught += texts
    assert len(PLANTS) > 700
    assert len(missed) <= 0.03 * len(PLANTS), missed
    assert not unhinted(caught)
    assert not unflagged(caught)


@pytest.mark.parametrize("name", [f"plants_{number}.txt" for number in ("first", "second", "third", "fourth", "fifth")])
def test_of_secrets_written_later_nearly_all_are_masked_and_flagged(name):
    """Sets written after the rules; measured before a rule was changed for them: 66, 97, 87, 71 and 83 of 100 caught."""
    missed, caught = [], []
    drawn = plants(Path(__file__).parents[1] / "data" / name)
    for plant in drawn:
        masked, _ = mask_row([("user", plant.text)])
        if leaks(plant, masked[0]):
            missed.append(plant.kind)
        else:
            caught.append(plant.text)
    assert all(plant.secrets for plant in drawn)
    assert len(drawn) > 140
    assert len(missed) <= 0.05 * len(drawn), missed
    assert not unhinted(caught)
    assert not unflagged(caught)


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_of_four_more_sets_nearly_all_are_masked_and_flagged(number):
    """Written before reading the rules (1), before mending what 1 missed (2), and after each mending (3, 4).

    As the rules stood then, 94.6, 85.5, 94.2 and 85.3% were caught; the last goes for passwords of letters alone.
    """
    drawn = [plant for plant in AGAIN if plant["set"] == number]
    missed, caught = [], []
    for plant in drawn:
        (masked,), _ = mask_row([("user", plant["text"])])
        if any(secret in masked for secret in plant["secrets"]):
            missed.append(plant["kind"])
        else:
            caught.append(plant["text"])
    assert len(drawn) > 90
    assert len(missed) <= 0.04 * len(drawn), missed
    assert not unhinted(caught)
    assert not unflagged(caught)


@pytest.mark.parametrize("text", [
    "docker run -p 5000:5000 app", "connect(host=host, user=user, password=password, db=db)", "credentials:\n  credential1:"
        "\n    key: KEY_1",
    "add a port to this line: app.run(debug=True)", "the signal is strictly band-limited", "Vin1 1 0 DC 0 AC 1\nVin2 2 0",
    "Neckline: V-neck or scoop",
    "Customer: Well, it flickers.", "Key:\nCHS52223992", "cd /home/test_directory", "shell('git clone https://github.com/har"
        "bour-tide-data-tools')",
    "http://192.168.1.1/ and http://localhost:8080/x", "date of birth = 15/07/1996", "版本号 12.3.4，第 3 号楼梯",
    "the 4 8 15 16 23 42 numbers",
    "discord-87995c5b9e3c is a slug", "ConvertTo-SecureString \"$env:ADMIN\" -AsPlainText", "password SHA256 is hashed",
    "密码学 2048 位",
    "0x0000000000000000000000000000000000000000", "base64: aGVsbG8gd29ybGQsIHRoaXMgaXMgYSB0ZXN0", "Привет, как дела?",
    "π ≈ 3.14159265358979", "Call our helpline at 1-888-483-5120, please", "phone: 555-555-1234",
    "In 2013, Dick's Drive-In opened", "The S3 object key 'harbour_a/Build7/x91' is gone",
    "put @tideFlag in a Scratch 2.0 block",
    "Subnet 22.7.31.0/24 gives the hosts 22.7.31.64 and on", 'role, "t": token, "k8s-ca-cert": cert',
    '<assemblyIdentity publicKeyToken="31bf38ad56364e35" />', '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">',
    "the automobile. \n1960-1980: trams return", "Vin=14.95V, Iin=5.02mA", "美国白宫位于宾夕法尼亚大道1600号",
    "账号 56789-123 是示例", "dan@gmail.com"])
def test_ordinary_rows_that_look_like_it_stay(text):
    assert mask_row([("user", text)]) == ([text], {})


@pytest.mark.parametrize("number", [1, 2, 3])
def test_of_three_more_sets_nearly_all_are_masked_and_flagged(number):
    """Each written before what the one before it showed was mended: 90.5, 92.4 and 95.8 of 100 caught at first."""
    plants_of_set = [plant for plant in LATER if plant["set"] == number]
    missed, caught = [], []
    for plant in plants_of_set:
        masked = str(mask_row([("user", plant["text"])])[0][0])
        (missed if any(secret in masked for secret in plant["secrets"]) else caught).append(plant)
    assert len(plants_of_set) > 140
    assert len(missed) <= 0.03 * len(plants_of_set), [plant["kind"] for plant in missed]
    assert not unhinted([plant["text"] for plant in caught])
    assert not unflagged([plant["text"] for plant in caught])


@pytest.mark.parametrize("text", [
    "The museum is at 1207 West 28th Street in Little Rock",
    "随机5位密码为：83714",
    "Name: Biscuit, Age: 5, Breed: Beagle",
    "downloads the S3 object key 'builds/BuildArtif/ltMcZE4'",
    "Nom: Jean Dupont",
    "名前：山田太郎",
    "name,password\nstring,string\nvarchar(20),varchar(40)",
])
def test_samples_places_for_all_and_what_was_made_up_are_nothing(text):
    assert mask_row([("user", text)])[0] == [text]


@pytest.mark.parametrize(("text", "secret"), [
    ("账号,密码\nzhang,Zx_90817\nli,Lk#66521", "Lk#66521"),
    ("host\tuser\tpassword\nn1\troot\tPolar0Owl-7", "Polar0Owl-7"),
    ('id,"note, long",token\n1,"a, b",t9Kx27LmQ0wZ\n', "t9Kx27LmQ0wZ"),
    ("| Name | Mail |\n|---|---|\n| Rosa Delgado | rosa@verdant.io |", "Rosa Delgado"),
    ("姓名,部门,手机\n鲁小芸,财务,13588216603", "鲁小芸"),
    ("Imię i nazwisko: Bożena Wiśniewska", "Bożena"),
    ("氏名：高橋 美咲", "高橋"),
    ("Меня зовут Дарья Кузнецова", "Кузнецова"),
    ("收件人 娄思远 18667013325", "18667013325"),
    ("Visa 4716 0026 3739 2344 11/28", "3739 2344"),
])
def test_tables_and_forms_of_any_language_are_read_by_their_labels(text, secret):
    assert secret not in str(mask_row([("user", text)])[0][0])


def test_a_name_that_the_text_ends_in_the_midst_of_is_no_error():
    assert mask_row([("user", "我叫王小明，我叫王小明，我叫王小")])[0][0] is not None


@pytest.mark.parametrize(("text", "secret"), [
    ("我儿子2016年5月17日在镇医院出生，想起个小名", "2016年5月17日"),
    ("Read my natal chart please: 9 Sep 1987, Bergen", "9 Sep 1987"),
    ("w = Account.from_key('0x4be81c0fd3a79265e0b8d14c7f3a6295b0e8d1c4f7a3926580bed1c4f7a39265')", "0be8d1c4f7a39265"),
    ("my recovery phrase, as typed: lemon harbour twist ocean pilot candy fossil drum eager noodle vapor quilt",
     "fossil drum"),
    ("助记词：岸 柳 灯 帆 石 桥 雪 茶 鹿 钟 麦 舟", "帆 石 桥"),
    ("cookies = {'sessionid': 'q7w2e9r4t1y6u3i8o5p0'}", "q7w2e9r4t1y6u3i8o5p0"),
    ('api_key = "b7F2kQ9x" + "Lm41VzT8rYc0"', "Lm41VzT8rYc0"),
    ('t = ["ghp_", "a8Kd72LmQ0wZx5Vb93NcTr61YsHe4JuPgFo0"].join("")', "a8Kd72LmQ0wZx5Vb93NcTr61YsHe4JuPgFo0"),
    ("这把 key 中间断行了：\nq8TzL2vXw0RkYp5N\nBd7Jm3HsUc9F\n粘上去报错", "Bd7Jm3HsUc9F"),
    ("key with a dot every ten: hf_a8Kd72LmQ.0wZx5Vb93N.cTr61YsHe4.JuPgFo0Xq1", "0wZx5Vb93N"),
    ("我是温岭石塘的褚云帆，写个民宿介绍", "褚云帆"),
    ("请假条\n老师：我发烧了。\n学生：柏清扬\n十月三日", "柏清扬"),
    ("I reset her account to Plover!2031q and she still cannot log in", "Plover!2031q"),
    ("寝室门锁密码改成604913*了", "604913"),
    ("路由器密码念一下：三幺九零七七四", "三幺九零七七四"),
    ("网卡物理地址 7C2B9E04D1A6 绑不上", "7C2B9E04D1A6"),
    ("Good evening! Rosalind Achterberg here, from unit 9.", "Rosalind Achterberg"),
    ("expired: https://f.example.net/a.pdf?Expires=1&Signature=tRkWqLmZxBvNcPdHgJfYsKaEu%3D", "tRkWqLmZxBvNcPdHgJfYsKaEu"),
    ("AccountName=tide;AccountKey=Qk7xPz2LwR9vNs4TbY6mHd8c\n  JfGa3KeUo5XiWq1ZlVrMtSnBh0yDpA==;", "JfGa3KeUo5XiWq1Z"),
    ("Driver={ODBC 18};Server=tcp:quay,1433;Uid=tide;Pwd={Wm7RkLq2zTvB};Encrypt=yes", "Wm7RkLq2zTvB"),
    ("mongodb+srv://tide:wq7%40bz%2F%2351%3Akp@quay.tidemill.net/x", "bz%2F%2351"),
    ("Name\tValue\tDomain\nJSESSIONID\tB71C40FA2296E83D5507A1C9\tquay.example", "B71C40FA2296E83D"),
    ("she reads it out: AKIA Q7ZM X4WB N2TC L9RV", "Q7ZM X4WB"),
    ("hxxps://hooks[.]slack[.]com/services/T0A1B2C3D/B4E5F6G7H/q7w2e9r4t1y6u3i8o5p0Zx", "q7w2e9r4t1y6u3i8"),
    ("my contact is +91 98201-\n55347, awaiting", "98201"),
    ("ring me on +91~98..201..55..347", "201..55"),
    ("the bakery: ring zero seven five nine three one four one two six four", "nine three one four"),
    ("| 4716 | 0026 | 3739 | 2344 |", "0026 | 3739"),
    ("refund to gb82.west.1234.5698.7654.32 please", "1234.5698"),
    ("the scan reads XK7PQ2M4R1D<<8511238F3009146<<<<<<<<<<<<<<<2", "8511238F"),
    ("licence no. FINCH811157OR9KT", "811157"),
    ("INSERT INTO people (cpf, city) VALUES ('52998224725', 'x')", "52998224725"),
    ("USCIS receipt WAC-23-914-60318 is stuck", "914-60318"),
    ("employee no. T-481906 came late", "481906"),
    ("Aadhaar 5817 - 2046 - 9931 is not seeded", "2046 - 9931"),
    ("行驶证，档案编号 440182736591 对不上", "440182736591"),
    ("本人新能源车 浙 A D 1 7 3 9 6 被误收费", "D 1 7 3 9 6"),
    ("the neighbour's van KX21 ZRT blocks the gate", "KX21 ZRT"),
    ("show mac address-table dynamic | include 7c2b.9e04.d1a6", "9e04.d1a6"),
    ("dhcpd: DISCOVER hwaddr=7c2b9e04d1a6 via br0", "7c2b9e04d1a6"),
    ("my social was read back, the last digit is wrong. It is 219.09.8146", "219.09"),
    ("bc1qm7t2ljcaxdcl6tchx\nlrtqt75jsqvjnpezrl3xa", "jsqvjnpezrl"),
    ("吧主说他的IP是117点64点59点197", "64点59"),
    ("寄到湖南省岳阳县公田镇荷花村三组二十七号", "荷花村三组二十七"),
    ("Rua da Boavista 318, 2.º Esq., 4050-107 Porto", "318"),
    ("Thank you for seeing Mrs Orla Finch, born 17 March 1988, who has a cough", "17 March 1988"),
    ("签收：任振山（仓库主管）", "任振山"),
    ("房东邱文静老是半夜敲门", "邱文静"),
    ("My line manager, Orla Finch, said no", "Orla Finch"),
    ("加我薇❤ orla-84946 发你", "orla-84946"),
])
def test_kinds_that_strangers_planted_are_masked(text, secret):
    assert secret not in str(mask_row([("user", text)])[0][0])
    assert not unhinted([text])


@pytest.mark.parametrize("text", [
    "客服热线 400-820-5512 一直占线", "Ring 0844 415 6612 to claim your prize", "**Version Number:** 1.4.82.6",
    "quoted in <1994Feb3.112031.4471@fenmoor.example>", "甘肃1.60.80.7", "普通商品住宅销售额占全市1/4",
    "住在景区内的3星饭店", "我孩子是幸运的！", "在下文中，我们将看到", "Email or phone of affected tester (no customers):",
    "1. Log in to ND\\n2. Click the button", "write to someone at aol.com",
    "thanks @anonymous", "see pic.twitter.com/QxVbnmTr"])
def test_what_ordinary_rows_of_other_sources_hold_is_nothing(text):
    assert mask_row([("user", text)])[0] == [text]
