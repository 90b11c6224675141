"""The page of a chain is right at every moment of the chain."""

from instructwild import stage
from instructwild.report.index import chain_page


def finished(folder, **options):
    with stage.start(folder, "clean", config={}) as run:
        run.finish(rows=stage.Rows(**{"in": 12, "kept": 9, "dropped": 3}), report="<p>", **options)


def test_before_anything_has_run_every_stage_is_to_do(tmp_path):
    html = chain_page("Demo", [("collect", "Seeds", tmp_path / "a"), ("clean", "Less", tmp_path / "b")])
    assert "0 of 2 stages are finished." in html
    assert html.count('<span class="badge todo">to do</span>') == 2
    assert "report.html" not in html


def test_while_it_runs_finished_stages_are_linked_and_the_next_is_under_way(tmp_path):
    finished(tmp_path / "a", usd=0.5)
    (tmp_path / "b" / ".work").mkdir(parents=True)
    (tmp_path / "b" / "report.html").write_text("half")
    html = chain_page("Demo", [("collect", "", tmp_path / "a"), ("clean", "", tmp_path / "b")])
    assert "1 of 2 stages is finished; clean is under way." in html
    assert 'href="a/report.html"' in html
    assert "b/report.html" not in html
    assert "US$ 0.50" in html


def test_a_failed_gate_is_the_first_thing_said(tmp_path):
    finished(tmp_path / "a", gate="failed")
    assert "The gate of export failed" in chain_page("Demo", [("export", "", tmp_path / "a")])


def test_a_broken_manifest_does_not_break_the_page(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "manifest.json").write_text("{")
    assert "unreadable" in chain_page("Demo", [("export", "", tmp_path / "a")])


def test_links_are_relative_to_the_page_and_survive_odd_names(tmp_path):
    finished(tmp_path / "x" / "我的 data")
    html = chain_page("Demo", [("a", "", tmp_path / "x" / "我的 data")], relative_to=tmp_path)
    assert str(tmp_path) not in html
    assert 'href="x/%E6%88%91%E7%9A%84%20data/report.html"' in html


def test_answers_stand_side_by_side_under_their_question(tmp_path):
    html = chain_page("Demo", [("a", "", tmp_path)], [("什么是并列？", {"base": "<i>", "4-bit": "同样好"})])
    places = [html.index(words) for words in ("什么是并列？", ">base<", "&lt;i&gt;", ">4-bit<", "同样好")]
    assert places == sorted(places)


def test_an_empty_chain_is_a_page_too():
    assert "All 0 stages" in chain_page("Demo", [])
