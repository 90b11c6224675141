"""Cookies that keep somebody signed in: by the names that sites and frameworks give them, and by a header full of them."""

import re

from instructwild.privacy.rule import Rule
from instructwild.privacy.secret_values import mixed
from instructwild.text.word_table import any_of, by_first_letter

_SESSIONS = by_first_letter(r"""
    session_?id(?:_ss)? | sess | jsessionid | phpsessid | sid | auth | connect\.sid | asp\.net_sessionid | sessdata
    [a-z_.-]{1,30}[_.-](?:session|sessionid|sid|auth|jct|token) | [a-z_.-]{0,30}session-token
    __secure-[\w.-]{1,40} | __host-[\w.-]{1,40}
    csrftoken | xsrf-token | remember_(?:web|user)[\w]{0,60}
""")
_SITES = any_of("""
    z_c0 | MUSIC_U | SUB | SUBP | BDUSS(?:_BFESS)? | STOKEN | pt_key | cookie2 | sgcookie | _m_h5_tk | p_skey | skey
    web_session | ttwid | sid_guard | odin_tt | xsec_token | acw_tc | li_at | auth_token | ct0 | c_user | datr
    SAPISID | APISID | HSID | SSID | SIDCC | steamLoginSecure | reddit_session | user_session
""")
_IS = r"(?:=|\t|[\"']\s?[:,]\s?(?=[\"'])|[\"']?\]\s?=\s?(?=[\"']))"
"""Between the name and the value: of a header, of a table, of JSON, of a dictionary in a program."""
NAME_OF_WORDS = re.compile(r"(?:[A-Z]\d{1,2}[A-Z]?|[A-Z]{2,5})?[A-Z]?[a-z]{2,}(?:[A-Z][a-z]+)+\d{0,3}")
"""Words with capitals between them, as statements of a policy and classes are named: `K8SApplyManifests`."""


def _session(match: re.Match[str]) -> bool:
    """A value drawn by chance, and no name made of words."""
    return mixed(match) and not NAME_OF_WORDS.fullmatch(match.group("it"))


COOKIES = (
    Rule("KEY", re.compile(rf"(?i)(?<![A-Za-z0-9_.-])(?:{_SESSIONS}){_IS}(?:s(?:%3A|:))?[\"']?"
                           r"(?P<it>[A-Za-z0-9%._*~+/=-]{16,4000})"), _session, "=:\t", run=True),
    Rule("KEY", re.compile(rf"(?<![A-Za-z0-9_.-])(?<![A-Za-z0-9]:)(?:{_SITES}){_IS}[\"']?(?P<it>[^\s;\"',&]{{16,4000}})"),
         mixed, "=:\t"),
    Rule("KEY", re.compile(r"(?i)\b(?:set-)"
                           r"?cookies?[\"']?[^\x00-\x7f]{0,6}\s{0,2}[:=]\s{0,2}[\"']?(?:[\w.-]{1,60}=[^;\s]{0,15};\s?){0,8}"
                           r"(?P<it>[\w.-]{1,60}=[^;\s\"']{16,4000}(?:;\s?[\w.-]{1,60}=[^;\s\"']{1,4000}){0,60})"), mixed,
         words=("cookie",)),
)
