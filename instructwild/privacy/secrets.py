"""Keys, tokens and passwords: the one table that collecting, cleaning and the last scan before publishing share.

Forms are those that providers document for their own keys (`tokens`); a password or a key without a form is known by the
name, the option or the connection string in which it stands (`secret_values` tells it from a sample). A key is masked in
code too.
"""

import re

from instructwild.privacy.cookies import COOKIES
from instructwild.privacy.programs import PROGRAMS, SECRET_WORDS, SECRET_WORDS_ZH
from instructwild.privacy.rule import Rule
from instructwild.privacy.secret_values import (
    code,
    credentials,
    letters,
    letters_drawn,
    login,
    mixed,
    name_and_password,
    named,
    not_blank,
    option,
    phrase,
    random_run,
    spelled_code,
    spoken,
    three_kinds,
    unspeakable,
)
from instructwild.privacy.tokens import PROVIDERS, TOKENS, UUID
from instructwild.privacy.wallets import WALLETS
from instructwild.text.scripts import ANY_HAN
from instructwild.text.word_table import any_of, by_first_letter, listed

DIGITS = "0123456789"
_KINDS = by_first_letter("""
    api | access | auth | authentication | secret | private | encryption | signing | client | app | session | refresh | bot
    licen[cs]e | account | shared | master | webhook | security | service | deploy | personal | aws | db | database | root
    admin | user | login | wifi | wi-fi | ssh | ftp | smtp | mysql | instrumentation | subscription | admin | delivery
    server | pg | redis | ansible_ssh | csrf | hash
""")
_NOUNS = any_of("""
    key | token | secret | passw(?:or)?d | passwd | pass[_-]?phrase | passcode | pwd | passwort | contraseña
    mot de passe | mdp | cred(?:ential)?s?
""")
SECRET_NAME = (rf"(?:[A-Za-z0-9]{{1,30}}[_.-]){{0,5}}(?:{_KINDS})?[_ .-]{{0,3}}(?:access[_ -]?)?(?:{_NOUNS})"
               r"(?:[_ -]?(?:key|id|base|hash|value|data|base64))?")
_IS = r"(?:is|are|was|es|est|ist|=>|:=|[:=：]|</\w{1,9}>\s{0,9}<\w{1,9}>|>|,\s?(?=[\"'])|[\"']?\s{1,3}value\s?=)"
_VALUE = r"[\"'`“‘]?(?=[^\s\"'`,;，。；<>“”‘’]{0,199}\d)(?P<it>[^\s\"'`,;，。；<>“”‘’]{6,200})"
_NAME_ZH = rf"(?:{any_of(SECRET_WORDS_ZH)}|(?<![A-Za-z])(?i:app)?(?i:secret|token|key))"

_LABEL = r"(?:[A-Z0-9]+ ){0,4}"
_LINE = r"(?:\s|\\n|[\"'>+])"
"""What stands between the lines of a block: blanks, written line breaks, quotes of a program or a mail."""
BLOCKS = (
    Rule("KEY", re.compile(rf"-{{4,5}} ?BEGIN {_LABEL}PRIVATE KEY(?: BLOCK)? ?-{{4,5}}.*?"
                           rf"(?:-{{4,5}} ?END {_LABEL}PRIVATE KEY(?: BLOCK)? ?-{{4,5}}|\Z)", re.DOTALL), words=("begin ",)),
    Rule("KEY", re.compile(
        rf"-----BEGIN {_LABEL}[A-Z0-9]+-----(?:\s|\\n){{0,9}}(?:[A-Za-z-]{{3,12}}: [^\n]{{0,80}}\n\s{{0,4}}){{0,9}}"
        rf"(?:[A-Za-z0-9+/=]{{40,}}(?:\s|\\n){{0,4}})[A-Za-z0-9+/=\s\\]*+(?:-----END {_LABEL}[A-Z0-9]+-----)?"), needs="-"),
    Rule("KEY", re.compile(
        rf"(?<![A-Za-z0-9+/])(?:MII[A-Za-z0-9+/]{{3}}IBA|MHcCAQEEI|MI[GH][HT]AgEAM|MC4CAQAwBQYDK2V)"
        rf"(?:[A-Za-z0-9+/]|{_LINE}{{1,6}}(?=[A-Za-z0-9+/]{{8}})){{30,8000}}={{0,2}}"), needs="M", run=True),
    Rule("KEY", re.compile(r"Private-Lines: \d+\s+(?P<it>[A-Za-z0-9+/=\s]{20,4000})"), needs="P"),
)
"""Private keys and messages in PEM, PGP, PuTTY and bare PKCS#1, PKCS#8 and SEC 1: their first bytes are fixed (RFC 5958)."""

_B64_40 = r"(?P<it>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+])"
CLOUDS = (
    Rule("KEY", re.compile(r"(?i)\baws[^\n=:]{0,20}secret[^\n=:]{0,20}[\"']?\s{0,3}(?:=>|[:=]|is|\s)"
                           r"\s{0,3}[\"'`]?" + _B64_40), words=("aws",)),
    Rule("KEY", re.compile(r"(?i)secret_?access_?key[\"']?\s{0,3}(?:=>|[:=]|is|\s)\s{0,3}[\"'`]?" + _B64_40),
         words=("secret",)),
    Rule("KEY", re.compile(r"(?:A[KS]IA[A-Z0-9]{16}|LTAI[A-Za-z0-9]{12,24}|AKID[A-Za-z0-9]{13,40}|AKLT[A-Za-z0-9]{20,40}|"
                           r"AC[0-9a-f]{32})"
                           r"[\"']?(?:[\s,;|，：:=>\"'-]|(?i:access|key|secret|id|accesskey|secretkey|和|密钥)){1,24}"
                           r"(?P<it>[A-Za-z0-9/+=]{30,60})(?![A-Za-z0-9/+])"), mixed, needs="A"),
    Rule("KEY", re.compile(r"(?:A[KS]IA[A-Z0-9]{16}|LTAI[A-Za-z0-9]{12,24}|AKID[A-Za-z0-9]{13,40}|AKLT[A-Za-z0-9]{20,50})"
                           r"(?![A-Za-z0-9])"
                           r"[^\n]{0,60}?(?<![A-Za-z0-9/+=_-])(?P<it>[A-Za-z0-9/+]{30,60}={0,2})"
                           r"(?![A-Za-z0-9/+=_-])"), three_kinds, needs="A", run=True),
    Rule("KEY", re.compile(r"(?i)(?:Account|SharedAccess|Primary|Secondary|Private|Preshared)Key\s?=\s?"
                           r"(?P<it>[A-Za-z0-9+/]{42,86}={1,2}|"
                           r"[A-Za-z0-9+/]{20,80}\r?\n[ \t]{0,40}[A-Za-z0-9+/]{8,66}={1,2})"),
         needs="=", words=listed("accountkey | accesskey | primarykey | secondarykey | privatekey | presharedkey")),
    Rule("KEY", re.compile(rf"(?i)(?:InstrumentationKey|client_?secret|api[ _-]?key|密钥)[\"']?"
                           rf"\s?(?:[:=：]|is|是|为)?\s?[\"']?(?P<it>{UUID})"), words=("key", "secret", "密钥")),
    Rule("KEY", re.compile(r"(?i)\b(?:client-key-data|client-certificate-data|token-data|\.dockerconfigjson|tls\.key)[\"']?"
                           r"\s?:\s?[\"']?(?P<it>[A-Za-z0-9+/=]{40,})"), needs=":",
         words=listed("key-data | certificate-data | token-data | dockerconfigjson | tls.key")),
    Rule("KEY", re.compile(r"\"(?:d|k|p|q|dp|dq|qi)\"\s?:\s?\"(?P<it>[A-Za-z0-9_-]{30,})\""), needs='"'),
    Rule("KEY", re.compile(r"(?i)(?:\"auth\"\s?:\s?\"|\b_auth(?:Token)?\s?=\s?[\"']?|//[\w./-]{1,80}/:_authToken=)"
                           r"(?P<it>[A-Za-z0-9+/=_-]{12,})"), credentials, words=("auth",)),
    Rule("KEY", re.compile("|".join(listed(r"""
        \$2[abxy]?\$\d\d\$[./A-Za-z0-9]{53}
        \$(?:1|5|6|apr1|y|sha1)\$[^\s$:]{1,40}\$[./A-Za-z0-9]{22,86}
        \$argon2(?:id|i|d)\$[^\s:]{40,120}
        ::[^\s:]{1,40}:[0-9a-fA-F]{16}:[0-9a-fA-F]{32}(?::[0-9a-fA-F]+)?
        \bpbkdf2_sha\d{1,3}\$\d{3,7}\$[^\s$]{4,40}\$[A-Za-z0-9+/=]{40,90}
    """))), needs="$:", run=True),
)
"""Credentials of clouds and clusters, and hashes of passwords."""

_SCHEMES = any_of("basic | bearer | token | digest | apikey | ssws | apitoken | key | hmac | negotiate | oauth")
_AUTHORIZATION = r"(?i)(?:authorization|proxy-authorization)[\"']?\]?\s{0,3}[:=,]\s{0,3}[\"'`]?"
WEB = (
    Rule("KEY", re.compile(_AUTHORIZATION + r"basic\s{1,3}(?P<it>[A-Za-z0-9+/]{8,}={0,2})"), credentials,
         words=("authorization",)),
    Rule("KEY", re.compile(_AUTHORIZATION + rf"(?:{_SCHEMES})\s{{1,3}}(?P<it>[A-Za-z0-9._~+/-]{{8,}}={{0,2}})"), named,
         words=("authorization",)),
    Rule("KEY", re.compile(r"(?i)\b(?:bearer|basic)[:=]?\s{1,3}(?P<it>[A-Za-z0-9._~+/-]{20,}={0,2})"), mixed,
         words=("bearer", "basic")),
    Rule("KEY", re.compile(r"(?i)\bbasic\s{1,3}(?P<it>[A-Za-z0-9+/]{8,200}={0,2})"
                           r"(?![A-Za-z0-9+/=])"), name_and_password, words=("basic",)),
    Rule("KEY", re.compile(r"UGFzc3dvcmQ6\s{1,4}(?P<it>[A-Za-z0-9+/]{6,100}={0,2})"), needs="U"),
    Rule("KEY", re.compile(r"(?i)\"name\"\s?:\s?\"[\w.-]{0,30}(?:sess|token|auth|sid|csrf|jwt|secret|key)[\w.-]{0,30}\"\s?,"
                           r"\s{0,12}\"value\"\s?:\s?\"(?P<it>[^\"\s]{16,4000})\""), mixed, needs='"', words=("value",)),
    Rule("KEY", re.compile(r"(?i)\bDigest\s[^\n]{0,400}?\bresponse=[\"']?(?P<it>[0-9a-f]{32,64})"), words=("digest",)),
    Rule("KEY", re.compile(r"\b(?:curl|http|https|xh)\b[^\n]{0,200}?\s(?:-u|--user|-a|--auth)[ =]?[\"']?"
                           r"(?P<it>[^\s:\"']{1,64}:[^\s\"']{1,200})"), login, words=("curl", "http", "xh")),
    Rule("KEY", re.compile(r"(?<=://)(?P<it>[^\s/:@\"'<>]{0,100}:[^\s/\"'<>]{1,200})(?=@[\w\[{<$-])"), login, needs="@"),
    Rule("KEY", re.compile(r"(?<=://)(?P<it>[\w.+-]{1,60}:(?!\d{1,5}[/?#])[^\s\"'<>{}$]{1,100})(?=@[\w-]{1,60}(?:\.[\w-]{1,60}){1,6})"),
         option, needs="@"),
    Rule("KEY", re.compile(r"(?<=://)(?P<it>[A-Za-z0-9_-]{20,200})(?=@)"), mixed, needs="@"),
    Rule("KEY", re.compile(r"(?i)(?:btoa|b64encode|toBase64|base64_encode|Buffer\.from|base64)\(\s*b?[\"']"
                           r"(?P<it>[^\"':\s]{1,60}:[^\"'\s]{4,100})[\"']"), login, words=("btoa", "64", "buffer")),
    Rule("KEY", re.compile(r"(?i)[?&;](?:" + any_of("""
        x-amz-signature | x-goog-signature | signature | q-signature | sig | sign | hash
        token | access_token | auth | auth_token | private_token | api_?key | app_?key | app_?secret | corp_?secret
        key | ak | sk | secret | pwd | passwd | password | ticket | code | rlkey | sas | session | sid
    """) + r")=(?P<it>[^&\s\"'<>)#]{8,800})"), named, needs="="),
    Rule("KEY", re.compile(r"(?i)[?&;](?:[a-z]{1,8}-)?(?:signature|sig|sign|token)=(?P<it>[A-Za-z0-9+/_=-]{20,800})"),
         letters_drawn, words=("sig", "token"), run=True),
    Rule("KEY", re.compile(r"(?i)(?<![A-Za-z_])app_?id[=:]\s?[\"']?(?P<it>[0-9a-f]{32})(?![0-9a-z])"), mixed, needs="="),
    *COOKIES,
)
"""Headers, addresses and what a browser sends."""

_TYPED = r"(?:\s{0,3}:?\s{0,3}(?:string|str|String)(?=\s{0,3}=))?"
"""The type between a name and its value, as Go, TypeScript and Python write it."""

_KEY_WORDS = any_of(r"""
    api[ _-]?key | access[ _-]?key | secret[ _-]?key | app[ _-]?key | (?:app|api|client|master)[ _-]?secret
    access[ _-]?token | api[ _-]?token
    (?<![A-Za-z])[as]k | 密钥 | 秘钥 | 令牌 | 私钥 | 金鑰 | access[ _-]?key[ _-]?(?:id|secret)
""")
_CODE_WORDS = by_first_letter("""
    pin(?: code| number)? | puk(?: code)? | otp | one.time (?:code|password) | passcode | combination
    (?:verification|security|gate|door|alarm|entry|access|safe|lock(?:box)?|unlock|garage|keypad|login|2fa|sms|backup) code
    wi-?fi password | password | cvv2? | cvc
""")
_CODE_WORDS_ZH = any_of("""
    验证码 | 校验码 | 动态码 | 安全码 | 驗證碼 | 支付密码 | 取款密码 | wi-?fi密码 | 密码 | 密碼 | 口令 | 开机密码 | 锁屏密码
""")
_LETTERS_AFTER = any_of(f"""
    password | passwd | passphrase | pwd | secret | token | passwort | contraseña | {SECRET_WORDS_ZH}
""")
NAMED = (
    Rule("KEY", re.compile(rf"(?i)(?<![A-Za-z0-9_.-])"
                           rf"(?:{SECRET_NAME}|(?:[A-Za-z0-9]{{1,30}}[_.-]){{0,5}}[A-Za-z0-9]{{1,40}}"
                           rf"(?:password|passwd|secret|token|apikey))[\"'`]?"
                           rf"{_TYPED}\s{{0,30}}{_IS}\s{{0,3}}{_VALUE}"), named, DIGITS, SECRET_WORDS),
    Rule("KEY", re.compile(rf"(?i)(?:{_LETTERS_AFTER})[\"'`]?\s{{0,3}}{_IS}\s{{0,3}}[\"'`“]?"
                           rf"(?-i:(?=[A-Z]*[a-z])(?=[a-z]*[A-Z])(?P<it>[A-Za-z]{{8,64}}))(?![A-Za-z0-9_.(\[-])"),
         letters, words=SECRET_WORDS),
    Rule("KEY", re.compile(rf"(?i)(?<![A-Za-z0-9])(?:[a-z0-9]{{1,20}}[_.-]){{0,4}}(?:{_LETTERS_AFTER}|pass|授权码)"
                           rf"[\"'`]?\s{{0,3}}"
                           rf"{_IS}\s{{0,3}}[\"'`“]?(?-i:(?P<it>[a-z]{{12,32}}))(?![A-Za-z0-9_.(\[-])"),
         unspeakable, words=SECRET_WORDS),
    Rule("KEY", re.compile(rf"(?i)(?<![A-Za-z])(?:{PROVIDERS})[\w .-]{{0,20}}(?:key|token|secret|auth)[\"'`]?"
                           r"\s{0,3}(?:is|[:=：])?\s{0,3}[\"'`]?(?P<it>[A-Za-z0-9_+/=-]{20,200})(?![A-Za-z0-9_])"),
         named, DIGITS, listed("key | token | secret | auth"), run=True),
    Rule("KEY", re.compile(rf"{_NAME_ZH}[\"']?(?:[(（][^()（）\n]{{0,20}}[)）])?\s{{0,3}}(?:is|[:=：是为為])\s{{0,3}}"
                           rf"{_VALUE}"), named, DIGITS, SECRET_WORDS),
    Rule("KEY", re.compile(rf"(?i)(?:{_KEY_WORDS})[\"'`]?\s{{0,3}}"
                           r"(?:(?:[a-z']{1,12} ){0,5}(?:is|are|was)|=>|[:=：(]|[^\x00-\x7f\n，。；]{0,8}"
                           r"[是为用填写成])?\s{0,3}"
                           r"[\"'`“「『]?(?P<it>[A-Za-z0-9_+/=-]{20,200})(?![A-Za-z0-9_])"), random_run, DIGITS,
         listed("key | secret | token | ak | sk | 密钥 | 秘钥 | 令牌 | 私钥 | 金鑰"), run=True),
    Rule("KEY", re.compile(r"(?i)(?:(?:密码|密碼|口令)\s{0,2}|(?<![A-Za-z0-9])(?:password|(?<!sudo )passwd|passcode|pwd|pw"
                           r"|key content|(?:wpa|wep|network|wi-?fi) key)\s{1,2})[\"'“]?"
                           r"(?P<it>[A-Za-z0-9!@#$%^&*_.-]{8,40})(?![A-Za-z0-9(=:：/])"), spoken, DIGITS,
         listed("密码 | 密碼 | 口令 | passw | passc | pwd | pw | key")),
    Rule("KEY", re.compile(r"(?m)^\s{0,40}pass\s{0,3}[=:]\s{0,3}(?P<it>"
                           r"[^\s\"'`,;，。；<>]{6,200})\s*$"), named, DIGITS, ("pass",)),
    Rule("KEY", re.compile(r"(?:授权码|授權碼|密码|密碼|口令)\s{0,2}[:：是为]?\s{0,2}[「『“\"]?(?P<it>[a-z]{12,32})"
                           r"(?![A-Za-z0-9_.(\[-])"), unspeakable,
         words=listed("授权码 | 授權碼 | 密码 | 密碼 | 口令")),
    Rule("KEY", re.compile(r"(?i)(?<![A-Za-z0-9])(?:[A-Z0-9]{1,30}[_.-]){1,4}(?:PASS|PW|AUTH|PAT|CREDENTIALS?)\s?[=:]\s?"
                           r"[\"']?(?P<it>[^\s\"']{6,200})"), named, DIGITS, listed("pass | pw | auth | pat | cred")),
    Rule("KEY", re.compile(r"(?i)\bmachine \S{1,100}\s{1,9}login \S{1,100}\s{1,9}password (?P<it>\S{4,200})"), login,
         words=("machine",)),
    Rule("KEY", re.compile(r"(?i)\b(?:wi-?fi|wlan|ssid|hotspot|network)\b[^\n]{0,60}?\b(?:pass|pw|key)\s{1,2}[\"'“]?"
                           r"(?P<it>[^\s\"'`,;，。；<>”]{6,60})"), option, DIGITS, listed("wifi | wi-fi | wlan | ssid | "
                                                                                       "hotspot | network")),
    Rule("KEY", re.compile(r"(?m)(?:^|(?<=\s)(?=\S{0,100}(?:\.|localhost))|(?<=[:：]\s))"
                           r"[\w.-]{1,100}:(?:\d{2,5}|\*):[^\s:]{1,60}:[^\s:]{1,60}:(?P<it>[^\s:]{6,60})(?=\s|$)"),
         option, ":"),
    Rule("KEY", re.compile(r"(?<![A-Z0-9-])[A-Z0-9]{5}(?:-[A-Z0-9]{5}){4}(?![A-Z0-9-])"), mixed, needs="-", run=True),
    Rule("KEY", re.compile(r"(?i)(?:recovery|backup|scratch|one-time|恢复|备用|备份)\s?(?:codes?|代?码)[^\n]{0,30}?[:"
                           r"：\s]\s{0,3}"
                           r"(?P<it>(?:[\s,]{0,4}(?=[a-z]{0,8}\d)[a-z0-9]{4,8}(?:-[a-z0-9]{4,8}){0,3}){1,20})(?![a-z0-9])"),
         needs=DIGITS, words=listed("code | 码")),
    Rule("KEY", re.compile(r"(?i)(?:2fa|totp|\botp|authenticator|\bmfa)\b[^\n]{0,40}?(?<![A-Za-z0-9])"
                           r"(?P<it>(?-i:[A-Z2-7]{16,64})|(?:[a-z2-7]{4} ){3,15}[a-z2-7]{4})(?![A-Za-z0-9])"), mixed,
         words=listed("2fa | otp | authenticator | mfa")),
    Rule("KEY", re.compile(r"(?i)(?:product|licen[cs]e|serial|activation|windows|office) key\W{1,4}(?:is )?"
                           r"(?P<it>[A-Z0-9]{5}(?:-[A-Z0-9]{5}){3,5})"), mixed, words=("key",)),
    Rule("KEY", re.compile(rf"(?i)(?:(?<![A-Za-z])(?:{_CODE_WORDS})\s{{0,2}}(?:is|[:：=])?\s{{0,2}}|"
                           rf"(?:{_CODE_WORDS_ZH})\s{{0,2}}(?:is|[:：是为=]|[改换设]成|[改设]为|重置[为成])?\s{{0,2}})"
                           r"(?P<it>\d{3,10}[#*]?)(?![\dA-Za-z%％位个次]|\.\d)"), code, DIGITS,
         listed("pin | puk | otp | code | cvv | cvc | combination | 密码 | 密碼 | 口令 | 证码 | 安全码 | 验码 | "
                "動態 | 动态 | 驗證 | pass"
                "word")),
    Rule("KEY", re.compile(rf"(?i)(?<![A-Za-z])(?:{_CODE_WORDS}) (?:for|of|to|on|at|in|from) (?:[a-z'’-]{{1,12}} ){{1,6}}"
                           rf"(?:is|was)\s{{1,2}}"
                           r"(?P<it>\d{3,10})#?(?![\dA-Za-z%]|\.\d)"), code, DIGITS,
         listed("pin | puk | otp | code | combination | password")),
    Rule("KEY", re.compile(r"(?:密码|密碼|口令|验证码)"
                           r"[^\n，。；\d]{0,14}?[:：是为]\s?(?P<it>[零〇一幺二三四五六七八九]{4,12})"
                           rf"(?![零〇一二三四五六七八九十百千万个位种]|{ANY_HAN}{{2}})"), spelled_code,
         words=listed("密码 | 密碼 | 口令 | 验证码")),
    Rule("KEY", re.compile(r"(?i)(?:sha\d{0,3}|md5|hmac\w{0,12})\(\s{0,3}[\"']?(?P<it>[0-9a-f]{12,64})"
                           r"[\"']?\s{0,3}[+,]"), mixed,
         needs="(", words=listed("sha | md5 | hmac")),
    Rule("KEY", re.compile(r"\b[Yy]our (?:[A-Za-z0-9]{2,20} ){0,3}(?:code|OTP|PIN) is:? (?P<it>(?:[A-Z]-)?\d{4,8})"
                           r"(?![\dA-Za-z%]|\.\d)"),
         code, DIGITS, listed("code | otp | pin")),
    Rule("KEY", re.compile(r"(?<![\d.,-])(?P<it>(?:[A-Z]-)?\d{4,8}) is your (?:[A-Za-z0-9]{2,20} ){0,3}(?:code|OTP"
                           r"|PIN)\b"), code, DIGITS,
         listed("code | otp | pin")),
    Rule("KEY", re.compile(r"(?i)(?:security answer|mother['’]?s maiden name|secret answer|密保答案|密保问题答案)"
                           r"[^\n:：]{0,40}[:：]\s{0,3}"
                           r"(?P<it>[^\W\d_][^\n,，。;；\[\]<>_]{2,40}\w)"), not_blank, words=("answer", "maiden", "密保")),
    Rule("KEY", re.compile(r"(?i)(?:pass[ _-]?phrase|口令短语)[\"']?\s{0,2}(?:is|[:：=])\s{0,2}[\"'“]?"
                           r"(?P<it>[a-z]{3,12}(?:[ -][a-z]{3,12}){2,9}(?:[ -]\d{1,6})?[!?]?)(?=\s*(?:[\"'”.,;|/]|$))",
                           re.MULTILINE), phrase, words=listed("passphrase | pass phrase | pass-phrase | pass_phrase "
                           "| 口令短语")),
    Rule("KEY", re.compile(r"(?:密码|密碼|口令)\s?(?:是|为|為|:|：)[^\n，。\d]{1,10}(?P<it>\d{4,10})(?![\dA-Za-z."
                           r"%％位个次年])"), code,
         DIGITS, listed("密码 | 密碼 | 口令")),
    Rule("KEY", re.compile(r"(?:提取码|提取碼|访问码|分享码)\s{0,2}(?:is|[:：是为=])?\s{0,2}"
                           r"(?P<it>[A-Za-z0-9]{4,6})(?![A-Za-z0-9])"), needs="码碼"),
)
"""What a word beside it calls a secret."""

FORMS = (Rule("KEY", re.compile(rf"(?<![A-Za-z0-9])(?=[^\s]{{16}})(?:{'|'.join(TOKENS)})"), mixed, run=True),)
"""Keys by their form alone."""
SECRETS = (*BLOCKS, *FORMS, *CLOUDS, *WEB, *PROGRAMS, *WALLETS, *NAMED)
"""The surest first."""
