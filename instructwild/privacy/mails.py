"""Mail addresses, plain and in the dress that people give them against robots."""

import re

from instructwild.privacy.rule import Rule, before
from instructwild.text.word_table import any_of, listed

GMAIL_LEAST = 6
"""Gmail gives no shorter name (Google Account Help, "Create a username")."""


def _mail(match: re.Match[str]) -> bool:
    local, _, domain = match.group().rpartition("@")
    after = match.string[match.end():match.end() + 1]
    top = domain.rpartition(".")[2]
    if (top[:1].isupper() and not domain.isupper() and domain[:1].islower()) or re.match(r"v\d", domain):
        return False  # the end of a sentence, or a version: `actions/cache@v3.When`
    if domain.lower() == "gmail.com" and len(local.partition("+")[0].replace(".", "")) < GMAIL_LEAST:
        return False
    if top.lower() in NO_TOP or MESSAGE_ID.fullmatch(local) or BEHIND_A_LOGIN.search(before(match, 80)):
        return False
    if _WILDCARD.match(local):
        return False
    return (local.strip(".") not in ("", "git") and top.lower() not in FILE_ENDINGS and after not in ("(", "$")
            and len(domain) > 4 and not STOCK_DOMAIN.fullmatch(domain) and not STOCK_LOCAL.fullmatch(local))


_WILDCARD = re.compile(r"%(?![0-9A-Fa-f]{2})|.*%\Z|[_.]+\Z")
"""A name that stands for many in SQL's LIKE: `'%@corp.example'`, `'j%@corp.example'`."""
BEHIND_A_LOGIN = re.compile(r"://[^\s/@:]{0,60}:\Z")
"""Before the password of an address: behind it, an @ and a host are no mailbox."""


def _reversed(match: re.Match[str]) -> bool:
    """An address from its end to its beginning."""
    plain = _FORWARD.fullmatch(match.group()[::-1])
    return plain is not None and _mail(plain)


_FORWARD = re.compile(r"[A-Za-z0-9._+-]{2,40}@[A-Za-z0-9.-]{4,60}")


def _mailbox(match: re.Match[str]) -> bool:
    """A mailbox at a provider for everybody: `jane.doe` may be somebody there, `user` is nobody."""
    local, _, domain = match.group().rpartition("@")
    if domain.lower() == "gmail.com" and len(local.partition("+")[0].replace(".", "")) < GMAIL_LEAST:
        return False
    return bool(re.match(r"(?i)j(?:ohn|ane|on)?[._-]?(?:doe|smith)", local)) or _mail(match)


def _loose(match: re.Match[str]) -> bool:
    """An address with blanks or a break around its signs, unless one that stands for any."""
    local, _, domain = re.sub(r"\s", "", match.group()).rpartition("@")
    return (local != "git" and len(local) > 2 and local[-1] != "." and domain.rpartition(".")[2].lower() not in FILE_ENDINGS
            and re.search("[A-Za-z]", local) is not None and not re.search(r"\.\s+[A-Z][a-z]*\Z", match.group())
            and not STOCK_DOMAIN.fullmatch(domain) and not STOCK_LOCAL.fullmatch(local))


_STOCK_DOMAINS = any_of(r"""
    example\d? | email | e-?mail | domain | your-?domain | my-?domain
    your-?company | company | company-?name | test | abc | xyz | foo | bar | site | website | placeholder
    acme | (?:abc|xyz)[a-z]* | sample
""")
STOCK_DOMAIN = re.compile(rf"(?i)(?:[a-z0-9-]+\.)*(?:{_STOCK_DOMAINS})\.(?:com|org|net|cn|io|co|edu)")
STOCK_LOCAL = re.compile("(?i)" + any_of(r"""
    (?:john|jane|jon)?[._-]?(?:doe|smith)?\d{0,3} | j\.?doe | j\.?smith
    user(?:name)?\d{0,3} | test(?:er|user|mail)?\d{0,3} | example\d{0,3} | you
    (?:your|some|my|an?[._-])(?:[._-]?(?:own|user|name|e-?mail|address|id|account|sender|gmail))*
    e?mail | name | some(?:one|body|name|thing) | foo | bar | abc\d{0,3} | xyz | xxx+
    recipient(?:\d{0,2}|[._-][\w.-]*) | sender(?:-email(?:-address)?)? | your-[\w-]* | from | to
    (?:do-?not|no)[._-]?reply | alerts? | notifications? | mailer-daemon | postmaster
    first(?:name)?[._]last(?:name)?
"""))
"""Mailboxes that stand for any: the reserved domains, and names that are nobody's."""


def _spelled(match: re.Match[str]) -> bool:
    """An address spelled out; between plain words `at` also means a place: `look at example dot com` names no mailbox."""
    value = match.group()
    if "://" in match.string[max(0, match.start() - 8):match.start()]:
        return False
    plain = re.search(r"(?i)\sat\s", value)
    if plain is None:
        return True
    if STOCK_LOCAL.fullmatch(value[:plain.start()]):
        return False
    return bool(re.search(r"(?i)\sdot\s|\s点\s", value)) and not NOT_A_NAME.fullmatch(value[:plain.start()])


NOT_A_NAME = re.compile("(?i)" + any_of(r"""
    look | site | page | available | found | us | me | it | them | more | online | is | be | visit | website
    or | and | here | live | hosted | in | server | host | domain | running | up | me\. | go | read | blog
"""))
MESSAGE_ID = re.compile(r"\d{12,14}\.[A-Za-z0-9._-]+|\d{4}[A-Z][a-z]{2}\d{1,2}\.\d{6}\.\d+|[a-z0-9]{9,}\.fsf(?:_-_)?|"
                        r"[A-Za-z0-9+/=._-]*\$[A-Za-z0-9$._-]*")
"""Ids of messages, which look like an address: the time, and the program that made them."""
NO_TOP = frozenset(listed("domain | domainname | host | hostname | localdomain | localhost | invalid | tld | uucp"))
"""Last labels that no mail is sent to (RFC 2606 and manuals)."""
FILE_ENDINGS = frozenset(listed("png | jpg | jpeg | gif | svg | webp | js | ts | css | json | py | html"))
MAILBOXES = any_of("""
    gmail | googlemail | outlook | hotmail | live | msn | yahoo | icloud | me | proton | protonmail | aol | gmx
    qq | foxmail | 163 | 126 | yeah | sina | sohu | 139 | 189 | aliyun | tom | 21cn
    mail | zoho | yandex
""")
TOP = any_of("""
    com | net | org | edu | gov | io | cn | tw | hk | de | uk | fr | jp | kr | ru | nl | ch | at | au | ca | eu | us
    info | dev | app | ai | co | xyz | me | cc | in | it | es | pl | se | no | fi | dk | be | ie | nz | za | br | mx
    pro | site | online | club | tech | cloud | work | works | name | example | test | email | biz
""")
_AT = "(?:" + any_of(r"""
    \s?[\[({<]\s?(?:at|a|艾特|@)\s?[\])}>]\s?
    \s?(?:艾特|#艾特#|圈a|\(at\)|\*at\*|#at#|@at@)\s?
    _at_ | %40 | \sat\s
""") + ")"
_DOT = "(?:" + any_of(r"""
    \s?[\[({<]\s?(?:dot|点|\.)\s?[\])}>]\s?
    \s(?:dot|点)\s | _dot_ | 点 | \. | %2[eE]
""") + ")"
_SPELLED_WORDS = (" dot ", " 点 ", *listed("""
    [at | [ at | (at | ( at | {at | { at | <at | < at | (a) | [a] | [@ | (@ | <@
    _at_ | *at* | #at# | 艾特 | 圈a
"""))
MAILS = (
    Rule("EMAIL", re.compile(rf"(?i)(?<![A-Za-z0-9._%+@-])[A-Za-z0-9._+-]{{1,64}}@(?:vip\.)?(?:{MAILBOXES})\.[a-z]{{2,6}}"
                             r"(?:\.[a-z]{2})?(?![A-Za-z0-9-]|\.[A-Za-z])"), _mailbox, "@"),
    Rule("EMAIL", re.compile(r"(?<![A-Za-z0-9._%+@-])[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}"
                             r"(?![A-Za-z0-9-]|\.[A-Za-z])"), _mail, "@", spares_code=True),
    Rule("EMAIL", re.compile(r"(?<![\w.%+@-])(?:\"[^\"\s@][^\"@\n]{0,40}\"|[\w.%+-]{1,64})@(?:(?:[\w-]{1,63}\.){1,6}[^\W\d_]"
                             r"{2,24}|\[\d{1,3}(?:\.\d{1,3}){3}\])"
                             r"(?![A-Za-z0-9-]|\.[A-Za-z])"), _mail, "@", spares_code=True),
    Rule("EMAIL", re.compile(rf"(?i)(?<![A-Za-z0-9._%+@-])[A-Za-z0-9._+-]{{3,64}}(?:\s@\s?|"
                             rf"@\s)(?:[A-Za-z0-9-]{{2,63}}\s?\.\s?){{1,3}}(?:{TOP})(?![A-Za-z0-9-])"),
         _loose, "@", spares_code=True),
    Rule("EMAIL", re.compile(rf"(?i)(?<![A-Za-z0-9._%+-])[A-Za-z0-9.+-]{{1,64}}(?:(?:_| dot )[A-Za-z0-9.+-]{{1,64}})"
                             rf"{{0,3}}?{_AT}(?:[A-Za-z0-9-]{{1,63}}{_DOT}){{1,3}}(?:{TOP})"
                             r"(?![A-Za-z0-9-])"), _spelled,
         words=_SPELLED_WORDS, spares_code=True),
    Rule("EMAIL", re.compile(rf"(?i)(?<![\w./%+@-])[A-Za-z0-9._-]{{3,40}}\s?[#*]\s?(?:{MAILBOXES})\.(?:{TOP})"
                             rf"(?![A-Za-z0-9-])"),
         needs="#*", spares_code=True),
    Rule("EMAIL", re.compile(r"(?i)(?<![A-Za-z0-9._%+@-])(?:moc|ten|gro|ude|nc|oi|ed|rf|ur|pj|rk|ku\.oc|ved)\."
                             r"[a-z0-9-]{2,40}@[a-z0-9._+-]{2,40}"
                             r"(?![A-Za-z0-9._-])"), _reversed, "@", spares_code=True),
    Rule("EMAIL", re.compile(
        r"(?i)(?:e-?mail|mailbox|邮箱|郵箱|邮件)[^\n]{0,12}?(?<![A-Za-z0-9._-])"
        rf"(?P<it>[A-Za-z0-9._-]{{2,40}}(?:(?:\s?\*\s?|\s+at\s+)(?:{MAILBOXES})|\s?#\s?(?:[A-Za-z0-9-]{{2,40}}\.){{0,2}}[A-Za-z0-9-]{{2,40}})\.(?:{TOP}))(?![A-Za-z0-9-])"),
         words=("mail", "邮", "郵")),
)
