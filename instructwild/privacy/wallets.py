"""What opens a wallet: private keys where a program or a sentence gives them to one, and the words of a seed.

Seeds are 12, 15, 18, 21 or 24 words of one list (BIP 39): here any short words that stand behind a name for such a seed.
"""

import re

from instructwild.privacy.rule import Rule
from instructwild.text.scripts import ANY_HAN
from instructwild.text.word_table import any_of, listed

_SEEDS = any_of(r"""
    seed ?phrase | seed(?: words)? | recovery (?:phrase|words|seed) | backup (?:phrase|words)
    mnemonic(?: (?:phrase|words))?
    secret (?:recovery )?phrase | wallet (?:phrase|words) | (?:1[258]|2[14]) words | 助记词 | 助記詞 | 种子短语 | 恢复短语
""")
_SEED_WORDS = listed("phrase | mnemonic | seed | words | 助 | 短语")
_PROSE = any_of("the | and | for | are | was | with | from | your | which | have | has | but | not | can | should | must")
_WORD = rf"(?!(?:{_PROSE})\b)[a-z]{{3,8}}"
_BETWEEN = r"(?:[ ,/-]{1,3}|\s{0,3}(?:\d{1,2}[.):]\s{0,2}|\n\s{0,4}))"
_CALLS = any_of(r"""
    from_?(?:private_?|secret_?)?key | private_?key_?to_?account | wallet | import_?(?:raw_?)?key | from_?(?:raw_?)?seed
    from_?wif | ec_?pair\.\w{1,20} | signing_?key\w{0,12} | account\.\w{1,30} | add_?account | key_?pair\.\w{1,20}
    set_?private_?key | unlock_?account
""")
_KEY = r"(?:(?:0x)?[0-9a-fA-F]{64}|[5KLc][1-9A-HJ-NP-Za-km-z]{50,51}|[1-9A-HJ-NP-Za-km-z]{85,90})"


def _is_seed(match: re.Match[str]) -> bool:
    """A number of words that a seed has, hardly one of them twice."""
    words = re.findall(rf"[a-z]{{3,8}}|{ANY_HAN}", match.group("it"))
    return len(words) in (12, 15, 18, 21, 24) and len(set(words)) > len(words) - 4


def _drawn_key(match: re.Match[str]) -> bool:
    """No key of an example: zeros, or digits in their order."""
    return len(set(match.group("it").lower())) > 9 and "123456789" not in match.group("it")


_STOPS = any_of("""
    the | and | for | are | was | were | with | from | your | you | that | this | they | have | has | not | but | can | will
    how | what | when | where | which | who | all | any | our | out | its | his | her | their | then | than | into
    some | also
""")
_CONTENT = rf"(?!(?:{_STOPS})\b)[a-z]{{3,8}}"
WALLETS = (
    Rule("KEY", re.compile(rf"(?i)(?:{_SEEDS})(?:[\"'”」]?\s?(?:is|are|[:：是为=])?|[^\n:：“\"]{{0,40}}[:：“\"])"
                           rf"\s{{0,2}}[\"'“「\[]?"
                           rf"(?P<it>(?:\d{{1,2}}[.):]\s{{0,2}})?(?-i:{_WORD}(?:{_BETWEEN}{_WORD}){{11,23}}))(?![a-z])"),
         _is_seed, words=_SEED_WORDS),
    Rule("KEY", re.compile(rf"(?i)(?:{_SEEDS})[^\n]{{0,16}}?(?<!{ANY_HAN})(?P<it>{ANY_HAN}(?:[ ,，、/]{{1,2}}{ANY_HAN})"
                           rf"{{11,23}})"
                           rf"(?!{ANY_HAN})"), _is_seed, words=_SEED_WORDS),
    Rule("KEY", re.compile(rf"(?<![a-z] )(?<![A-Za-z-])(?P<it>{_CONTENT}(?: {_CONTENT}){{11,23}})(?![a-z-]| [a-z])"),
         _is_seed, words=listed("wallet | seed | ledger | metamask | trezor | crypto | balance | phrase | 钱包 | 助记")),
    Rule("KEY", re.compile(rf"(?i)(?:{_CALLS})\s?\(\s?(?:\w{{1,30}}\s?=\s?)?b?[\"'`](?-i:(?P<it>{_KEY}))[\"'`]"), _drawn_key,
         needs="(", words=listed("key | wallet | seed | wif | pair | account"), run=True),
    Rule("KEY", re.compile(rf"(?i)(?:private key|wallet key|secret key|私钥|私鑰|钱包|ETH_PRIVATE_KEY)[^\n]{{0,12}}?"
                           rf"(?-i:(?P<it>{_KEY}))(?![0-9A-Za-z])"), _drawn_key, words=listed("key | 私 | 钱包"), run=True),
    Rule("KEY", re.compile(r"(?i)(?<![A-Za-z])accounts?[\"']?\s?[:=]\s?\[\s{0,9}[\"'](?P<it>(?:0x)?[0-9a-f]{64})"
                           r"[\"']"), words=("account",)),
)
"""The surest first."""
