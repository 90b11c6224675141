"""The folder that would be sent is exact, what speaks against it is said, and the real client can send it."""

import io
import json
import sys

import datasets
import huggingface_hub
import polars as pl
import pytest
from huggingface_hub import DatasetCard, ModelCard
from loopback_hub import serving

from instructwild import stage
from instructwild.errors import EndpointError, GateError, InputError, OutputError
from instructwild.publish.command import publish
from instructwild.publish.gather import gather, preference_frame
from instructwild.publish.hub import Repository
from instructwild.publish.prepare import prepare
from instructwild.schema import Candidate, Instruction, MadeBy, Message, Origin, Ranking, RankingRow, instruction_of
from instructwild.stage.frames import instruction_frame, ranking_frame

# the client passes file objects in a way that its own HTTP library has deprecated
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

HERE = {"kind": "x", "source": "tweets.js", "url": "https://x.com/1", "author": "f" * 16}


def seed(text, language, license="cc-by-4.0"):
    return instruction_of(text, language=language, origin=(Origin(**HERE, license=license),))


def made(text, answer, parent):
    by = MadeBy(model="smollm2", template="self_instruct/en", template_hash="ab")
    return Instruction(messages=(Message(role="user", content=text), Message(role="assistant", content=answer)),
                       language="en", parents=(parent.id,), made_by=by)


def ranked(row, *rankings):
    return RankingRow(id=row.id, messages=row.prompt, language=row.language, rankings=rankings, candidates=tuple(
        Candidate(id=f"{row.id[:15]}{i}", text=f"answer {i} to {row.prompt[0].content}", model="smollm2") for i in range(3)))


TIE, TWIN = seed("What is a tie?", "en"), seed("什么是并列？", "zh-Hans", "cc-by-sa-4.0")
ROW = made("Name a river.", "The Nile.", TIE)
RANKINGS = [
    ranked(TIE, Ranking(annotator="person:" + "e" * 16, ranks=(2, 1, 2)),
           Ranking(annotator="scripted:length", ranks=(1, 2, 3))),
    ranked(TWIN, Ranking(annotator="scripted:length", ranks=(1, 1, 1))),
    ranked(ROW, Ranking(annotator="scripted:length", ranks=(3, 2, 1))),
]


def chain(root, seeds=(TIE, TWIN), rows=(ROW,), rankings=RANKINGS, gate=None, collected=None):
    with stage.start(root / "collect", "collect", config={"kind": "x"}) as run:
        run.finish(data=instruction_frame(collected or seeds), metrics={"masked": {"EMAIL": 2}})
    with stage.start(root / "clean", "clean", config={"steps": ["near"]},
                     inputs=[stage.input_record(root / "collect")]) as run:
        run.finish(data=instruction_frame([*seeds, *rows]), gate=gate)
    with stage.start(root / "annotate", "annotate", config={}, inputs=[stage.input_record(root / "clean")]
                     if gate != "failed" else []) as run:
        run.finish(data=ranking_frame(rankings), metrics={"scripted_rule": "longer wins", "agreement": 0.75})
    with stage.start(root / "sft", "sft", config={"learning_rate": 1e-4},
                     inputs=[stage.input_record(root / "annotate")]) as run:
        with run.atomic("model") as model:
            model.mkdir()
            (model / "config.json").write_text("{}")
            (model / "model.safetensors").write_bytes(b"weights")
            (model / "README.md").write_text("somebody else's card")
        run.finish(rows=stage.Rows(**{"in": 3, "kept": 3, "dropped": 0}), metrics={"base": {"name": "smollm2"}, "loss": 2.5})
    return root


@pytest.fixture
def root(tmp_path):
    return chain(tmp_path / "all")


# the folder


def test_datasets_opens_the_folder_offline_with_every_config(root, tmp_path):
    ready = prepare(root, tmp_path / "hub", "Wild 野")
    assert ready.rows == {"sft": 1, "ranking": 3, "preference": 5}
    for config, columns in (("sft", {"messages", "made_by", "origin"}), ("ranking", {"candidates", "rankings"}),
                            ("preference", {"prompt", "chosen", "rejected"})):
        rows = datasets.load_dataset(str(tmp_path / "hub"), config, split="train", cache_dir=str(tmp_path / "cache"))
        assert len(rows) == ready.rows[config]
        assert columns <= set(rows.column_names)
    assert rows[0]["prompt"][0]["role"] == "user"
    assert rows[0]["chosen"][0]["role"] == "assistant"


def test_the_card_tells_the_licence_that_results_and_marks_scripted_rankings(root, tmp_path):
    prepare(root, tmp_path / "hub", "Wild 野")
    card = DatasetCard.load(tmp_path / "hub" / "README.md")
    assert card.data.license == "cc-by-sa-4.0"
    for said in ("`scripted:`", "longer wins", "EMAIL 2", "0.75", "cc-by-4.0", "self_instruct/en"):
        assert said in card.text


def test_nothing_in_the_folder_points_at_an_author_or_this_machine(tmp_path):
    root = chain(tmp_path / "all", rows=())
    prepare(root, tmp_path / "hub", "x")
    told = "".join(path.read_text() if path.suffix != ".parquet" else pl.read_parquet(path).write_json()
                   for path in (tmp_path / "hub").rglob("*") if path.is_file())
    assert HERE["url"] in told
    for word in (HERE["author"], "e" * 16, str(tmp_path)):
        assert word not in told
    assert "person:1" in told


def test_the_same_stages_give_the_same_bytes(root, tmp_path):
    def bytes_of(name):
        prepare(root, tmp_path / name, "x")
        return {p.relative_to(tmp_path / name): p.read_bytes() for p in (tmp_path / name).rglob("*") if p.is_file()}

    assert bytes_of("a") == bytes_of("b")


def test_where_no_row_has_an_answer_the_best_candidate_is_it(tmp_path):
    root = chain(tmp_path / "all", rows=(), rankings=RANKINGS[:2])
    prepare(root, tmp_path / "hub", "x")
    rows = pl.read_parquet(tmp_path / "hub" / "sft").to_dicts()
    assert {row["id"]: row["messages"][-1]["content"] for row in rows} == {
        TIE.id: "answer 1 to What is a tie?", TWIN.id: "answer 0 to 什么是并列？"}
    assert all(row["made_by"]["model"] == "smollm2" for row in rows)


def test_people_outrank_scripts_and_ties_make_no_pair():
    pairs = preference_frame(RANKINGS).to_dicts()
    by_people = [(p["chosen"][0]["content"], p["rejected"][0]["content"]) for p in pairs if p["annotator"] == "person"]
    assert by_people == [("answer 1 to What is a tie?", f"answer {i} to What is a tie?") for i in (0, 2)]
    assert not [p for p in pairs if p["language"] == "zh-Hans"]
    assert len({p["id"] for p in pairs}) == len(pairs) == 5


def test_two_people_who_disagree_make_no_pair():
    row = ranked(TIE, Ranking(annotator="person:a", ranks=(1, 2, 2)), Ranking(annotator="person:b", ranks=(2, 1, 2)))
    pairs = [(p["chosen"][0]["content"][7], p["rejected"][0]["content"][7], p["agreement"])
             for p in preference_frame([row]).to_dicts()]
    assert pairs == [("0", "2", 0.5), ("1", "2", 0.5)]


def test_one_stage_alone_can_be_published(root, tmp_path):
    assert prepare(root / "clean", tmp_path / "hub", "x").rows == {"sft": 1}


def test_a_model_is_published_with_its_own_card(root, tmp_path):
    ready = prepare(root / "sft", tmp_path / "hub", "Wild")
    card = ModelCard.load(tmp_path / "hub" / "README.md")
    assert ready.kind == "model"
    assert (card.data.base_model, card.data.license) == ("HuggingFaceTB/SmolLM2-135M-Instruct", "cc-by-sa-4.0")
    assert "somebody else" not in card.text
    assert (root / "sft" / "model" / "README.md").read_text() == "somebody else's card"
    assert (tmp_path / "hub" / "model.safetensors").read_bytes() == b"weights"


def test_files_of_somebody_else_are_left_alone(root, tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(OutputError, match="did not write"):
        prepare(root, tmp_path, "x")


# what speaks against it


@pytest.mark.parametrize(("license", "why"), [("cc-by-nd-4.0", "no derived works"), ("All rights reserved", "forbids"),
                                              (None, "nobody has said")])
def test_a_licence_that_forbids_it_is_named_with_its_source(tmp_path, license, why):
    root = chain(tmp_path / "all", collected=(TIE, TWIN, seed("Mine?", "en", license)))
    with pytest.raises(InputError, match=f"1 row of x tweets.js .*{why}"):
        prepare(root, tmp_path / "hub", "x")
    assert not (tmp_path / "hub").exists()


def test_the_publisher_can_say_what_nobody_stated(tmp_path):
    root = chain(tmp_path / "all", seeds=(seed("What is a tie?", "en", None),), rankings=RANKINGS[:1], rows=())
    assert prepare(root, tmp_path / "hub", "x", unstated="cc-by-nc-4.0").licence == "cc-by-nc-4.0"


@pytest.mark.parametrize("leak", ["write to jane.doe@gmail.com", "我的电话是13812345678，请回电",
                                  "key AKIAIOSFODNN7EXAMPLE and ghp_16C7e42F292c6912E7710c838347Ae178B4a"])
def test_personal_data_and_secrets_are_found_and_not_repeated(tmp_path, leak):
    root = chain(tmp_path / "all", rows=(made(f"Question? {leak}", "x", TIE),))
    with pytest.raises(InputError, match="still holds personal data or secrets") as caught:
        prepare(root, tmp_path / "hub", "x")
    assert leak not in str(caught.value)
    assert "sft " in str(caught.value)


def test_a_type_that_was_looked_at_passes(tmp_path):
    root = chain(tmp_path / "all", rows=(made("Mail jane.doe@gmail.com?", "x", TIE),))
    assert prepare(root, tmp_path / "hub", "x", accept=["EMAIL"]).accepted == {"EMAIL": 1}


@pytest.mark.parametrize("text", ["My name is Orla Finch, how do I write to my bank?", "我叫林小舟，怎样给银行写信？"])
def test_a_person_who_introduces_herself_is_found_and_her_row_counts_once(tmp_path, text):
    root = chain(tmp_path / "all", rows=(made(text, f"Begin with the date. {text}", TIE),))
    with pytest.raises(InputError, match="NAME in 1 row, for example sft") as caught:
        prepare(root, tmp_path / "hub", "x")
    assert "--accept NAME" in str(caught.value)


def test_a_failed_gate_anywhere_behind_it_stops_it(root, tmp_path):
    path = root / "clean" / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "gate": "failed"}))
    with pytest.raises(GateError, match="clean stage failed"):
        gather(root)


def test_a_file_that_was_altered_anywhere_behind_it_stops_it(root, tmp_path):
    instruction_frame([TIE]).write_parquet(root / "clean" / "data.parquet")
    with pytest.raises(InputError, match=r"data\.parquet was altered"):
        gather(root)


@pytest.mark.parametrize("manifest", ["{}", "[" * 9, '{"stage": "clean"}'])
def test_a_stage_with_a_broken_manifest_is_refused_and_none_beside_it_taken(root, tmp_path, manifest):
    (root / "clean" / "manifest.json").write_text(manifest)
    with pytest.raises(InputError, match="cannot be read as a manifest"):
        prepare(root / "clean", tmp_path / "out", "title", unstated="cc-by-4.0")
    assert not (tmp_path / "out").exists()


def test_nothing_to_publish_is_said(tmp_path):
    for place in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(InputError):
            gather(place)


# the Hub


@pytest.fixture
def hub(monkeypatch, tmp_path):
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub-cache"))
    monkeypatch.setenv("HF_TOKEN", "hf_loopback")
    with serving() as (state, address):
        monkeypatch.setenv("HF_ENDPOINT", address)
        yield state
    huggingface_hub.close_session()


def send(root, tmp_path, **options):
    given = {"out": tmp_path / "out", "yes": True, "public": False, "dry_run": False}
    given |= dict.fromkeys(("title", "tag", "unstated_license", "license", "accept"))
    publish(root, "me/wild", **{**given, **options})


def sent(hub, kind="dataset"):
    repo = hub.repos[kind, "me/wild"]
    return repo, repo["commits"][repo["main"]]


def test_a_new_dataset_is_private_complete_and_tagged(root, tmp_path, hub, capsys):
    send(root, tmp_path)
    repo, files = sent(hub)
    assert repo["private"]
    assert repo["tags"] == {"v1": repo["main"]}
    assert set(files) == {".gitattributes", "README.md", "lineage.json", "figures/prompts.svg", "figures/answers.svg",
                          *(f"{c}/train-00000-of-00001.parquet" for c in ("sft", "ranking", "preference"))}
    assert pl.read_parquet(io.BytesIO(files["ranking/train-00000-of-00001.parquet"])).height == 3
    assert capsys.readouterr().out.strip().endswith("/datasets/me/wild/tree/v1")


def test_publishing_the_same_again_sends_nothing(root, tmp_path, hub, capsys):
    send(root, tmp_path)
    before = dict(sent(hub)[0]["commits"])
    send(root, tmp_path)
    assert sent(hub)[0]["commits"] == before
    assert sent(hub)[0]["tags"].keys() == {"v1"}
    assert "nothing to send" in capsys.readouterr().err


def test_another_version_shows_what_changes_and_asks(root, tmp_path, hub, capsys, monkeypatch):
    send(root, tmp_path)
    more = chain(tmp_path / "more", rows=(ROW, made("Name a sea.", "The Red Sea.", TIE)), rankings=[])
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    with pytest.raises(InputError, match="wants a yes"):
        send(more, tmp_path, yes=False)
    told = capsys.readouterr().err
    assert "sft: 1 row added, 0 removed, 1 stay" in told
    assert "ranking: 0 rows added, 3 removed, 0 stay" in told
    assert "- preference/train-00000-of-00001.parquet" in told
    send(more, tmp_path)
    repo, files = sent(hub)
    assert repo["tags"].keys() == {"v1", "v2"}
    assert repo["tags"]["v2"] == repo["main"] != repo["tags"]["v1"]
    assert "ranking/train-00000-of-00001.parquet" not in files


def test_a_broken_upload_goes_on_without_sending_twice(root, tmp_path, hub):
    hub.fail_commits = 1
    with pytest.raises(EndpointError, match="answered 500"):
        send(root, tmp_path)
    already = len(hub.puts)
    assert already == 3
    send(root, tmp_path)
    assert len(hub.puts) == already
    assert sent(hub)[0]["tags"].keys() == {"v1"}


def test_a_commit_without_its_tag_gets_it(root, tmp_path, hub):
    send(root, tmp_path)
    repo = sent(hub)[0]
    repo["tags"].clear()
    send(root, tmp_path)
    assert repo["tags"] == {"v1": repo["main"]}


def test_a_model_goes_to_a_model_repository(root, tmp_path, hub):
    send(root / "sft", tmp_path, public=True)
    repo, files = sent(hub, "model")
    assert not repo["private"]
    assert files["model.safetensors"] == b"weights"
    assert b"smollm2" in files["README.md"]


def test_without_a_token_that_may_write_it_says_which_variable(root, tmp_path, hub, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    with pytest.raises(EndpointError, match="HF_TOKEN"):
        send(root, tmp_path)


def test_a_hub_that_does_not_answer_is_one_message(root, tmp_path, hub, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(EndpointError, match="does not answer"):
        send(root, tmp_path)


def test_a_dry_run_sends_nothing_and_writes_the_exact_folder(root, tmp_path, hub, capsys):
    send(root, tmp_path, dry_run=True)
    assert hub.repos == {}
    folder = tmp_path / "out"
    assert capsys.readouterr().out.strip() == str(folder)
    send(root, tmp_path)
    files = sent(hub)[1]
    assert {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()} == \
        {name: content for name, content in files.items() if name != ".gitattributes"}


@pytest.mark.parametrize("name", ["wild", "a/b/c", "../x", "me/wi ld"])
def test_a_name_that_is_none_is_refused_before_any_work(name):
    with pytest.raises(InputError, match="no repository id"):
        Repository(name, "dataset")


def test_what_a_model_wrote_is_masked_before_it_is_published_and_the_card_says_so(tmp_path):
    row = ranked(TIE, Ranking(annotator="scripted:length", ranks=(1, 2, 3)))
    wrote = row.candidates[1].model_copy(update={"text": "Write to ann.lee@mail.example, or again ann.lee@mail.example."})
    row = row.model_copy(update={"candidates": (row.candidates[0], wrote, row.candidates[2])})
    root = chain(tmp_path / "all", rankings=[row])
    with pytest.raises(InputError, match="EMAIL"):
        prepare(root / "annotate", tmp_path / "hub", "Ties")
    ready = prepare(root / "annotate", tmp_path / "hub", "Ties", mask=True)
    assert ready.masked == {"EMAIL": 2}
    texts = [candidate["text"] for candidate in pl.read_parquet(tmp_path / "hub/ranking/*.parquet")["candidates"][0]]
    assert texts[1] == "Write to [EMAIL_1], or again [EMAIL_1]."
    pairs = pl.read_parquet(tmp_path / "hub/preference/*.parquet")
    assert "ann.lee" not in str(pairs.to_dicts())
    assert pl.read_parquet(tmp_path / "hub/ranking/*.parquet")["id"].to_list() == [TIE.id]
    card = (tmp_path / "hub/README.md").read_text()
    assert "publish replaced personal data in answers by typed placeholders: EMAIL 2" in card
