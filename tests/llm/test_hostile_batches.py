"""Providers of batches as they are on bad days: late, forgetful, of other minds about the time. Nothing is paid twice."""

import json

import pytest
from batch_provider import Provider, serving

from instructwild import stage
from instructwild.errors import EndpointError
from instructwild.expand.replies import ResponsePlan
from instructwild.expand.respond import respond
from instructwild.llm.batches import engine, http, providers
from instructwild.llm.batches.protocol import openai_result, openai_state
from instructwild.llm.open import Limits
from instructwild.llm.price import Price
from instructwild.llm.request import Request
from instructwild.schema import Message

ROWS = 18
BOTH = pytest.mark.parametrize("protocol", ["openai", "anthropic"])


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch):
    for module, name, value in [(engine, "FIRST_POLL", 0.005), (engine, "LONGEST_POLL", 0.02), (http, "LONGEST_PAUSE", 0.02),
                                (providers, "FIND_PAUSE", 0.005), (engine, "LOOK_PAUSE", 0.02)]:
        monkeypatch.setattr(module, name, value)


@pytest.fixture
def prompts(tmp_path):
    path = tmp_path / "prompts.jsonl"
    texts = ("渡口的第{}条船去哪里？", "Where does ferry {} go?")
    path.write_text("".join(json.dumps({"instruction": text.format(number)}, ensure_ascii=False) + "\n"
                            for number in range(ROWS // 2) for text in texts), encoding="utf-8")
    return path


def run(prompts, out, url, **limits):
    return respond([prompts], out, [f"{url}#scripted"], ResponsePlan(), limits=Limits(
        provider_batch=True, price=Price(2.0, 8.0), **limits))


def check(done, provider, rows=ROWS):
    assert done.frame().height == rows
    assert set(provider.paid.values()) == {1}
    sent, received = provider.usage
    assert done.manifest.usd == pytest.approx((sent * 1.0 + received * 4.0) / 1e6, abs=2e-6)


def killed_after_the_upload(prompts, out, url, provider, monkeypatch):
    """A run that ends when its batch is at the provider and nothing is known of it here."""
    with monkeypatch.context() as patch:
        patch.setattr(engine.BatchRecord, "arrived", lambda *_: pytest.fail("killed"))
        with pytest.raises(pytest.fail.Exception, match="killed"):
            run(prompts, out, url)
    assert len(provider.batches) == 1


@BOTH
@pytest.mark.parametrize("ahead", [-7 * 3600, 9 * 3600])
def test_a_clock_of_another_time_zone_hides_no_batch(prompts, tmp_path, protocol, ahead, monkeypatch):
    provider = Provider(protocol, ahead=ahead)
    with serving(provider) as url:
        killed_after_the_upload(prompts, tmp_path / "out", url, provider, monkeypatch)
        check(run(prompts, tmp_path / "out", url), provider)
    assert len(provider.batches) == 1


def test_a_provider_that_keeps_no_metadata_knows_the_file(prompts, tmp_path, monkeypatch):
    provider = Provider()
    described = provider.described
    monkeypatch.setattr(provider, "described", lambda batch: {**described(batch), "metadata": None})
    with serving(provider) as url:
        killed_after_the_upload(prompts, tmp_path / "out", url, provider, monkeypatch)
        check(run(prompts, tmp_path / "out", url), provider)
    assert len(provider.batches) == 1


@BOTH
def test_a_list_that_is_late_hides_no_batch(prompts, tmp_path, protocol, monkeypatch):
    provider = Provider(protocol)
    with serving(provider) as url:
        killed_after_the_upload(prompts, tmp_path / "out", url, provider, monkeypatch)
        late, looks = dict(provider.batches), []
        real = providers.OpenAIBatches.find if protocol == "openai" else providers.AnthropicBatches.find

        async def find(self, batch):
            looks.append(batch)
            provider.batches = late if len(looks) > 2 else {}
            return await real(self, batch)

        monkeypatch.setattr(providers.OpenAIBatches if protocol == "openai" else providers.AnthropicBatches, "find", find)
        check(run(prompts, tmp_path / "out", url), provider)
    assert len(late) == 1


@pytest.mark.parametrize("times", [2, 4])
def test_result_files_that_come_after_the_end_are_waited_for(prompts, tmp_path, times, monkeypatch):
    provider = Provider()
    described, asked = provider.described, []

    def late(batch):
        state = described(batch)
        if state["output_file_id"]:
            asked.append(batch)
            if len(asked) <= times:
                return {**state, "output_file_id": None}
        return state

    monkeypatch.setattr(provider, "described", late)
    with serving(provider) as url:
        check(run(prompts, tmp_path / "out", url), provider)
    assert len(provider.batches) == 1


@BOTH
def test_results_with_lines_missing_are_fetched_again(prompts, tmp_path, protocol):
    provider = Provider(protocol, faults={"short": 0.1}, seed=5)
    with serving(provider) as url:
        check(run(prompts, tmp_path / "out", url), provider)
    assert provider.seen["short"]
    assert len(provider.batches) == 1


def test_what_never_comes_is_counted_and_not_paid_again(prompts, tmp_path, monkeypatch, capsys):
    provider = Provider()
    results = provider.results
    monkeypatch.setattr(provider, "results", lambda batch, kinds: "".join(
        sorted(results(batch, kinds).splitlines(keepends=True))[:ROWS - 3]))
    with serving(provider) as url:
        done = run(prompts, tmp_path / "out", url)
    assert (done.manifest.rows.kept, done.manifest.rows.dropped) == (ROWS - 3, 3)
    assert set(provider.paid.values()) == {1}
    assert done.manifest.metrics["possibly_charged"] > 0
    assert "3 rows without one may have been charged" in capsys.readouterr().err


def test_an_answer_counts_more_than_an_error_that_stands_before_it(prompts, tmp_path, monkeypatch):
    provider = Provider()
    results = provider.results

    def both(batch, kinds):
        good = results(batch, kinds).splitlines()
        bad = [json.dumps({"custom_id": json.loads(line)["custom_id"], "response": None, "error": {
            "code": "server_error", "message": "later"}}) for line in good]
        return "\n".join([*bad[: ROWS // 2], *good, *bad]) + "\n"

    monkeypatch.setattr(provider, "results", both)
    with serving(provider) as url:
        check(run(prompts, tmp_path / "out", url), provider)
    assert len(provider.batches) == 1


@pytest.mark.parametrize("ending", ["COMPLETED", "Expired", "canceled", "failed"])
def test_endings_by_other_names_are_understood(prompts, tmp_path, ending, monkeypatch):
    provider = Provider(faults={"unanswered": 0.2} if ending != "COMPLETED" else {}, seed=2)
    described = provider.described
    monkeypatch.setattr(provider, "described", lambda batch: {
        **(state := described(batch)), "status": ending if state["output_file_id"] else "IN_PROGRESS"})
    with serving(provider) as url:
        check(run(prompts, tmp_path / "out", url), provider)


@pytest.mark.parametrize(("method", "pattern", "status", "times"), [
    ("GET", "/v1/batches", 429, 3), ("POST", "/v1/files", 429, 3), ("POST", "/v1/batches", 429, 3),
    ("POST", "/v1/batches", 404, 2), ("GET", r"/v1/batches/\w+", 404, 3), ("GET", r"/v1/batches/\w+", 429, 4),
    ("GET", "/v1/files/.*/content", 429, 4), ("GET", "/v1/files/.*/content", 404, 3)])
def test_refusals_at_each_step_pass(prompts, tmp_path, method, pattern, status, times):
    provider = Provider()
    provider.refusals = [[method, pattern, status, times]]
    with serving(provider) as url:
        check(run(prompts, tmp_path / "out", url), provider)
    assert provider.refusals[0][3] == 0
    assert len(provider.batches) == len(provider.files) == 1, "a file that arrived is not sent again"


@pytest.mark.parametrize(("pattern", "status", "message"), [
    (r"/v1/batches/\w+", 401, "does not accept the key"), ("/v1/files/.*/content", 401, "does not accept the key"),
    (r"/v1/batches/\w+", 404, "does not know /batches/batch_0000"),
    ("/v1/files/.*/content", 410, "does not know the results")],
    ids=["another key", "another key for files", "another project", "deleted results"])
def test_a_batch_that_another_key_cannot_see_is_kept_for_the_right_one(prompts, tmp_path, pattern, status, message):
    provider = Provider()
    with serving(provider) as url:
        provider.refusals = [["GET", pattern, status, 99]]
        with pytest.raises(EndpointError, match=message):
            run(prompts, tmp_path / "out", url)
        provider.refusals = []
        check(run(prompts, tmp_path / "out", url), provider)
    assert len(provider.batches) == 1


def test_a_batch_without_files_is_free_where_nothing_was_answered():
    counts = {"total": 4, "completed": 0, "failed": 0}
    assert openai_state({"status": "expired", "request_counts": counts}).lines == 0
    assert openai_state({"status": "completed", "request_counts": counts}).lines == 4
    assert openai_state({"status": "failed", "request_counts": counts}).ending == "failed"
    assert openai_state({"status": "cancelling", "request_counts": counts}).ending == "waiting"
    assert openai_state({"status": ""}) is openai_state({}) is None


def test_an_answer_without_its_status_is_one():
    request = Request(messages=(Message(role="user", content="Which ferry?"),))
    body = {"choices": [{"message": {"role": "assistant", "content": "The third."}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 3, "completion_tokens": 2}}
    line = {"custom_id": "a", "response": {"body": body}, "error": None}
    assert openai_result(line, request, Price()).text == "The third."


def test_a_run_that_is_replaced_names_the_batches_that_nobody_waits_for(prompts, tmp_path, monkeypatch, capsys):
    provider = Provider()
    with serving(provider) as url:
        killed_after_the_upload(prompts, tmp_path / "out", url, provider, monkeypatch)
        prompts.write_text(prompts.read_text(encoding="utf-8") + '{"instruction": "And the tenth?"}\n', encoding="utf-8")
        done = respond([prompts], tmp_path / "out", [f"{url}#scripted"], ResponsePlan(), force=True, limits=Limits(
            provider_batch=True))
    assert done.frame().height == ROWS + 1
    assert "still be charged" in capsys.readouterr().err
    assert stage.load(tmp_path / "out").manifest.rows.kept == ROWS + 1
