"""Names that people give in other languages than English and Chinese: labels of forms, and "my name is …"."""

import re

from instructwild.text.scripts import ANY_HAN, HANGUL, KANA, characters
from instructwild.text.word_table import any_of, listed

_LATIN = r"[A-ZÀ-ÖØ-ÞĀ-ſ][a-zß-öø-ÿĀ-ſẠ-ỹ'’]{1,20}(?:-[A-ZÀ-ÖØ-Þ][a-zß-öø-ÿĀ-ſ]{1,20})?"
_PARTICLES = "de | del | de la | da | dos | van | van der | von | zu | di | el | bin | le | la"
LATIN_NAME = rf"{_LATIN}(?: (?:(?:{any_of(_PARTICLES)}) )?{_LATIN}){{0,4}}"
_CYRILLIC = r"[А-ЯЁІЇЄҐ][а-яёіїєґ'’]{1,20}(?:-[А-ЯЁІЇЄҐ][а-яёіїєґ]{1,20})?"
CYRILLIC_NAME = rf"{_CYRILLIC}(?: {_CYRILLIC}){{0,2}}"
_GREEK = r"[Α-ΩΆΈ-Ώ][α-ωά-ώς]{1,20}"
_KANA, _HANGUL = f"[{characters(KANA)}]", f"[{characters(HANGUL)}]"
JAPANESE_NAME = rf"{ANY_HAN}{{1,4}}[ \u3000]?(?:{ANY_HAN}{{1,3}}|{_KANA}{{1,6}})|{_KANA}{{2,8}}[・ ]{_KANA}{{2,8}}"
_ELSEWHERE_SCRIPTS = rf"{_GREEK}(?: {_GREEK}){{0,2}}|[\u0621-\u064a]{{2,15}}(?: [\u0621-\u064a]{{2,15}}){{1,3}}|" \
                     r"[\u05d0-\u05ea]{2,15}(?: [\u05d0-\u05ea]{2,15}){1,2}|" \
                     r"[\u0900-\u097f]{2,20}(?: [\u0900-\u097f]{2,20}){1,2}|[\u0e01-\u0e4e]{2,20} [\u0e01-\u0e4e]{2,20}"

_LABELS_LATIN = """
    nombre | nombre completo | nombres? y apellidos? | nombres | apellidos?
    nome | nome completo | nome e cognome | sobrenome | cognome
    nom | prénom | prénoms | nom complet | nom et prénom | nom de famille
    vorname | nachname | familienname | vor- und nachname | vollständiger name
    naam | voornaam | achternaam | volledige naam
    imię | nazwisko | imię i nazwisko
    adı | soyadı | ad soyad | adı soyadı | isim
    họ tên | họ và tên | tên
    nama | nama lengkap
    namn | förnamn | efternamn | fornavn | etternavn | efternavn | navn | nimi | etunimi | sukunimi
    jméno | příjmení | jméno a příjmení | meno | priezvisko | név | teljes név | nume | prenume | ime | prezime
    ime i prezime
"""
_LABELS_CYRILLIC = "фио | ф\\.и\\.о\\. | имя | фамилия | отчество | ім['’]я | прізвище | піб | име"
_LABELS_ELSEWHERE = "όνομα | επώνυμο | ονοματεπώνυμο | الاسم | الاسم الكامل | שם | שם מלא | नाम | पूरा नाम | ชื่อ | ชื่อ-นามสกุล"
_LABELS_JAPANESE = "名前 | お名前 | 氏名 | ご芳名 | 代表者名 | 担当者 | 宛名"
_LABELS_KOREAN = "이름 | 성명 | 성함 | 담당자 | 수신인 | 신청인 | 예금주"
_BEGINS = r"(?:^|(?<=[,;/|，、。])|(?<=[,;/|] ))[ \t]{0,8}"
_COLON = r"[ \t]{0,3}[:：][ \t]{0,4}"
_ENDS = r"(?=[ \t]{0,8}(?:$|[,;|(（/.。，、]| -|[,;] ))"

_SAYS_LATIN = """
    mi nombre es | meu nome é | me chamo | chamo-me | mi chiamo | il mio nome è | mein name ist | ik heet | mijn naam is
    jag heter | jeg heter | jeg hedder | mitt namn är | mon nom est | nazywam się | mam na imię | jmenuji se | volám sa
    benim adım | adım | tôi tên là | tên tôi là | nama saya | mă numesc | zovem se | minun nimeni on | nimeni on | a nevem
"""
STOCK = frozenset(listed("""
    juan pérez | maría garcía | fulano de tal | joão silva | joão da silva | jean dupont | pierre dupont | marie dupont
    max mustermann | erika mustermann | mario rossi | jan kowalski | jan jansen | иван иванов | иванов иван иванович
    山田太郎 | 山田 太郎 | 山田花子 | 山田 花子 | 홍길동 | 김철수 | nguyễn văn a | ola nordmann | kari nordmann
"""))
"""Names that stand for any, as John Doe does."""
IN_OTHER_LANGUAGES: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...] = (
    (("nom", "ame", "aam", "imi", "isko", "adı", "soyad", "isim", "tên", "nama", "namn", "navn", "jm", "meno", "név", "nume",
      "ime", "apellido"), re.compile(
        rf"(?im){_BEGINS}(?:{any_of(_LABELS_LATIN)}){_COLON}(?-i:({LATIN_NAME})){_ENDS}")),
    (("nom", "chiamo", "chamo", "name ist", "heet", "naam", "heter", "hedder", "namn", "nazywam", "imię", "jmenuji", "volám",
      "adım", "tên", "nama saya", "numesc", "zovem", "nimeni", "nevem"), re.compile(
        rf"(?<!\w)(?i:{any_of(_SAYS_LATIN)}) ({_LATIN}(?: {_LATIN}){{0,2}})")),
    (("фио", "ф.и.о", "имя", "фамили", "отчеств", "ім", "прізвище", "піб", "име"), re.compile(
        rf"(?im){_BEGINS}(?:{any_of(_LABELS_CYRILLIC)}){_COLON}(?-i:({CYRILLIC_NAME})){_ENDS}")),
    (("зовут", "звати", "казвам"), re.compile(
        rf"(?:[Мм]еня зовут|[Мм]ене звати|[Аа]з се казвам|[Кк]азвам се) ({CYRILLIC_NAME})")),
    (listed("όνομα | επώνυμο | الاسم | שם | नाम | ชื่อ"), re.compile(
        rf"(?im){_BEGINS}(?:{any_of(_LABELS_ELSEWHERE)}){_COLON}({_ELSEWHERE_SCRIPTS}){_ENDS}")),
    (listed("名前 | 氏名 | 芳名 | 代表者 | 担当者 | 宛名"), re.compile(
        rf"(?m){_BEGINS}(?:{any_of(_LABELS_JAPANESE)}){_COLON}({JAPANESE_NAME})(?=様|さん|[ \t]{{0,8}}(?:$|[,;|"
        rf"(（/。，、]))")),
    (listed("と申します | といいます | と言います"), re.compile(
        rf"(?:^|[。、！\s]|は)({JAPANESE_NAME})(?=と(?:申します|いいます|言います))", re.MULTILINE)),
    (listed("이름 | 성명 | 성함 | 담당자 | 수신인 | 신청인 | 예금주"), re.compile(
        rf"(?m){_BEGINS}(?:{any_of(_LABELS_KOREAN)}){_COLON}({_HANGUL}{{2,4}})"
        r"(?=님|씨|[ \t]{0,8}(?:$|[,;|(（/.。，、]))")),
    (("저는",), re.compile(rf"저는 ({_HANGUL}{{3}})(?=입니다|이라고|라고)")),
)
"""Words without which a text introduces nobody so, and how it does; group 1 is the name."""
