// One row whole: its conversation, what is known about it, its twins, and what became of it.
import { $, el, link, marked, tag, visible } from "/page/elements.js";
import { editBar } from "/page/editor.js";
import { badges } from "/page/list.js";
import { get } from "/page/server.js";
import { count, say } from "/page/words.js";

const json = (value) => el("pre", {}, typeof value === "string" ? value : JSON.stringify(value, null, 1));
const block = (name, ...children) => el("section", { class: "block" }, el("h3", {}, say(name)), ...children);
const fact = (name, value) => value === null || value === undefined || value === "" ? null : [el("dt", {}, name), el("dd", {}, value)];

function turn(message, language) {
  return el("div", { class: `turn ${message.role}` }, el("h4", {}, say(message.role), message.name ? ` ${visible(message.name)}` : ""),
    message.reasoning_content ? el("details", {}, el("summary", {}, say("thoughts")), el("div", { class: "text", dir: "auto" }, message.reasoning_content)) : null,
    el("div", { class: "text", dir: "auto", lang: tag(language) }, message.content),
    message.tool_calls ? el("details", {}, el("summary", {}, say("calls")), json(message.tool_calls)) : null);
}

function answers(row) {
  const ranked = (place) => row.rankings.map((ranking) => `${visible(ranking.annotator)}: ${say("rank", { n: ranking.ranks?.[place] ?? "–" })}`).join(" · ");
  return el("div", { class: "answers" }, row.answers.map((answer, place) => el("div", { class: "turn assistant" },
    el("h4", {}, answer.name ? say(answer.name) : say("candidate", { n: place + 1 }), answer.model ? ` · ${visible(answer.model)}` : ""),
    el("div", { class: "text", dir: "auto", lang: tag(row.language) }, answer.text), el("p", { class: "soft" }, ranked(place)))));
}

function origins(row) {
  return el("ul", { class: "plain-list" }, row.origin.map((place) => el("li", {}, [place.kind, place.source].filter(Boolean).join(" · "), " ",
    place.url ? link(place.url) : null, el("span", { class: "soft" }, [place.license, place.collected_at, place.author].filter(Boolean).map((text) => ` · ${visible(text)}`).join("")))));
}

function about(row, jump) {
  const labels = row.labels ?? {};
  return [row.left ? block("why_left", el("dl", {}, fact(say("step"), row.left.step), fact(say("reason"), row.left.reason)), row.left.evidence === null ? null : [el("h4", {}, say("evidence")), json(row.left.evidence)]) : null,
    row.origin.length ? block("origin", origins(row)) : null,
    row.made_by ? block("made_by", el("dl", {}, Object.entries(row.made_by).map(([name, value]) => fact(name, typeof value === "object" && value !== null ? JSON.stringify(value) : value === null ? null : String(value))))) : null,
    row.parents.length ? block("parents", el("p", {}, row.parents.map((id) => [el("button", { class: "id plain", onclick: () => jump(id) }, id), " "]))) : null,
    labels.type || labels.risk?.length || labels.flags?.length ? block("labels", el("dl", {}, fact(say("type"), labels.type), fact(say("risk"), labels.risk?.join(", ")), fact(say("flags"), labels.flags?.join(", ")))) : null,
    row.tools ? block("tools", json(row.tools)) : null, row.extra ? block("extra", json(row.extra)) : null];
}

function twin(each, open) {
  const pair = (runs) => el("div", { class: "pair" }, el("div", {}, el("h4", {}, say("this_row")), el("div", { class: "text", dir: "auto" }, marked(runs[0]))),
    el("div", {}, el("h4", {}, say("that_row")), el("div", { class: "text", dir: "auto" }, marked(runs[1]))));
  return el("article", { class: "twin" }, el("p", { class: "facts" }, each.recorded ? el("span", { class: "badge edit" }, say("recorded")) : null,
    each.f === null ? null : el("span", { class: "badge line" }, say("resemblance", { f: each.f.toFixed(3) })),
    el("span", { class: `badge ${each.kept ? "good" : "bad"}` }, each.kept ? say("kept") : `${say("dropped")}: ${each.reason ?? ""}`),
    el("button", { class: "plain", onclick: () => open(each.n) }, say("open"))), pair(each.prompts), each.answers ? pair(each.answers) : null);
}

const family = (rows, jump) => el("ul", { class: "plain-list" }, rows.map((each) => el("li", {}, el("button", { class: "id plain", onclick: () => jump(each.id) }, each.id), " ",
  el("span", { dir: "auto" }, each.text.length > 160 ? `${each.text.slice(0, 160)} …` : each.text),
  el("span", { class: "soft" }, each.seen.map((seen) => ` · ${say(seen.fate === "kept" ? "was_kept" : "was_dropped")} ${visible(seen.folder)}`).join("")))));

const uses = (listed) => el("ul", { class: "plain-list" }, listed.map((use) => el("li", {}, `${use.stage} · ${use.folder} · ${say("n_rows", { n: count(use.rows) })}`,
  use.model ? el("span", { class: "id" }, ` ${use.model.slice(0, 12)}`) : null, use.used_by.length ? uses(use.used_by) : null)));

function past(answer, jump) {
  const traced = answer.history;
  if (!traced) return el("p", { class: "soft" }, say("no_history", { root: answer.root }));
  return el("div", {}, el("ul", { class: "plain-list" }, traced.seen.map((seen) => el("li", {}, `${say(seen.fate === "kept" ? "was_kept" : "was_dropped")} `, el("b", {}, seen.folder), seen.reason ? ` · ${visible(seen.reason)}` : ""))),
    traced.made_from.length ? [el("h4", {}, say("made_from")), family(traced.made_from, jump)] : null,
    traced.became.length ? [el("h4", {}, say("became")), family(traced.became, jump), traced.became_more ? el("p", { class: "soft" }, say("and_more", { n: count(traced.became_more) })) : null] : null,
    traced.used_by.length ? [el("h4", {}, say("used_by")), uses(traced.used_by)] : null);
}

/** Draw a row; twins and history follow when they are known. `actions`: close, open(n), jump(id), edited(row). */
export function drawRow(row, source, actions) {
  const list = { ...row, reason: row.left?.reason, type: row.labels?.type, flags: row.labels?.flags, edits: row.edits.map((edit) => edit.edit) };
  const twins = block("twins", el("p", { class: "soft" }, say("looking"))), history = block("history", el("p", { class: "soft" }, say("looking")));
  $("detail").replaceChildren(...[el("div", { class: "bar" }, el("h2", {}, say("detail")), el("button", { id: "close-row", onclick: actions.close }, say("close"))),
    badges(list), editBar(row, source, actions.edited),
    row.messages.length ? el("div", { class: "turns" }, row.messages.map((message) => turn(message, row.language))) : null,
    row.answers.length ? answers(row) : null, row.raw ? block("raw", json(row.raw)) : null, ...about(row, actions.jump), twins, history].filter(Boolean));
  $("detail").hidden = false;
  document.body.classList.add("row-open");
  $("detail").scrollTop = 0;
  const later = (path, parameters, node, draw) => get(path, parameters).then((answer) => node.lastChild.replaceWith(draw(answer)),
    (error) => node.lastChild.replaceWith(el("p", { class: "soft" }, error.message)));
  later("twins", { source, n: row.n }, twins, (answer) => answer.twins.length ? el("div", {}, answer.twins.map((each) => twin(each, actions.open))) : el("p", { class: "soft" }, say("no_twins")));
  if (row.id) later("history", { id: row.id }, history, (answer) => past(answer, actions.jump));
  else history.remove();
}
