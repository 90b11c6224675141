"""Columns that nothing reads: written as JSON all at once, byte for byte as row by row."""

import math

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from instructwild.read.plain import extra_text, extra_texts

TEXTS = st.none() | st.text(st.sampled_from('ab\\"/\n\t\r\x00\x1f\x7f\u2028é港🌊'), max_size=5)
COLUMNS = {pl.String: TEXTS, pl.Int64: st.none() | st.integers(-2**63, 2**63 - 1), pl.Boolean: st.none() | st.booleans(),
           pl.Float64: st.none() | st.floats(), pl.Float32: st.none() | st.floats(width=32), pl.UInt8: st.integers(0, 255),
           pl.Null: st.none()}


@st.composite
def frames(draw):
    kinds = draw(st.lists(st.sampled_from(list(COLUMNS)), max_size=4))
    height = draw(st.integers(0, 4))
    return pl.DataFrame([pl.Series(f'na"me{number}', draw(st.lists(COLUMNS[kind], min_size=height, max_size=height)), kind)
                         for number, kind in enumerate(kinds)])


@settings(deadline=None)
@given(frames())
def test_all_at_once_gives_what_row_by_row_gives(frame):
    assert list(extra_texts(frame)) == list(map(extra_text, frame.iter_rows(named=True)))


def test_lists_dates_and_objects_are_written_row_by_row():
    frame = pl.DataFrame({"quays": [["north"], []], "depth": [1e-7, math.inf]})
    assert list(extra_texts(frame)) == ['{"quays":["north"],"depth":1e-07}', '{"depth":null}']
