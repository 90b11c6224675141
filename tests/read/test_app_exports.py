"""Exports of chat applications are conversations: roles, thoughts and branches as the person saw them."""

import json

import pytest

from instructwild.read.instructions import read
from instructwild.stage.frames import instructions


def rows_of(tmp_path, value):
    path = tmp_path / "export.json"
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    table = read([path])
    return [*instructions(table.frame)], table


def said(row):
    return [(message.role, message.content) for message in row.messages]


TURNS = [("user", "Where do curlews nest?"), ("assistant", "In meadows.")]


def test_claude_export_keeps_thoughts_apart_and_all_else_in_extra(tmp_path):
    conversation = {"uuid": "c1", "name": "Birds", "chat_messages": [
        {"uuid": "m1", "sender": "human", "text": TURNS[0][1], "content": [{"type": "text", "text": TURNS[0][1]}]},
        {"uuid": "m2", "sender": "assistant", "text": TURNS[1][1], "content": [
            {"type": "thinking", "thinking": "waders"}, {"type": "text", "text": TURNS[1][1]}]},
        {"uuid": "m3", "sender": "human", "text": "Thanks.", "content": [{"type": "unheard_of"}]}]}
    for value in ([conversation], conversation):
        [row], table = rows_of(tmp_path, value)
        assert said(row) == [*TURNS, ("user", "Thanks.")]
        assert row.messages[1].reasoning_content == "waders"
        assert row.extra["name"] == "Birds"
        assert row.extra["chat_messages_fields"][0] == {"uuid": "m1"}
        assert list(table.inputs[0].read_as.layouts) == ["Claude export, with thoughts"]


def test_open_webui_follows_the_branch_that_was_seen_and_keeps_the_others(tmp_path):
    def message(name, parent, role, text):
        return {"id": name, "parentId": parent, "role": role, "content": text}
    stored = {"1": message("1", None, "user", TURNS[0][1]), "2": message("2", "1", "assistant", "In trees."),
              "3": message("3", "1", "assistant", TURNS[1][1])}
    [row], _ = rows_of(tmp_path, [{"id": "x", "chat": {"history": {"messages": stored, "currentId": "3"}}}])
    assert said(row) == TURNS
    assert row.extra["chat"]["history"]["messages"]["2"]["content"] == "In trees."
    del stored["2"]
    [row], _ = rows_of(tmp_path, [{"id": "x", "chat": {"history": {"messages": stored, "currentId": "3"}}}])
    assert "chat" not in row.extra


@pytest.mark.parametrize("nested", [True, False])
def test_librechat_messages_have_the_roles_of_who_wrote_them(tmp_path, nested):
    asking = {"messageId": "a", "parentMessageId": "00000000-0000-0000-0000-000000000000", "sender": "User",
              "text": TURNS[0][1], "isCreatedByUser": True}
    answer = {"messageId": "b", "parentMessageId": "a", "sender": "GPT", "text": "", "isCreatedByUser": False,
              "content": [{"type": "think", "think": "waders"}, {"type": "text", "text": {"value": TURNS[1][1]}}]}
    if nested:
        del answer["parentMessageId"]
    messages = [{**asking, "children": [answer]}] if nested else [asking, answer]
    [row], _ = rows_of(tmp_path, {"conversationId": "c", "title": "Birds", "messages": messages})
    assert said(row) == TURNS
    assert row.messages[1].reasoning_content == "waders"


def test_deepseek_fragments(tmp_path):
    mapping = {"root": {"id": "root", "parent": None, "children": ["1"], "message": None},
               "1": {"id": "1", "parent": "root", "children": ["2"],
                     "message": {"fragments": [{"type": "REQUEST", "content": TURNS[0][1]}]}},
               "2": {"id": "2", "parent": "1", "children": [], "message": {"fragments": [
                   {"type": "THINK", "content": "waders"}, {"type": "RESPONSE", "content": TURNS[1][1]}]}}}
    [row], _ = rows_of(tmp_path, [{"title": "Birds", "mapping": mapping}])
    assert said(row) == TURNS
    assert row.messages[1].reasoning_content == "waders"


def test_one_sides_message_is_no_text_to_be_learnt(tmp_path):
    rows, table = rows_of(tmp_path, [{"sender": "User", "text": "Where?"}])
    assert not rows
    assert "one message of a conversation" in table.malformed[0].row["problem"]
