"""Short orders that say in which form, how much more or that there be an example, and not of what: "show me an example"."""

from instructwild.text.word_table import any_of, group_of

ASKS = r"\A\W*(?:please |pls |kindly |can you |could you |would you |now |then |and |also |ok(?:ay)?,? |next,? )*"
"""How an order opens."""
_OF_EXAMPLES = group_of("""
    an? | some | few | more | another | different | detailed | numerical | practical | simple | real | sample
""")
_EXAMPLES = group_of("""
    examples? | samples? | demo | sample (?:data|code) | illustrations? | code | links? | hashtags? | citations?
    references? | sources?
""")
_FOR_WHOM = "(?: for me| of (?:it|this|that|each)| please| in python)?"
_SHOW = "(?:show|give|provide|write|share|create|add)(?: me| us)?(?: with)?"
_FORM = group_of(r"""
    (?:an? )?(?:more|less) [a-z]+ | (?:an? )?(?:simpl|short|friendl|formal|profession)[a-z]*
    (?:an? )?(?:bullet|tabular|table|paragraph|point|list|csv|json|markdown|layman)[a-z]* | (?:an? )?(?:third|first) person
    \d+ | (?:one|two|three|four|five) [a-z]+ | an? [a-z]+ tone
""")
_PUT = group_of("""
    re-?write | write | put | make | summari[sz]e | rephrase | format | explain | show | give | present
""")
BARE_ORDERS = "(?i)" + any_of(rf"""
    {ASKS}(?:just )?{_SHOW} (?:{_OF_EXAMPLES} )*{_EXAMPLES}{_FOR_WHOM} ?\W*\z
    {ASKS}{_PUT}(?: it| this| that| them)? (?:in|as|into|with|using) {_FORM}(?: [a-z]+){{0,3}}\W*\z
    {ASKS}be (?:a (?:bit|little) )?more [a-z]+\W*\z | {ASKS}(?:tell me|explain|elaborate) more\W*\z
    {ASKS}(?:tell me more|elaborate|expand)(?: more)? (?:on|about) (?:module|chapter|part|#)? ?#?\d+\b
    \A[^.?!]*[^ .?!] instead ?\W*\z
""")
