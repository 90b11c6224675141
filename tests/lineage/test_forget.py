"""What is forgotten is gone from every file, everything else stays, and the manifests still tell the truth."""

import json
import os
import sqlite3
import subprocess
from contextlib import closing

import polars as pl
import pytest
import zstandard
from lineage_chain import AUTHOR, FIND, FROM_TIE, OTHER, RIVER, SALT, TIE, TWINS, build, seed

from instructwild import stage
from instructwild.errors import InputError, OutputError
from instructwild.lineage import erase as erasing
from instructwild.lineage import rewrite as rewriting
from instructwild.lineage.erase import files
from instructwild.lineage.forget import Forgetting
from instructwild.lineage.gone import Gone, gone, spellings
from instructwild.lineage.graph import Graph
from instructwild.lineage.search import search
from instructwild.llm.batches.record import BatchRecord
from instructwild.llm.ledger import Ledger
from instructwild.llm.request import Reply
from instructwild.publish.gather import gather
from instructwild.stage.cache import cache_dir
from instructwild.stage.folder import sha256_of
from instructwild.stage.frames import instruction_frame


@pytest.fixture(autouse=True)
def _own_salt_and_cache(monkeypatch, tmp_path_factory):
    monkeypatch.setenv("INSTRUCTWILD_SALT", SALT)
    monkeypatch.setenv("INSTRUCTWILD_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture
def root(tmp_path):
    build(tmp_path / "all")
    return tmp_path / "all"


def forget(name, root):
    return Forgetting.begin(name, root).run()


def everything(root):
    """All bytes of all files, Parquet and SQLite as text."""
    told = []
    for path in files(root):
        kind = erasing.kind_of(path)
        if kind == "parquet":
            told.append(pl.read_parquet(path).write_json())
        elif kind == "sqlite":
            with closing(sqlite3.connect(path)) as base:
                told += list(base.iterdump())
            told.append(path.read_bytes().decode("utf-8", "replace"))
        else:
            told.append((erasing._read(path) or ("", ""))[0])
    return "\n".join(told)


def consistent(root):
    """Rows reconcile, hashes are those of the files, and every stage still finds what it read."""
    made = {}
    for node in Graph(root).nodes:
        manifest = node.manifest
        for record in manifest.outputs:
            assert record.sha256 == sha256_of(node.folder / record.path), (node.name, record.path)
            made[record.sha256] = record
        if (node.folder / "data.parquet").exists():
            assert manifest.rows.kept == stage.load(node.folder).frame().height
            assert manifest.rows.dropped == stage.load(node.folder).dropped().height
        assert sum(manifest.reasons.values()) == manifest.rows.dropped
        for record in manifest.inputs:
            assert record.sha256 in made, (node.name, record.path)
            assert made[record.sha256].rows in (None, record.rows)
    return True


def test_a_seed_and_all_that_was_made_from_it_is_gone_from_every_file(root):
    result = forget(TIE.id, root)
    told = everything(root)
    for row in FROM_TIE:
        assert row.prompt[0].content not in told
        assert row.id not in told
    assert result.left == []
    assert result.files_searched > 15
    assert not (root / ".forget").exists()


def test_everybody_else_stays(root):
    forget(TIE.id, root)
    assert stage.load(root / "clean").frame()["id"].to_list() == [TWINS.id, RIVER.id, FIND.id]
    assert stage.load(root / "respond").frame()["id"].to_list() == [TWINS.id, RIVER.id, FIND.id]
    assert stage.load(root / "clean").dropped()["id"].to_list() == [OTHER.id]
    assert len((root / "clean" / "alpaca.jsonl").read_text(encoding="utf-8").splitlines()) == 3
    assert len(json.loads((root / "clean" / "alpaca.json").read_text())) == 3
    assert (root / "clean" / "notes.txt").read_text() == "nothing of interest\n"
    with closing(sqlite3.connect(root / "more" / ".work" / "requests.sqlite")) as base:
        assert base.execute("SELECT count(*) FROM requests").fetchone() == (3,)
    assert pl.read_parquet(root / "more" / ".work" / "000001.kept").height == 3


def test_the_manifests_agree_with_the_files_and_with_each_other(root):
    forget(TIE.id, root)
    assert consistent(root)
    clean = stage.load(root / "clean").manifest
    assert clean.rows == stage.Rows(**{"in": 4, "kept": 3, "dropped": 1})
    assert clean.metrics == {"second_look": [RIVER.id]}


def test_later_stages_still_match_and_are_skipped(root):
    forget(TIE.id, root)
    with stage.start(root / "respond", "respond", config={}, inputs=[stage.input_record(root / "clean")]) as run:
        assert run.finished is not None


def test_evidence_that_names_a_forgotten_row_goes_and_the_drop_stays(root):
    forget(TIE.id, root)
    assert stage.load(root / "clean").dropped()["evidence"].to_list() == ['"forgotten"']


def test_reports_that_showed_it_are_written_anew(root):
    before = (root / "sft" / "report.html").read_text()
    forget(TIE.id, root)
    assert "forgotten on request" in (root / "collect" / "report.html").read_text()
    assert "forgotten on request" in (root / "ppo" / "report.html").read_text()
    assert (root / "sft" / "report.html").read_text() == before


def test_the_models_trained_on_it_are_named(root):
    result = forget(TIE.id, root)
    models = [(model["folder"], model["how"]) for model in result.models]
    assert models == [("sft", "read respond"), ("ppo", "made from sft")]


def test_collect_will_know_it_again_and_nobody_else_can(root):
    from instructwild.privacy.forgotten import derived_mark, forgotten, is_forgotten, row_mark

    forget(TIE.id, root)
    marks = forgotten(root)
    assert row_mark(SALT, TIE.id) in marks
    assert marks <= {row_mark(SALT, TIE.id), *(derived_mark(SALT, row.id) for row in FROM_TIE)}
    assert all(is_forgotten(SALT, row.id, marks) for row in FROM_TIE), "those made from it leave pages and servers too"
    assert not any(row_mark(SALT, row.id) in marks for row in FROM_TIE if row is not TIE)
    assert TIE.id not in (root / "forgotten").read_text()


def test_collect_does_not_bring_it_back(tmp_path):
    from instructwild.collect.pipeline import collect

    export = tmp_path / "export.jsonl"
    export.write_text("".join(json.dumps({"instruction": text}) + "\n" for text in (
        "Explain why the sky is blue in the evening.", "Write a poem about the sea for a child.")))
    root = tmp_path / "all"
    root.mkdir()
    first = collect("jsonl", [export], root / "seeds", salt=SALT, root=root, license="cc0-1.0")
    kept = first.frame()["id"].to_list()
    assert len(kept) == 2
    assert forget(kept[0], root).left == []
    again = collect("jsonl", [export], root / "seeds", salt=SALT, root=root, license="cc0-1.0")
    assert again.frame()["id"].to_list() == kept[1:]
    anew = collect("jsonl", [export], root / "more", salt=SALT, root=root, license="cc0-1.0")
    assert anew.frame()["id"].to_list() == kept[1:]
    assert anew.manifest.reasons == {"forgotten": 1}


def test_all_rows_of_an_author_are_forgotten_by_the_hash(root):
    result = forget(AUTHOR, root)
    assert result.rows == len(FROM_TIE)
    assert AUTHOR in (root / "forgotten").read_text().split()
    assert TIE.prompt[0].content not in everything(root)


def test_chinese_text_in_every_spelling_is_gone(root):
    forget(TWINS.id, root)
    told = everything(root)
    for spelled in spellings(TWINS.prompt[0].content):
        assert spelled not in " ".join(told.split())
    assert consistent(root)


def test_an_answer_that_others_gave_too_stays_theirs(root):
    forget(TIE.id, root)
    assert all(len(row["candidates"]) == 2 for row in stage.load(root / "respond").frame().iter_rows(named=True))


def test_a_short_prompt_takes_no_longer_one_with_it(tmp_path):
    from instructwild.schema import Origin, instruction_of
    from instructwild.stage.frames import instruction_frame

    origin = (Origin(kind="x", source="a"),)
    short, longer = (instruction_of(text, origin=origin) for text in ("Write me a poem", "Write me a poem about the sea"))
    with stage.start(tmp_path / "c", "collect", config={}) as run:
        run.finish(data=instruction_frame([short, longer]), report="<p>Write me a poem</p>")
    result = forget(short.id, tmp_path)
    assert stage.load(tmp_path / "c").frame()["id"].to_list() == [longer.id]
    assert result.left == []


def test_a_row_that_quotes_the_whole_post_goes_with_it(tmp_path):
    from instructwild.schema import Origin, instruction_of
    from instructwild.stage.frames import instruction_frame

    post = "My landlord wants to raise the rent by forty percent although the contract says otherwise; what can I do?"
    seed = instruction_of(post, origin=(Origin(kind="x", source="a"),))
    quoting = instruction_of(f"Somebody asked: {post} Answer in one sentence.")
    with stage.start(tmp_path / "c", "expand", config={}) as run:
        run.finish(data=instruction_frame([seed, quoting, RIVER]))
    forget(seed.id, tmp_path)
    assert stage.load(tmp_path / "c").frame()["id"].to_list() == [RIVER.id]


def interrupted(root, at, monkeypatch):
    """Forget with the `at`-th file write interrupted; whether there were that many."""
    writes = 0
    genuine = os.replace

    def replace(source, target):
        nonlocal writes
        writes += 1
        if writes == at:
            raise KeyboardInterrupt
        genuine(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", replace)
        try:
            forget(TIE.id, root)
        except KeyboardInterrupt:
            return True
    return False


def goes_on_to_the_end(root):
    assert forget(TIE.id, root).left == []
    assert consistent(root)
    assert TIE.prompt[0].content not in everything(root)
    assert stage.load(root / "clean").frame()["id"].to_list() == [TWINS.id, RIVER.id, FIND.id]


@pytest.mark.parametrize("at", [1, 2, 6, 12, 20])
def test_interrupted_it_goes_on_to_the_same_end(root, at, monkeypatch):
    assert interrupted(root, at, monkeypatch)
    goes_on_to_the_end(root)


@pytest.mark.slow
def test_interrupted_at_every_write_it_goes_on_to_the_same_end(tmp_path, monkeypatch):
    for at in range(1, 200):
        root = tmp_path / str(at)
        build(root)
        if not interrupted(root, at, monkeypatch):
            break
        goes_on_to_the_end(root)
    assert at > 25


def test_another_request_waits_for_the_interrupted_one(root, monkeypatch):
    monkeypatch.setattr(rewriting, "rewrite_stage", lambda *a: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        forget(TIE.id, root)
    assert (root / ".forget").stat().st_mode & 0o077 == 0
    with pytest.raises(InputError, match="was interrupted here"):
        Forgetting.begin(RIVER.id, root)


def test_a_file_of_somebody_else_is_named_and_not_touched(root):
    export = root / "exports" / "tweets.txt"
    export.parent.mkdir()
    export.write_text(f"my own export: {TIE.prompt[0].content}")
    result = forget(TIE.id, root)
    assert result.left == ["exports/tweets.txt"]
    assert TIE.prompt[0].content in export.read_text()
    export.write_text("")
    assert forget(TIE.id, root).left == []
    assert not (root / ".forget").exists()


def test_a_stage_at_work_is_waited_for(root):
    with stage.start(root / "busy", "expand", config={}) as run:
        (run.scratch / "begun").write_text("")
        with pytest.raises(OutputError, match="another instructwild process"):
            forget(TIE.id, root)
        run.finish(data=stage.load(root / "expand").frame())
    assert TIE.id in stage.load(root / "collect").frame()["id"]


def test_another_salt_is_refused_before_anything_is_removed(root, monkeypatch):
    monkeypatch.setenv("INSTRUCTWILD_SALT", "another of mine")
    with pytest.raises(InputError, match="another salt"):
        forget(TIE.id, root)
    assert TIE.id in stage.load(root / "collect").frame()["id"]


def test_an_unknown_name_is_one_clear_message(root):
    with pytest.raises(InputError, match="no row or author"):
        Forgetting.begin("f" * 16, root)


def test_a_text_cut_off_on_a_page_is_recognised_by_its_beginning():
    text = "提示词很长，" * 60
    what = gone([], [text], [])
    assert what.begun_in(f"<p>{text[:40]} …</p>")
    assert not what.begun_in("<p>提示词</p>")


def test_what_is_left_out_of_json_takes_its_item_and_no_more():
    what = Gone(frozenset({"deadbeefdeadbeef"}), ("a text worth searching for",))
    assert what.without({"a": [1, "x", {"t": "this is a text worth searching for"}], "b": "deadbeefdeadbeef"}) == \
        {"a": [1, "x"], "b": "[forgotten]"}


def test_hidden_files_and_unknown_kinds_are_searched_too(tmp_path):
    what = Gone(frozenset({TIE.id}), ())
    (tmp_path / ".cache").mkdir()
    (tmp_path / ".cache" / "x.dat").write_bytes(b"\xff\xfe\x00" + TIE.id.encode())
    assert [search(path, what).holds for path in files(tmp_path)] == [True]


def test_a_packed_file_is_searched_however_it_was_packed(tmp_path):
    path, what = tmp_path / "rows.jsonl.zst", Gone(frozenset({TIE.id}), ())
    long = zstandard.ZstdCompressionParameters(window_log=31, enable_ldm=True)
    with path.open("wb") as handle, zstandard.ZstdCompressor(compression_params=long).stream_writer(handle) as packed:
        packed.write(f'{{"id": "a"}}\n{{"id": "{TIE.id}"}}\n'.encode())
    assert search(path, what).holds
    assert erasing.erase(path, what)
    assert zstandard.decompress(path.read_bytes()) == b'{"id": "a"}\n'


def test_what_was_written_to_be_published_is_emptied_of_it_too(root):
    from instructwild.publish.prepare import prepare

    prepare(root / "respond", root / "hub", "wild", accept=["NAME"])
    assert any(search(path, gone({TIE.id}, {TIE.prompt[0].content}, set())).holds for path in files(root / "hub"))
    before = pl.read_parquet(root / "hub/ranking").height
    result = forget(TIE.id, root)
    assert result.left == []
    assert TIE.prompt[0].content not in everything(root)
    assert 0 < pl.read_parquet(root / "hub/ranking").height < before


def test_a_model_made_from_nothing_but_a_model_is_listed_too(root):
    """As an export without calibration rows is: it knows its source by the hash of the weights alone."""
    import numpy as np
    from safetensors.numpy import save_file

    from instructwild.stage.folder import WEIGHTS, weights_sha256

    for name, source in (("tuned", "clean"), ("merged", "tuned")):
        read = [stage.input_record(root / source)] if source == "clean" else \
            [stage.FileRecord(path=source, sha256=weights_sha256(root / source / "model"))]
        with stage.start(root / name, "export", config={}, inputs=read) as run:
            with run.atomic("model") as model:
                model.mkdir()
                save_file({"w": np.full(3, len(name), dtype=np.float32)}, model / "model.safetensors")
            made = run.finish(rows=stage.Rows(**{"in": 0, "kept": 0, "dropped": 0}), report="<p>")
        assert [record.path for record in made.manifest.outputs][-1] == WEIGHTS
    graph = Graph(root)
    assert [node.name for node in graph.children(graph.named("tuned"))] == ["merged"]
    listed = {model["folder"]: model["how"] for model in Forgetting.begin(TIE.id, root).plan.models}
    assert (listed["tuned"], listed["merged"]) == ("read clean", "made from tuned")
    assert forget(TIE.id, root).left == []
    graph = Graph(root)
    assert [node.name for node in graph.children(graph.named("tuned"))] == ["merged"]
    assert graph.named("merged").manifest.config["trained_on_forgotten"]
    with pytest.raises(InputError, match="forgotten since"):
        gather(root / "merged")
    with pytest.raises(OutputError, match="trained_on_forgotten"), \
            stage.start(root / "merged", "export", config={}, inputs=graph.named("merged").manifest.inputs):
        pass  # the same command is another one now: it trains again when it is told to replace what is there


def test_a_model_that_learned_from_answers_of_a_model_that_learned_it_is_listed_too(root):
    from lineage_chain import trained

    from instructwild.lineage.trace import trace
    from instructwild.llm.stage_models import model_inputs
    from instructwild.schema import instruction_of
    from instructwild.stage.frames import instruction_frame

    with stage.start(root / "told", "respond", config={}, inputs=model_inputs([str(root / "sft")])) as run:
        run.finish(data=instruction_frame([instruction_of("Which tea is green?")]))
    trained(root / "pupil", "sft", [stage.input_record(root / "told")])
    used = [use.folder for top in trace(TIE.id, root).used_by for use in uses_of(top)]
    assert {"told", "pupil"} <= set(used)
    listed = {model["folder"]: model["how"] for model in Forgetting.begin(TIE.id, root).plan.models}
    assert listed["pupil"] == "made from told"
    assert "told" not in listed


def uses_of(use):
    return [use, *(below for one in use.used_by for below in uses_of(one))]


def test_pages_and_servers_outside_the_root_are_named_where_answers_were_ranked(root):
    respond = [node for node in Graph(root).nodes if node.manifest.stage.startswith(("respond", "annotate"))]
    lines = forget(TIE.id, root).lines()
    assert any(f"annotate page --forget {root}" in line for line in lines) == bool(respond)


def test_a_stage_in_several_files_forgets_in_the_file_that_holds_it(tmp_path):
    rows = [seed(f"Why does lamp {number} of the pier flicker?", "en", f"{number:016x}") for number in range(8)]
    with stage.start(tmp_path / "parts", "clean", config={}, shards=3) as run:
        run.finish(data=instruction_frame(rows), report="<p>")
    with stage.start(tmp_path / "next", "clean", config={"next": True}, shards=2,
                     inputs=[stage.input_record(tmp_path / "parts")]) as run:
        run.finish(data=instruction_frame(rows), report="<p>")
    parts = sorted((tmp_path / "parts" / "data.parquet").iterdir())
    before = {path.name: path.read_bytes() for path in parts}
    result = forget(rows[7].id, tmp_path)
    assert result.complete, result.lines()
    assert rows[7].prompt[0].content not in everything(tmp_path)
    assert [path.name for path in parts if path.read_bytes() != before[path.name]] == [parts[-1].name]
    assert consistent(tmp_path)
    assert all(node.manifest.rows.kept == 7 for node in Graph(tmp_path).nodes)


def test_answers_of_a_batch_go_and_an_open_batch_is_named(root):
    work = root / "more" / ".work" / "calls.sqlite"
    with closing(Ledger(work, "a run")) as ledger:
        record = BatchRecord(ledger, "https://api.quay.example/v1#m")
        closed, waiting = record.open({"k1": 0.5}, 0.0), record.open({"k2": 0.5}, 0.0)
        record.arrived(waiting, "batch_77")
        record.close(closed, [("k1", Reply(f"About this: {TIE.prompt[0].content}", "stop")), ("k3", Reply("Else.", "stop"))])
    result = forget(TIE.id, root)
    assert result.complete, result.lines()
    assert "more/.work/calls.sqlite" in result.files_rewritten
    assert any("batch_77" in line and "https://api.quay.example/v1#m" in line for line in result.lines())
    with closing(sqlite3.connect(work)) as base:
        assert [row[0] for row in base.execute("SELECT key FROM replies")] == ["k3"]
        assert [row[0] for row in base.execute("SELECT provider_id FROM batches")] == ["batch_77"]


def test_files_of_a_closed_batch_stay_with_the_provider_and_are_named(root):
    with closing(Ledger(root / "more" / ".work" / "calls.sqlite", "a run")) as ledger:
        record = BatchRecord(ledger, "https://api.quay.example/v1#m")
        record.close(record.arrived(record.open({"k1": 0.5}, 0.0), "batch_done"), [("k1", Reply("Else.", "stop"))])
    assert any("batch_done" in line for line in forget(TIE.id, root).lines())


def test_links_that_lead_out_and_earlier_versions_in_git_are_looked_at(root, tmp_path):
    outside = tmp_path / "outside.txt"
    outside.write_text(TIE.prompt[0].content, encoding="utf-8")
    (root / "link.txt").symlink_to(outside)
    (root / "loop").symlink_to(root)
    notes = root / "notes.txt"
    notes.write_text(TIE.prompt[0].content, encoding="utf-8")
    git = ["git", "-C", str(root), "-c", "user.name=w", "-c", "user.email=w@quay.example"]
    for words in (["init", "-q"], ["add", "notes.txt"], ["commit", "-q", "-m", "notes"]):
        subprocess.run([*git, *words], check=True)
    notes.write_text("nothing", encoding="utf-8")
    result = forget(TIE.id, root)
    assert result.left == [".git"]
    assert [line.partition(":")[0] for line in result.unsearched] == ["link.txt"]
    assert not result.complete


def test_what_the_users_cache_still_holds_is_named(root):
    held = cache_dir() / "remote" / "rows.bin"
    held.parent.mkdir(parents=True)
    held.write_bytes(b"\0" + TIE.prompt[0].content.encode())
    assert forget(TIE.id, root).left == [str(held)]


def test_a_python_environment_of_any_name_is_not_searched(tmp_path):
    from instructwild.lineage.erase import files

    for name in ("argilla-env-1/pyvenv.cfg", "argilla-env-1/lib/decimal.orc", "kept/rows.jsonl"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert [path.name for path in files(tmp_path)] == ["rows.jsonl"]
