"""Stand-ins for rooms that are not there, as plain as can be."""

import importlib.util
import sys
from fractions import Fraction
from types import ModuleType

if importlib.util.find_spec("instructwild.clean.near") is None:
    import re
    import unicodedata

    from rapidfuzz.distance import LCSseq

    near = ModuleType("instructwild.clean.near")

    def tokens(text):
        return re.findall(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+",
                          unicodedata.normalize("NFKC", text).casefold())

    def near_duplicates(texts, threshold=Fraction(7, 10)):
        listed = [tokens(text) for text in texts]
        found = []
        for place, a in enumerate(listed):
            twins = (i for i in range(place) if found[i] is None
                     and 2 * LCSseq.similarity(a, listed[i]) > threshold * (len(a) + len(listed[i])))
            found.append(next(twins, None) if a else None)
        return found

    near.tokens, near.near_duplicates = tokens, near_duplicates
    sys.modules["instructwild.clean.near"] = near

if importlib.util.find_spec("instructwild.report.page") is None:
    class Page:
        def __init__(self, title, lead):
            self.lead = lead

        def add(self, *parts):
            pass

        def html(self):
            return f"<p>{self.lead}"

    page, figures = ModuleType("instructwild.report.page"), ModuleType("instructwild.report.figures")
    page.Page = Page
    for name in ("Prose", "Table", "Figure", "Samples", "Stats"):
        setattr(page, name, lambda *given, **named: given)
    for name in ("bars", "histogram", "lines", "grouped_bars"):
        setattr(figures, name, lambda *given, **named: given)
    import instructwild.report

    instructwild.report.figures = figures
    sys.modules |= {"instructwild.report.page": page, "instructwild.report.figures": figures}
