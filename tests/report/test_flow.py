"""The picture in the README is the one its script draws, and names every stage of the chain."""

import runpy
from pathlib import Path
from xml.etree import ElementTree

from instructwild.cli import COMMANDS

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "pictures"


def test_the_committed_picture_is_the_drawn_one_and_well_formed():
    script = runpy.run_path(str(PICTURES / "flow.py"))
    drawn = script["picture"]()
    assert (PICTURES / "flow.svg").read_text(encoding="utf-8") == drawn
    label = ElementTree.fromstring(drawn).attrib["aria-label"]
    assert label == " → ".join(name for row in script["ROWS"] for name, *_ in row)
    assert set(label.split(" → ")) <= set(COMMANDS)
