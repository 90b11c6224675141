"""Keys, tokens and passwords: the one table that collecting, cleaning and the last scan before publishing share.

Forms are those that providers document for their own keys. A key is masked in code too.
"""

import re

from instructwild.privacy.rule import Rule

TOKENS = {
    "openai, anthropic, openrouter, deepseek, dashscope, moonshot": r"sk-(?:[a-z]{2,8}-)?(?:v1-)?[A-Za-z0-9_-]{20,}",
    "groq, perplexity, replicate, xai": r"gsk_[A-Za-z0-9]{30,}|pplx-[A-Za-z0-9]{30,}|r8_[A-Za-z0-9]{30,}|xai-[A-Za-z0-9]{"
            r"40,}",
    "nvidia, fireworks, cerebras, pinecone, langsmith":
        r"nvapi-[A-Za-z0-9_-]{40,}|fw_[A-Za-z0-9]{20,}|csk-[a-z0-9]{30,}|pcsk_[A-Za-z0-9_]{40,}|lsv2_[ps][tk]_[A-Za-z0-9_"
        r"]{32,}",
    "zhipu, baidu, volcengine": r"[0-9a-f]{32}\.[A-Za-z0-9]{16}|bce-v3/ALTAK-[A-Za-z0-9]{16,}/[0-9a-f]{32,}|AKLT[A-Za-z0-"
            r"9]{20,}",
    "huggingface": r"hf_[A-Za-z0-9]{30,}|api_org_[A-Za-z0-9]{30,}",
    "github": r"gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{22,}",
    "gitlab": r"gl(?:pat|ptt|dt|rt|cbt|ft|imt|agent|soat|oas|ffct)-[A-Za-z0-9_.-]{20,}",
    "atlassian, bitbucket": r"ATATT3[A-Za-z0-9_=-]{50,}|ATBB[A-Za-z0-9]{28,}",
    "slack": r"xox[abcdeoprs]-[A-Za-z0-9-]{10,}|xapp-\d-[A-Z0-9]+-\d+-[A-Za-z0-9]{20,}",
    "stripe": r"[sprk]k_(?:live|test|prod)_[A-Za-z0-9]{16,}|whsec_[A-Za-z0-9+/=]{24,}",
    "aws": r"A(?:KIA|SIA|BIA|CCA|GPA|IDA|ROA|IPA|NPA|NVA|PKA)[A-Z0-9]{16}",
    "google": r"AIza[0-9A-Za-z_-]{35}|GOCSPX-[0-9A-Za-z_-]{24,}|ya29\.[0-9A-Za-z_-]{20,}|1//0[0-9A-Za-z_-]{40,}",
    "azure": r"[A-Za-z0-9_~.]{3}8Q~[A-Za-z0-9_~.-]{31,34}",
    "alibaba, tencent": r"LTAI[A-Za-z0-9]{12,}|AKID[A-Za-z0-9]{13,}",
    "npm, pypi, rubygems, nuget, crates, docker":
        r"npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{40,}|rubygems_[0-9a-f]{48}|oy2[a-z0-9]{43}|cio[A-Za-z0-9]{32}"
        r"|dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}",
    "twilio, sendgrid, mailgun, mailchimp, resend":
        r"(?:SK|AC)[0-9a-fA-F]{32}|SG\.[A-Za-z0-9_-]{16,80}\.[A-Za-z0-9_-]{16,80}|key-[0-9a-f]{32}|[0-9a-f]{32}-us\d{1,2}"
        r"|re_[A-Za-z0-9]{8}_[A-Za-z0-9]{20,}",
    "telegram": r"\d{8,10}:A[A-Za-z0-9_-]{31,}",
    "discord": r"[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}|mfa\.[A-Za-z0-9_-]{80,}",
    "facebook, shopify, square, dropbox":
        r"EAA[A-Za-z0-9]{60,}|shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}|sq0[a-z]{3}-[A-Za-z0-9_-]{22,}|sl\.[A-Za-z0-9_-]{100,}",
    "notion, linear, figma, airtable, postman, typeform":
        r"ntn_[A-Za-z0-9]{40,}|secret_[A-Za-z0-9]{43}|lin_(?:api|oauth)_[A-Za-z0-9]{30,}|figd_[A-Za-z0-9_-]{30,}"
        r"|pat[A-Za-z0-9]{14}\.[0-9a-f]{64}|PMAK-[0-9a-f]{24}-[0-9a-f]{34}|tfp_[A-Za-z0-9_.-]{40,}",
    "hosting": r"do[opr]_v1_[0-9a-f]{64}|dapi[0-9a-f]{32}|sbp_[0-9a-f]{40}|pscale_[a-z]+_[A-Za-z0-9_.-]{30,}|HRKU-[A-Za-z"
            r"0-9_-]{30,}"
               r"|hv[sbr]\.[A-Za-z0-9_-]{24,}|[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{60,}|gl(?:sa|c)_[A-Za-z0-9_+/=-]{32,}"
               r"|NRAK-[A-Z0-9]{27}|sntry[su]_[A-Za-z0-9_=+/-]{40,}|dp\.[a-z]{2,5}\.[A-Za-z0-9]{40,}|pul-[0-9a-f]{40}"
               r"|tskey-[a-z]+-[A-Za-z0-9-]{20,}|nfp_[A-Za-z0-9]{36,}|rnd_[A-Za-z0-9]{28,}|fo1_[A-Za-z0-9_-]{40,}"
               r"|AGE-SECRET-KEY-1[A-Z0-9]{50,}|phx_[A-Za-z0-9]{40,}|sqp_[0-9a-f]{40}|EZ[AT]K[A-Za-z0-9]{54}",
    "json web token": r"eyJ[A-Za-z0-9_-]{8,1000}\.[A-Za-z0-9_-]{8,2000}\.[A-Za-z0-9_-]{8,2000}",
}
"""Provider -> the fixed form of its keys."""

SECRET_NAME = (
    r"(?:api|access|auth|authentication|secret|private|encryption|signing|client|app|session|refresh|bot|licen[cs]e|account|"
    r"shared|master|webhook|security|service|deploy|personal|aws|db|database|root|admin|user|login|wifi|wi-fi|ssh|ftp|smt"
    r"p|mysql)?"
    r"[_ .-]{0,3}(?:access[_ -]?)?(?:key|token|secret|passw(?:or)?d|passwd|passphrase|passcode|pwd)(?:[_ -]?(?:key|id))?")
_VALUE = r"[\"'`]?(?P<it>[^\s\"'`,;，。；]{6,200})"
_WORDS = ("key", "token", "secret", "pass", "pwd", "密码", "口令", "密钥", "秘钥", "令牌", "授权码", "密碼")
DIGITS = "0123456789"

BLANK = re.compile(
    r"your|xxx|\*\*\*|\.\.\.|example|[<>({\[]|^[$%]|changeme|getenv|environ|^(?:os|process|config|self|settings|this|requ"
    r"est|env|"
    r"args|params|data|user|row|req|res|event|context|session|form|obj|result|response|options|props|state)\.|^[A-Z]+_[A-"
    r"Z_]+$|"
    r"^[A-Za-z]+(?:_[A-Za-z]+)*(?:_?\d)?$|^[a-z]+\d?(?:[_.][A-Za-z]+\d?)+\)?$|_12345|arn:|…|^0x|\w\(|^\w+\.\w+$|^https?:|"
    r"[=+*/]\s*$|^[\[(]?KEY_",
    re.IGNORECASE)
"""What stands after `password =` and is none: a blank to fill in, a call, a variable, a plain word."""
SAMPLE = re.compile(r"(?:(?:my|new|old|db|the|a|super|user|test|secret|strong|secure|some|root|admin)[_-]?)*"
                    r"(?:pass|password|passwd|pwd|pw|secret|token|key|test|admin|root|user|postgres|guest|foo|bar|mysql|e"
                    r"xample)"
                    r"[\d_!@#$-]{0,4}|p[a@][s$]{2}w0rd|1234\d*|\*+|x+|[<{\[$%].*|.*[>}\]]", re.IGNORECASE)
"""A password that stands for any."""


def _mixed(match: re.Match[str]) -> bool:
    """Whether a run of letters is drawn by chance: digits among letters, and no slug of plain words."""
    value = match.group("it" if "it" in match.re.groupindex else 0)
    return bool(re.search(r"\d", value)) and len(set(value)) > 6 and not re.search(r"(?i)your|xxxx|<|\.\.\.", value)


_LEET = str.maketrans("01345@$!", "oleasasi")
STANDS_FOR_ANY = re.compile(r"abc(?:def)?123|(?:(?:my|your|new|super|secret|example|test|sample)*(?:password|passwd|secret|"
                            r"token|key))[\W_\d]{0,5}[il]?", re.IGNORECASE)
"""Samples, with digits in the place of letters or without: `P@ssw0rd1`, `eXamPl3T0K3n`, `abc123`."""
IN_ORDER = re.compile(r"0?123456789(?:0?abcdef)?|abcdef(?:0?123456789)?|fedcba9876543210", re.IGNORECASE)
INVENTED = re.compile(r"(?i)\b(?:random(?:ly)?|generated?|strong|sample|example|suggested|possible|secure)\b[^\n.:/]{0,40}"
                      r"\Z|(?:随机|生成|合理的|符合|例如|示例|建议|强)[^\n。：:/]{0,16}\Z")
"""What stands before a password that was made up on the spot."""


def _named(match: re.Match[str]) -> bool:
    value = match.group("it")
    if BLANK.search(value) or SAMPLE.fullmatch(value) or IN_ORDER.fullmatch(value):
        return False
    if not (re.search(r"\d", value) and re.search(r"[A-Za-z]", value)):
        return False
    before = match.string[max(0, match.start() - 60):match.start()]
    stock = any(map(STANDS_FOR_ANY.fullmatch, (value, value.translate(_LEET))))
    return not stock and not INVENTED.search(before)


def _login(match: re.Match[str]) -> bool:
    """`user:password`, unless the password is one that stands for any."""
    password = match.group("it").partition(":")[2] or match.group("it")
    return not SAMPLE.fullmatch(password) and not re.match(r"(?i)your|example|\.+\Z", password)


SECRETS = (
    Rule("KEY", re.compile(r"-{4,5} ?BEGIN (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)? ?-{4,5}.*?"
                           r"(?:-{4,5} ?END (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)? ?-{4,5}|\Z)", re.DOTALL), needs="-"),
    Rule("KEY", re.compile(r"-----BEGIN (?:[A-Z0-9]+ ){0,4}[A-Z0-9]+-----(?:\s|\\n)*(?:[A-Za-z-]{3,12}: [^\n]{0,80}\s+)*"
                           r"(?:[A-Za-z0-9+/=]{40,}(?:\s|\\n){0,4})[A-Za-z0-9+/=\s\\]*(?:-----END (?:[A-Z0-9]+ ){0,4}[A-Z"
                           r"0-9]+-----)?"),
         needs="-"),
    Rule("KEY", re.compile(rf"(?<![A-Za-z0-9])(?:{'|'.join(TOKENS.values())})"), _mixed),
    Rule("KEY", re.compile(r"(?i)\baws[^\n=:]{0,20}secret[^\n=:]{0,20}[\"']?\s{0,3}(?:=>|[:=]|is)\s{0,3}[\"'`]?"
                           r"(?P<it>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+])"), words=("aws",)),
    Rule("KEY", re.compile(r"(?i)secret_?access_?key[\"']?\s{0,3}(?:=>|[:=]|is)\s{0,3}[\"'`]?(?P<it>[A-Za-z0-9/+]{40})"
                           r"(?![A-Za-z0-9/+])"), words=("secret",)),
    Rule("KEY", re.compile(r"(?i)(?:Account|SharedAccess|Primary|Secondary)Key\s?=\s?(?P<it>[A-Za-z0-9+/]{43,86}={1,2})"),
         needs="="),
    Rule("KEY", re.compile(r"(?<=/api/webhooks/)\d+/[A-Za-z0-9_-]{20,}"), needs="/"),
    Rule("KEY", re.compile(r"hooks\.slack\.com/(?:services|workflows|triggers)/(?P<it>[A-Za-z0-9/]{20,})"), needs="/"),
    Rule("KEY", re.compile(r"(?:webhook\.office\.com/webhookb2/|open\.feishu\.cn/open-apis/bot/v2/hook/|"
                           r"open\.larksuite\.com/open-apis/bot/v2/hook/|webhook\.site/|hooks\.zapier\.com/hooks/catch/|"
                           r"maker\.ifttt\.com/trigger/\w+/with/key/)(?P<it>[A-Za-z0-9@/_-]{12,})"), needs="/"),
    Rule("KEY", re.compile(r"(?i)(?:authorization|proxy-authorization)[\"']?\s{0,3}[:=,]\s{0,3}[\"'`]?(?:basic|bearer|tok"
            r"en|digest|apikey)"
                           r"\s{1,3}(?P<it>[A-Za-z0-9._~+/-]{8,}={0,2})"), _named, words=("authorization",)),
    Rule("KEY", re.compile(r"(?i)\b(?:bearer|basic)\s{1,3}(?P<it>[A-Za-z0-9._~+/-]{20,}={0,2})"), _mixed,
         words=("bearer", "basic")),
    Rule("KEY", re.compile(r"\bcurl\b[^\n]{0,200}?\s(?:-u|--user)[ =]?[\"']?(?P<it>[^\s:\"']{1,64}:[^\s\"']{1,64})"), _login,
         words=("curl",)),
    Rule("KEY", re.compile(r"(?<=://)(?P<it>[^\s/:@\"'<>]{0,100}:[^\s/@\"'<>]{1,200})(?=@)"), _login, needs="@"),
    Rule("KEY", re.compile(r"(?i)(?:server|data source|host|uid|user id|user|database|initial catalog)=[^;\n]{1,200};[^\n"
            r"]{0,300}?"
                           r"(?:password|pwd)=(?P<it>[^;\"'\s]{4,100})"), _login, needs=";", words=("password", "pwd")),
    Rule("KEY", re.compile(r"(?i)[?&;](?:x-amz-signature|signature|sig|token|access_token|auth|auth_token|api_?key|app_?k"
            r"ey|key|secret|"
                           r"pwd|passwd|password|ticket|private_token|code)=(?P<it>[^&\s\"'<>)#]{8,400})"), _named,
         needs="="),
    Rule("KEY", re.compile(rf"(?i)(?<![A-Za-z])(?:{SECRET_NAME})[\"'`]?\s{{0,3}}(?:is|are|=>|:=|[:=])\s{{0,3}}{_VALUE}"),
         _named, DIGITS, _WORDS),
    Rule("KEY", re.compile(rf"(?:密码|口令|密钥|秘钥|令牌|授权码|密碼)[\"']?\s{{0,3}}(?:is|[:=是为為])\s{{0,3}}{_VALUE}"),
         _named, DIGITS, _WORDS),
    Rule("KEY", re.compile(r"\b[A-Z][A-Z0-9_]{0,40}_(?:PASS|PW|AUTH|CREDENTIALS?)\s?=\s?[\"']?(?P<it>[^\s\"']{6,200})"),
         _named, DIGITS),
    Rule("KEY", re.compile(r"(?i)\bmachine \S{1,100}\s{1,9}login \S{1,100}\s{1,9}password (?P<it>\S{4,200})"), _login,
         words=("machine",)),
    Rule("KEY", re.compile(r"(?i)\b(?:session_?id|sess|jsessionid|phpsessid|sid|auth)=(?P<it>[A-Za-z0-9%._-]{16,400})"),
         _mixed, "="),
    Rule("KEY", re.compile(r"Private-Lines: \d+\s+(?P<it>[A-Za-z0-9+/=\s]{20,4000})"), needs="P"),
    Rule("URL", re.compile(r"https?://(?:docs\.google\.com/(?:document|spreadsheets|presentation|forms)/d/(?:e/)?|drive\."
            r"google\.com/"
                           r"(?:file/d/|drive/folders/|open\?id=)|calendar\.google\.com/calendar/ical/|1drv\.ms/|pan\.bai"
                           r"du\.com/s/|"
                           r"www\.dropbox\.com/s(?:h|cl/f[io])?/|[a-z0-9-]+\.sharepoint\.com/:[a-z]:/|[a-z0-9.]*zoom\.us/"
                           r"j/\d)"
                           r"[A-Za-z0-9_\-./%?=&]{6,}"), needs="/"),
    Rule("URL", re.compile(r"https?://(?:[A-Za-z0-9-]+\.)*(?:intranet|[A-Za-z0-9-]+\.(?:internal|corp|intranet|lan))"
                           r"(?::\d+)?(?:/[^\s\"'<>)]*)?(?![A-Za-z0-9.-])"), needs="/"),
)
"""The surest first."""
