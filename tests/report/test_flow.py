"""The picture in the README is the one its script draws, and names every stage of the chain."""

import runpy
from pathlib import Path
from xml.etree import ElementTree

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "pictures"


def test_the_committed_picture_is_the_drawn_one_and_well_formed():
    drawn = runpy.run_path(str(PICTURES / "flow.py"))["picture"]()
    assert (PICTURES / "flow.svg").read_text(encoding="utf-8") == drawn
    label = ElementTree.fromstring(drawn).attrib["aria-label"]
    assert label == "collect → expand → clean → respond → annotate → train → export → serve → publish"
