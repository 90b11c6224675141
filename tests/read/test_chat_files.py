"""Conversations that chat applications keep: the branch or version in use, thoughts apart, and nothing lost."""

import json

from instructwild.read.instructions import read

ASK, SAID, MUSED = "How is felt made?", "Wool, water, soap and rubbing.", "They mean by hand."
STUDIO = {"runSettings": {"model": "models/g"}, "systemInstruction": {"text": "Be brief."}, "chunkedPrompt": {"chunks": [
    {"text": ASK, "role": "user", "tokenCount": 5}, {"text": MUSED, "role": "model", "isThought": True},
    {"text": "Wool, water, ", "role": "model"}, {"text": "soap and rubbing.", "role": "model", "finishReason": "STOP"}],
    "pendingInputs": [{"text": "", "role": "user"}]}}
ACTIVITY = {"header": "Gemini Apps", "title": f"Prompted {ASK}", "time": "2025-05-01T08:00:00Z", "products": ["Gemini Apps"],
            "safeHtmlItem": [{"html": "<p>Wool, water, <b>soap</b>.</p><ul><li>Rub it.</li></ul>"}]}
GROK = {"conversations": [{"conversation": {"id": "c", "title": "felt"}, "responses": [
    {"response": {"_id": "1", "sender": "human", "message": ASK, "parent_response_id": None}},
    {"response": {"_id": "2", "sender": "assistant", "message": "No idea.", "parent_response_id": "1"}},
    {"response": {"_id": "3", "sender": "ASSISTANT", "message": SAID, "thinking_trace": MUSED, "parent_response_id": "1",
                  "model": "g-4"}, "share_link": None}]}], "projects": [], "tasks": []}
LM_STUDIO = {"name": "felt", "pinned": False, "systemPrompt": "Be brief.", "messages": [
    {"versions": [{"type": "singleStep", "role": "user", "content": [{"type": "text", "text": ASK}]}],
     "currentlySelected": 0},
    {"versions": [{"type": "multiStep", "role": "assistant", "steps": [
        {"type": "contentBlock", "content": [{"type": "text", "text": "No idea."}]}]},
        {"type": "multiStep", "role": "assistant", "senderInfo": {"senderName": "q"}, "steps": [
            {"type": "contentBlock", "content": [{"type": "text", "text": MUSED}], "style": {"type": "thinking"}},
            {"type": "debugInfoBlock", "debugInfo": "x"},
            {"type": "contentBlock", "content": [{"type": "text", "text": SAID}]}]}], "currentlySelected": 1}]}


def table_of(folder, value):
    path = folder / "export.json"
    path.write_text(json.dumps(value, indent=1), encoding="utf-8")
    return read([path])


def turns_of(table):
    return [[(turn["role"], turn["content"], turn["reasoning_content"]) for turn in row]
            for row in table.frame["messages"].to_list()]


def extra_of(table):
    return json.loads(table.frame["extra"][0])


def test_ai_studio_thoughts_stand_apart_and_an_answer_in_chunks_is_one(tmp_path):
    table = table_of(tmp_path, STUDIO)
    assert turns_of(table) == [[("system", "Be brief.", None), ("user", ASK, None), ("assistant", SAID, MUSED)]]
    assert {"runSettings", "chunkedPrompt_fields"} <= {*extra_of(table)}


def test_ai_studio_chunks_that_are_files_leave_as_media(tmp_path):
    chunks = [{"driveImage": {"id": "1"}, "role": "user"}, *STUDIO["chunkedPrompt"]["chunks"]]
    lost, = table_of(tmp_path, {**STUDIO, "chunkedPrompt": {"chunks": chunks}}).malformed
    assert lost.reason == "media"


def test_gemini_activity_is_a_question_with_its_answer_as_markdown_and_other_records_are_none(tmp_path):
    table = table_of(tmp_path, [ACTIVITY, {**ACTIVITY, "title": "Used an Assistant feature"},
                                {**ACTIVITY, "title": "Asked Gemini: What now?", "safeHtmlItem": None}])
    assert turns_of(table)[0] == [("user", ASK, None), ("assistant", "Wool, water, **soap**.\n\n- Rub it.", None)]
    assert turns_of(table)[1] == [("user", "What now?", None)]
    assert extra_of(table)["safeHtmlItem"] == ACTIVITY["safeHtmlItem"]
    lost, = table.malformed
    assert "no question: 'Used an Assistant feature'" in lost.row["problem"]


def test_grok_follows_the_last_branch_and_keeps_all_responses(tmp_path):
    table = table_of(tmp_path, GROK)
    assert turns_of(table) == [[("user", ASK, None), ("assistant", SAID, MUSED)]]
    assert len(extra_of(table)["responses"]) == 3
    alone = {"conversations": [{**GROK["conversations"][0], "responses": GROK["conversations"][0]["responses"][:2]}]}
    assert "responses" not in extra_of(table_of(tmp_path, alone))


def test_lm_studio_reads_the_version_that_is_selected_and_keeps_the_others(tmp_path):
    table = table_of(tmp_path, LM_STUDIO)
    assert turns_of(table) == [[("system", "Be brief.", None), ("user", ASK, None), ("assistant", SAID, MUSED)]]
    assert extra_of(table)["messages"] == LM_STUDIO["messages"]
    one = {**LM_STUDIO, "messages": [LM_STUDIO["messages"][0], {"versions": LM_STUDIO["messages"][1]["versions"][1:],
                                                               "currentlySelected": 0}]}
    assert "messages" not in extra_of(table_of(tmp_path, one))


def test_claude_keeps_thoughts_and_calls_apart_where_results_stand_between_them(tmp_path):
    content = [{"type": "thinking", "thinking": MUSED},
               {"type": "tool_use", "id": None, "name": "search", "input": {"q": "felt"}},
               {"type": "tool_result", "name": "search", "content": [{"type": "knowledge", "title": "Felting", "url": "u"}]},
               {"type": "token_budget"}, {"type": "text", "text": SAID}]
    table = table_of(tmp_path, [{"uuid": "1", "chat_messages": [{"sender": "human", "text": ASK, "content": []},
                                                               {"sender": "assistant", "text": SAID, "content": content}]}])
    user, call, result, answer = table.frame["messages"].to_list()[0]
    assert (user["content"], answer["content"]) == (ASK, SAID)
    assert (call["content"], call["reasoning_content"]) == ("", MUSED)
    assert json.loads(call["tool_calls"])[0]["function"] == {"name": "search", "arguments": {"q": "felt"}}
    assert json.loads(result["content"])["title"] == "Felting"
