"""Any row or model is followed back to its posts and forward to all that used it."""

import json

import pytest
from lineage_chain import FIND, JUDGES, LOST, RIVER, TIE, WAYS, build, ranked
from rich.console import Console

from instructwild import stage
from instructwild.errors import InputError
from instructwild.lineage.graph import Graph
from instructwild.lineage.trace import trace
from instructwild.lineage.tree import tree
from instructwild.schema import instruction_of
from instructwild.stage.frames import instruction_frame


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    place = tmp_path_factory.mktemp("chain")
    build(place)
    return place


def test_stages_hang_together_by_the_hashes_in_their_manifests(root):
    graph = Graph(root)
    read = {node.name: sorted(parent.name for parent in graph.parents(node)) for node in graph.nodes}
    assert read == {"collect": [], "expand": ["collect"], "clean": ["collect", "expand"], "respond": ["clean"],
                    "sft": ["respond"], "ppo": ["sft"]}
    assert [node.name for node in graph.nodes] == ["collect", "expand", "clean", "respond", "sft", "ppo"]


def test_a_made_row_leads_back_to_both_of_its_posts(root):
    found = trace(WAYS.id, root)
    assert [parent.id for parent in found.row.made_from] == [JUDGES.id]
    assert {parent.id for parent in found.row.made_from[0].made_from} == {TIE.id, RIVER.id}
    assert {post["id"] for post in found.posts} == {TIE.id, RIVER.id}
    assert found.row.made_by["template_hash"] == "abc"


def test_a_seed_leads_forward_to_all_its_rows_and_models(root):
    found = trace(TIE.id, root)
    assert {child.id for child in found.row.became} == {JUDGES.id, LOST.id}
    assert [grandchild.id for child in found.row.became for grandchild in child.became] == [WAYS.id]

    def models(uses):
        return [(use.folder, use.model) for use in uses if use.model] + [m for use in uses for m in models(use.used_by)]

    assert models(found.used_by) == [(name, Graph(root).named(name).model) for name in ("sft", "ppo")]


def test_a_dropped_row_says_where_and_why(root):
    found = trace(LOST.id, root)
    assert [(seen.folder, seen.fate, seen.reason) for seen in found.row.seen] == [("clean", "dropped", "near_duplicate")]
    assert found.row.seen[0].evidence == {"of": JUDGES.id, "F": "18/20"}
    assert [post["id"] for post in found.posts] == [TIE.id]


def test_a_candidate_is_found_by_its_own_id(root):
    assert trace(ranked(FIND).candidates[0].id, root).row.id == FIND.id


@pytest.mark.parametrize("name", ["ppo", "sha", "model"])
def test_a_model_leads_back_to_every_post_by_folder_or_hash(root, name):
    sha = stage.load(root / "ppo").manifest.outputs[-1].sha256
    found = trace({"sha": sha[:12], "model": str(root / "ppo" / "model")}.get(name, name), root)
    assert found.kind == "model"
    assert [one["folder"] for one in found.made_from][:2] == ["ppo", "sft"]
    assert len(found.posts) == 3


def test_what_nobody_knows_is_one_clear_message(root, tmp_path):
    with pytest.raises(InputError, match="nothing here is called"):
        trace("f" * 16, root)
    with pytest.raises(InputError, match="holds no finished stages"):
        trace("f" * 16, tmp_path)


def test_the_tree_and_the_json_tell_the_same(root):
    found = trace(JUDGES.id, root)
    console = Console(width=160, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(tree(found))
    console.file.close()
    shown = console.export_text()
    told = json.loads(found.to_json())
    for words in (told["row"]["text"], TIE.id, RIVER.id, WAYS.id, "made by  smollm2", "model"):
        assert words in shown


def test_rows_that_name_each_other_do_not_go_round_for_ever(tmp_path):
    from instructwild.schema import instruction_of
    from instructwild.stage.frames import instruction_frame

    one, two = instruction_of("one"), instruction_of("two")
    with stage.start(tmp_path / "a", "expand", config={}) as run:
        run.finish(data=instruction_frame([one.model_copy(update={"parents": (two.id,)}),
                                           two.model_copy(update={"parents": (one.id, two.id)})]))
    assert trace(one.id, tmp_path).row.id == one.id


def test_a_published_pair_leads_back_to_its_prompt(root):
    from instructwild.publish.gather import preference_frame

    pairs = preference_frame([ranked(WAYS)])
    found = trace(pairs["id"][0], root)
    assert found.row.id == WAYS.id
    assert {post["id"] for post in found.posts} == {TIE.id, RIVER.id}


def test_a_stage_whose_data_is_no_parquet_any_more_is_named(tmp_path):
    with stage.start(tmp_path / "out", "clean", config={}) as run:
        run.finish(data=instruction_frame([instruction_of("What is a fen?")]), report="<p>")
    (tmp_path / "out" / "data.parquet").write_bytes(b"")
    with pytest.raises(InputError, match="cannot be read as Parquet"):
        _ = Graph(tmp_path).nodes[0].columns
