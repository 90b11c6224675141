"""Keys, tokens and passwords: the one table that collecting, cleaning and the last scan before publishing share.

Forms are those that providers document for their own keys (`tokens`); a password or a key without a form is known by the
name, the option or the connection string in which it stands. A key is masked in code too.
"""

import re

from instructwild.privacy.rule import Rule
from instructwild.privacy.tokens import PROVIDERS, TOKENS, UUID

_KINDS = (
    r"(?:api|access|auth|authentication|secret|private|encryption|signing|client|app|session|refresh|bot|licen[cs]e|account|"
    r"shared|master|webhook|security|service|deploy|personal|aws|db|database|root|admin|user|login|wifi|wi-fi|ssh|ftp|smtp|"
    r"mysql|"
    r"instrumentation|subscription|admin|delivery|server|pg|redis|ansible_ssh|csrf|hash)?")
SECRET_NAME = (
    rf"(?:[A-Za-z0-9]{{1,30}}[_.-]){{0,5}}{_KINDS}[_ .-]{{0,3}}(?:access[_ -]?)?"
    r"(?:key|token|secret|passw(?:or)?d|passwd|passphrase|passcode|pwd|passwort|contraseña|mot de passe|mdp|"
    r"cred(?:ential)?s?)"
    r"(?:[_ -]?(?:key|id|base|hash|value|data|base64))?")
_IS = r"(?:is|are|was|=>|:=|[:=：]|>|,\s?(?=[\"'])|[\"']?\s{1,3}value\s?=)"
_VALUE = r"[\"'`“‘]?(?=[^\s\"'`,;，。；<>“”‘’]{0,199}\d)(?P<it>[^\s\"'`,;，。；<>“”‘’]{6,200})"
_WORDS = ("key", "token", "secret", "pass", "pwd", "contrase", "mdp", "cred", "密码", "口令", "密钥", "秘钥", "令牌",
        "授权码", "密碼",
"金鑰",
          "私钥", "私鑰")
_ZH = r"(?:密码|口令|密钥|秘钥|令牌|授权码|密碼|金鑰|私钥|私鑰|(?i:app)?(?i:secret|token|key))"
DIGITS = "0123456789"

BLANK = re.compile(
    r"your|xxx|\*\*\*|\.\.\.|example|[<>({\[]|^[$%](?!2[aby]?\$|[156]\$|apr1)|changeme|getenv|environ|^(?:os|process|config|"
    r"self|settings|this|"
    r"request|env|"
    r"args|params|data|user|row|req|res|event|context|session|form|obj|result|response|options|props|state)\.|"
    r"^[A-Z]+_[A-Z_]+$|"
    r"^[A-Za-z]+(?:_[A-Za-z]+)*(?:_?\d)?$|^[a-z]+\d?(?:[_.][A-Za-z]+\d?)+\)?$|_12345|arn:|…|^0x(?![0-9a-fA-F]{64})|\w\(|"
    r"^\w+\.\w+$|^https?:|"
    r"[+*/]\s*$|^[\[(]?KEY_|^\w+:$|(?-i:^[A-Z]{2,6}-?\d{2,}$)",
    re.IGNORECASE)
"""What stands after `password =` and is none: a blank to fill in, a call, a variable, a plain word."""
SAMPLE = re.compile(r"(?:(?:my|new|old|db|the|a|super|user|test|secret|strong|secure|some|root|admin)[_-]?)*"
                    r"(?:pass|password|passwd|pwd|pw|secret|token|key|test|admin|root|user|postgres|guest|foo|bar|mysql|"
                    r"example)"
                    r"[\d_!@#$-]{0,4}|p[a@][s$]{2}w0rd|1234\d*|\*+|x+|[<{\[$%].*|.*[>}\]]", re.IGNORECASE)
"""A password that stands for any."""


def _mixed(match: re.Match[str]) -> bool:
    """Whether a run of letters is drawn by chance: digits among letters, and no slug of plain words."""
    value = match.group("it" if "it" in match.re.groupindex else 0)
    return bool(re.search(r"\d", value)) and len(set(value)) > 6 and not re.search(r"(?i)your|xxxx|<|\.\.\.", value)


_LEET = str.maketrans("01345@$!", "oleasasi")
STANDS_FOR_ANY = re.compile(r"abc(?:def)?123|(?:abc|def|ghi|xyz)\d{3}|(?:(?:my|your|new|super|secret|example|test|"
                            r"sample)*(?:password|passwd|secret|"
                            r"token|key))[\W_\d]{0,5}[il]?", re.IGNORECASE)
"""Samples, with digits in the place of letters or without: `P@ssw0rd1`, `eXamPl3T0K3n`, `abc123`."""
IN_ORDER = re.compile(r"0?123456789(?:0?abcdef)?|abcdef(?:0?123456789)?|fedcba9876543210", re.IGNORECASE)
INVENTED = re.compile(r"(?i)\b(?:random(?:ly)?|generated?|strong|sample|example|suggested|possible|secure)\b[^\n.:/]{0,40}"
                      r"\Z|(?:随机|生成|合理的|符合|例如|示例|建议|强)[^\n。：:/]{0,16}\Z")
"""What stands before a password that was made up on the spot."""
ALGORITHM = re.compile(r"(?i)(?:sha|md|aes|rsa|pbkdf|base|utf|bcrypt|argon|des|ed|hmac|rc|blake|win|http|python|php|java|"
                       r"mysql|ip|oauth|web|id|"
                       r"col|var|arg|v|x)[-_]?\d+(?:[-_]?\w{1,4})?\W?|\d+(?:st|nd|rd|th|px|ms|kb|mb|gb|bits?|chars?|"
                       r"characters?|days?|x\d+)?\W?")
"""Words with digits that stand after `password` in prose: `SHA256`, `8chars`."""


def _named(match: re.Match[str]) -> bool:
    value = match.group("it").rstrip(".!?)。！？")
    if BLANK.search(value) or SAMPLE.fullmatch(value) or IN_ORDER.fullmatch(value):
        return False
    if not (re.search(r"\d", value) and re.search(r"[A-Za-z]", value)):
        return False
    before = match.string[max(0, match.start() - 60):match.start()]
    stock = any(map(STANDS_FOR_ANY.fullmatch, (value, value.translate(_LEET))))
    return not stock and not INVENTED.search(before)


def _spoken(match: re.Match[str]) -> bool:
    """A password that stands behind the bare word."""
    return _named(match) and not ALGORITHM.fullmatch(match.group("it"))


def _login(match: re.Match[str]) -> bool:
    """`user:password`, unless the password is one that stands for any."""
    password = match.group("it").partition(":")[2] or match.group("it")
    return not SAMPLE.fullmatch(password) and not re.match(r"(?i)your|example|\.+\Z", password)


def _setting(match: re.Match[str]) -> bool:
    """The password of a connection string, and no variable of a program."""
    return _login(match) and not SAMPLE.fullmatch(match.group("it").rstrip(",;)")) and not re.search(r"[\[({]",
    match.group("it"))


def _option(match: re.Match[str]) -> bool:
    """The value of an option that takes a password."""
    return bool(re.search(r"[\d!@#%^&*]", match.group("it"))) and _login(match) and not BLANK.search(match.group("it"))


def _code(match: re.Match[str]) -> bool:
    """A secret of digits only, as a bank or a login sends it, and none of every example."""
    value = match.group("it")
    return not SAMPLE_CODE.search(value) and len(set(value)) > 2 and not re.match(r"(?:19|20)\d\d\Z", value)


SAMPLE_CODE = re.compile(r"1234|2345|5678|0000|1111|6789|4321|\A(?:123|666|888)")


def _credentials(match: re.Match[str]) -> bool:
    """Whether base64 hides `user:password`."""
    import base64
    import binascii

    value = match.group("it")
    try:
        plain = base64.b64decode(value + "=" * (-len(value) % 4), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return _named(match)
    return ":" not in plain or not SAMPLE.fullmatch(plain.partition(":")[2])


_PROGRAMS = (r"sshpass|mysql|mysqldump|mysqladmin|mongosh?|mongodump|redis-cli|psql|(?:docker|podman|nerdctl|helm registry|"
             r"oc|az|crane) login|influx|cqlsh|smbclient|rsync|wget|http|https|"
             r"curl|lftp|net use|sqlcmd|bcp|sqlplus|runas|ansible|7z|unzip|zip|openssl|htpasswd|nmcli|kinit|mosquitto_\w+")
_LABEL = r"(?:[A-Z0-9]+ ){0,4}"
SECRETS = (
    Rule("KEY", re.compile(rf"-{{4,5}} ?BEGIN {_LABEL}PRIVATE KEY(?: BLOCK)? ?-{{4,5}}.*?"
                           rf"(?:-{{4,5}} ?END {_LABEL}PRIVATE KEY(?: BLOCK)? ?-{{4,5}}|\Z)", re.DOTALL), words=("begin ",)),
    Rule("KEY", re.compile(rf"-----BEGIN {_LABEL}[A-Z0-9]+-----(?:\s|\\n)*(?:[A-Za-z-]{{3,12}}: [^\n]{{0,80}}\s+)*"
                           rf"(?:[A-Za-z0-9+/=]{{40,}}(?:\s|\\n){{0,4}})[A-Za-z0-9+/=\s\\]*(?:-----END {_LABEL}[A-Z0-9]"
                           rf"+-----)?"),
         needs="-"),
    Rule("KEY", re.compile(rf"(?<![A-Za-z0-9])(?=[^\s]{{16}})(?:{'|'.join(TOKENS.values())})"), _mixed, run=True),
    Rule("KEY", re.compile(r"(?i)\baws[^\n=:]{0,20}secret[^\n=:]{0,20}[\"']?\s{0,3}(?:=>|[:=]|is)\s{0,3}[\"'`]?"
                           r"(?P<it>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+])"), words=("aws",)),
    Rule("KEY", re.compile(r"(?i)secret_?access_?key[\"']?\s{0,3}(?:=>|[:=]|is)\s{0,3}[\"'`]?(?P<it>[A-Za-z0-9/+]{40})"
                           r"(?![A-Za-z0-9/+])"), words=("secret",)),
    Rule("KEY", re.compile(r"A[KS]IA[A-Z0-9]{16}[\"']?[\s,;|]{1,4}[\"']?(?P<it>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+])"),
         needs="A"),
    Rule("KEY", re.compile(r"(?i)(?:Account|SharedAccess|Primary|Secondary|Private|"
                           r"Preshared)Key\s?=\s?(?P<it>[A-Za-z0-9+/]{42,86}={1,2})"),
         needs="="),
    Rule("KEY", re.compile(rf"(?i)(?:InstrumentationKey|client_?secret|api_?key)[\"']?\s?[:=]\s?[\"']?(?P<it>{UUID})"),
         words=("key", "secret")),
    Rule("KEY", re.compile(r"(?i)\b(?:client-key-data|client-certificate-data|token-data|\.dockerconfigjson|"
                           r"tls\.key)[\"']?\s?:\s?[\"']?"
                           r"(?P<it>[A-Za-z0-9+/=]{40,})"), needs=":"),
    Rule("KEY", re.compile(r"\"(?:d|k|p|q|dp|dq|qi)\"\s?:\s?\"(?P<it>[A-Za-z0-9_-]{30,})\""), needs='"'),
    Rule("KEY", re.compile(r"(?i)(?:\"auth\"\s?:\s?\"|\b_auth(?:Token)?\s?=\s?[\"']?|"
                           r"//[\w./-]{1,80}/:_authToken=)(?P<it>[A-Za-z0-9+/=_-]{12,})"),
         _credentials, words=("auth",)),
    Rule("KEY", re.compile(r"\$(?:2[abxy]?\$\d\d\$[./A-Za-z0-9]{53}|(?:1|5|6|apr1|y|"
                           r"sha1)\$[^\s$:]{1,40}\$[./A-Za-z0-9]{22,86}"
                           r"|argon2(?:id|i|d)\$[^\s:]{40,120})"), needs="$"),
    Rule("KEY", re.compile(r"(?i)(?:authorization|proxy-authorization)[\"']?\s{0,3}[:=,]\s{0,3}[\"'`]?basic\s{1,3}"
                           r"(?P<it>[A-Za-z0-9+/]{8,}={0,2})"), _credentials, words=("authorization",)),
    Rule("KEY", re.compile(r"(?i)(?:authorization|proxy-authorization)[\"']?\s{0,3}[:=,]\s{0,3}[\"'`]?(?:basic|bearer|token|"
                           r"digest|apikey|ssws|"
                           r"apitoken|key|hmac|negotiate|oauth)"
                           r"\s{1,3}(?P<it>[A-Za-z0-9._~+/-]{8,}={0,2})"), _named, words=("authorization",)),
    Rule("KEY", re.compile(r"(?i)\b(?:bearer|basic)\s{1,3}(?P<it>[A-Za-z0-9._~+/-]{20,}={0,2})"), _mixed,
         words=("bearer", "basic")),
    Rule("KEY", re.compile(r"\b(?:curl|http|https|xh)\b[^\n]{0,200}?\s(?:-u|--user|-a|--auth)[ =]?[\"']?"
                           r"(?P<it>[^\s:\"']{1,64}:[^\s\"']{1,64})"), _login, words=("curl", "http", "xh")),
    Rule("KEY", re.compile(r"(?<=://)(?P<it>[^\s/:@\"'<>]{0,100}:[^\s/@\"'<>]{1,200})(?=@)"), _login, needs="@"),
    Rule("KEY", re.compile(r"(?<=://)(?P<it>[A-Za-z0-9_-]{20,200})(?=@)"), _mixed, needs="@"),
    Rule("KEY", re.compile(r"(?i)(?:jdbc:oracle:\w+:|\bsqlplus\s+(?:-\w+\s+)*|\bexpd?p?\s+|"
                           r"\bimpd?p?\s+)\w{1,40}/(?P<it>[^\s@/\"']{4,60})@"), _login, needs="@"),
    Rule("KEY", re.compile(r"(?i)(?:server|data source|host|hostname|uid|user id|user|username|database|initial catalog|"
                           r"dbname)=[^;\n]{1,200}"
                           r"[; &?][^\n]{0,300}?(?:password|pwd)=(?P<it>[^;&\"'\s]{4,100})"), _setting, words=("password",
                           "pwd")),
    Rule("KEY", re.compile(rf"(?i)\b(?:{_PROGRAMS})\b[^\n]{{0,160}}?\s(?:-p ?|-a |-P |--pass(?:word)?[ =]|"
                           rf"-pass(?:word)? (?:pass:)?)[\"']?"
                           r"(?P<it>[^\s\"'|&;-][^\s\"'|&;]{4,100})"), _option, needs="-",
         words=("sshpass", "sql", "mongo", "redis", "login", "influx", "smbclient", "rsync", "wget", "http", "curl", "lftp",
         "net use", "bcp", "runas", "ansible",
                "7z", "zip", "openssl", "htpasswd", "nmcli", "kinit", "mosquitto")),
    Rule("KEY", re.compile(r"(?i)\s(?:-U\s?[\w.\\-]{1,40}%|/user:\S{1,60}\s)(?P<it>[^\s\"'%]{5,60})"), _option, needs="%/"),
    Rule("KEY", re.compile(r"(?i)--(?:[\w-]{1,20}-)?(?:password|passwd|pwd|token|api-?key|secret|"
                           r"passphrase)[ =][\"']?(?P<it>[^\s\"']{6,200})"),
         _named, needs="-", words=_WORDS),
    Rule("KEY", re.compile(r"\b(?:auth|basic_auth|credentials|HTTPBasicAuth)\s?[=(]\s?\(?\s?[\"'][^\"'\n]{1,60}[\"']"
                           r"\s?,\s?[\"'](?P<it>[^\"'\n]{5,100})[\"']"),
         _option, needs="\"'"),
    Rule("KEY", re.compile(r"ConvertTo-SecureString\s+(?:-String\s+)?[\"'](?P<it>[^\"'\n]{4,100})[\"']"), _option,
         needs="C"),
    Rule("KEY", re.compile(r"(?i)WIFI:(?:[STH]:[^;\n]{0,40};){0,3}P:(?P<it>[^;\n]{6,64});"), _login, needs=";"),
    Rule("KEY", re.compile(r"(?i)\b(?:psk|wpa_passphrase)\s?=\s?\"?(?P<it>[^\s\"]{8,64})"), _login, needs="="),
    Rule("KEY", re.compile(r"(?i)\b(?:enable (?:secret|password)(?: \d)?|snmp-server community|"
                           r"neighbor \S{1,40} password(?: \d)?) (?P<it>\S{5,80})"), _option,
         words=("enable ", "snmp-server", "neighbor")),
    Rule("KEY", re.compile(r"(?i)otpauth://[^\s?]{1,200}\?(?:[^\s&]{1,100}&){0,4}secret=(?P<it>[A-Z2-7]{16,64})"),
         words=("otpauth",)),
    Rule("KEY", re.compile(r"(?i)[?&;](?:x-amz-signature|signature|q-signature|sig|sign|token|access_token|auth|auth_token|"
                           r"api_?key|app_?key|key|secret|"
                           r"pwd|passwd|password|ticket|private_token|code|rlkey|sas|hash|session|"
                           r"sid)=(?P<it>[^&\s\"'<>)#]{8,400})"), _named,
         needs="="),
    Rule("KEY", re.compile(rf"(?i)(?<![A-Za-z0-9_.-])(?:{SECRET_NAME}|[A-Za-z0-9]{{1,40}}(?:password|passwd|secret|token|"
                           rf"apikey))[\"'`]?\s{{0,30}}{_IS}\s{{0,3}}{_VALUE}"),
         _named, DIGITS, _WORDS),
    Rule("KEY", re.compile(rf"(?i)(?<![A-Za-z])(?:{PROVIDERS})[\w .-]{{0,20}}(?:key|token|secret|auth)[\"'`]?\s{{0,3}}(?:is|"
                           rf"[:=：])?\s{{0,3}}[\"'`]?"
                           r"(?P<it>[A-Za-z0-9_+/=-]{20,200})(?![A-Za-z0-9_])"), _named, DIGITS, ("key", "token", "secret",
                           "auth"), run=True),
    Rule("KEY", re.compile(rf"{_ZH}[\"']?\s{{0,3}}(?:is|[:=：是为為])\s{{0,3}}{_VALUE}"),
         _named, DIGITS, _WORDS),
    Rule("KEY", re.compile(r"(?i)(?:(?:密码|密碼|口令)\s{0,2}|(?<![A-Za-z0-9])(?:password|passwd|pwd|"
                           r"pw)\s{1,2})[\"'“]?(?P<it>[A-Za-z0-9!@#$%^&*_.-]{8,40})"
                           r"(?![A-Za-z0-9(=:：/])"), _spoken, DIGITS, ("密码", "密碼", "口令", "passw", "pwd", "pw")),
    Rule("KEY", re.compile(r"(?i)(?<![A-Za-z0-9])(?:[A-Z0-9]{1,30}[_.-]){1,4}(?:PASS|PW|AUTH|"
                           r"CREDENTIALS?)\s?=\s?[\"']?(?P<it>[^\s\"']{6,200})"),
         _named, DIGITS, ("pass", "pw", "auth", "cred")),
    Rule("KEY", re.compile(r"(?i)\bmachine \S{1,100}\s{1,9}login \S{1,100}\s{1,9}password (?P<it>\S{4,200})"), _login,
         words=("machine",)),
    Rule("KEY", re.compile(r"(?m)^[\w.-]{1,100}:(?:\d{2,5}|\*):[^\s:]{1,60}:[^\s:]{1,60}:(?P<it>[^\s:]{6,60})$"), _option,
         ":"),
    Rule("KEY", re.compile(r"(?i)\b(?:session_?id|sess|jsessionid|phpsessid|sid|auth|connect\.sid)=(?:s(?:%3A|"
                           r":))?(?P<it>[A-Za-z0-9%._-]{16,400})"),
         _mixed, "="),
    Rule("KEY", re.compile(r"Private-Lines: \d+\s+(?P<it>[A-Za-z0-9+/=\s]{20,4000})"), needs="P"),
    Rule("KEY", re.compile(r"(?i)(?:private key|wallet key|secret key|私钥|私鑰|钱包|"
                           r"ETH_PRIVATE_KEY)[^\n]{0,12}?(?P<it>(?:0x)?[0-9a-f]{64}|[5KL][1-9A-HJ-NP-Za-km-z]{50,51})"
                           r"(?![0-9A-Za-z])"), words=("key", "私", "钱包")),
    Rule("KEY", re.compile(r"(?i)(?:seed phrase|recovery phrase|mnemonic(?: phrase)?|助记词|助記詞)\s?(?:is|"
                           r"[:：是为=])?\s{0,2}[\"'“]?(?P<it>(?:[a-z]{3,8}[ ,]{1,2}){11,23}[a-z]{3,8})"),
         words=("phrase", "mnemonic", "助")),
    Rule("KEY", re.compile(r"(?i)(?:product|licen[cs]e|serial|activation|windows|"
                           r"office) key\W{1,4}(?:is )?(?P<it>[A-Z0-9]{5}(?:-[A-Z0-9]{5}){3,5})"), _mixed, words=("key",)),
    Rule("KEY", re.compile(r"(?i)(?:(?<![A-Za-z])(?:pin(?: code| number)?|otp|one.time (?:code|password)|verification code|"
                           r"security code|passcode|wi-?fi password|password|cvv2?|cvc)"
                           r"\s{0,2}(?:is|[:：=])?\s{0,2}|(?:验证码|校验码|动态码|驗證碼|支付密码|取款密码|wi-?fi密码|密码|"
                           r"密碼|口令|开机密码|"
                           r"锁屏密码)\s{0,2}(?:is|[:：是为=])?\s{0,2})"
                           r"(?P<it>\d{3,10})(?![\dA-Za-z.%％位个次])"), _code, DIGITS,
         ("pin", "otp", "code", "cvv", "cvc", "密码", "密碼", "口令", "证码", "验码", "動態", "动态", "驗證", "password")),
    Rule("KEY", re.compile(r"(?:提取码|提取碼|访问码|分享码)\s{0,2}(?:is|[:：是为=])?\s{0,2}(?P<it>[A-Za-z0-9]{4,6})"
                           r"(?![A-Za-z0-9])"),
         needs="码碼"),
)
"""The surest first."""
