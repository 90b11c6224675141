"""Rules are computed of few rows, with the same result as of all."""

import polars as pl

from instructwild.clean.alternatives import grouped
from instructwild.clean.patterns import matches_any, only_where, sized, where
from instructwild.clean.rows import names_of_hits

ROWS = pl.DataFrame({"prompt": ["sail", "row", None, "dive"], "answer": ["a gull", None, "a tern", "a gull, far off"],
                     "depth": [1, 2, None, 4]})


def test_where_is_when_and_leaves_no_letters_behind():
    may_be = pl.col("depth") > 1
    kept = ROWS.select(where(may_be, pl.col("answer")), plain=pl.when(may_be).then("answer"))
    assert kept.to_series(0).to_list() == kept["plain"].to_list() == [None, None, None, "a gull, far off"]
    assert ROWS.select(where(may_be, pl.col("prompt"))).to_series().rechunk().to_physical().fill_null("").to_list() == [
        "", "row", "", "dive"]


def test_only_where_takes_further_columns_and_never_is_null():
    deep = (pl.col("depth") > 1) & pl.col("answer").str.contains("gull")
    seen = only_where(pl.col("prompt").str.contains("i"), deep, "depth")
    assert sized(ROWS).select(seen).to_series().to_list() == [False, False, False, True]


def test_sizes_count_characters_and_not_bytes():
    rows = sized(pl.DataFrame({"prompt": ["sail", "潮汐", ""], "answer": ["é", None, "a\nb"]}))
    assert rows["prompt_size"].to_list() == [4, 2, 0]
    assert rows["answer_size"].to_list() == [1, None, 3]


def test_patterns_looked_for_at_once_keep_their_own_flags():
    seen = matches_any(pl.col("answer"), ["(?i)A GULL\\z", "Tern|far"])
    assert ROWS.select(seen).to_series().to_list() == [True, None, False, True]


def test_patterns_that_open_alike_are_one_search_with_the_same_result():
    asks = r"\A\W*(?:please )*"
    patterns = [rf"(?i){asks}go on|[|(]\|x", r"(?i)\A\W*(?:then|So)|\bmore\b", rf"{asks}Stop|\A[^.]*end",
                "b(?:a|c)|[^|]d\\|"]
    texts = pl.Series(["PLEASE go on", "-- SO", "please Stop", "Please Stop", "More", "moreover", "the end", "x. end", "bc",
                       "(|X", "|x", "ad|", "so", "then", "a go on", "xd\\"])
    searches = [*grouped(patterns, [asks])]
    assert len(searches) == 5
    separate = pl.select(pl.any_horizontal(texts.str.contains(pattern) for pattern in patterns)).to_series()
    assert pl.select(matches_any(pl.lit(texts), patterns, [asks])).to_series().equals(separate)
    assert separate.sum() == 10


def test_hits_are_named_by_row_in_the_order_of_their_columns():
    hits = pl.DataFrame({"at": [7, 3, 5], "sail": [True, False, None], "row": [True, False, True]})
    assert names_of_hits(hits).rows() == [(7, ["sail", "row"]), (5, ["row"])]
    assert names_of_hits(hits.head(0)).schema == names_of_hits(hits).schema
