// Two sources side by side: what was added, dropped and rewritten, a page at a time.
import { $, el, marked } from "/page/elements.js";
import { SIZE } from "/page/list.js";
import { get } from "/page/server.js";
import { count, say } from "/page/words.js";

const request = { first: 0, second: 1, q: "", change: "", why: "", offset: 0 };
let waiting = null;

function choice(name, options, value, change) {
  return el("select", { "aria-label": say(name), onchange: (event) => change(event.target.value) },
    options.map(([key, label]) => el("option", { value: key, selected: String(key) === String(value) }, label)));
}

function changed(row, jump) {
  const side = (name, runs) => el("div", {}, el("h4", {}, say(name)), el("div", { class: "text", dir: "auto" }, marked(runs)));
  return el("article", { class: "twin" }, el("p", { class: "facts" }, el("span", { class: `badge ${row.change === "dropped" ? "bad" : row.change === "added" ? "good" : "edit"}` }, say(row.change)),
    row.why ? el("span", { class: "badge" }, say(row.why)) : null, el("button", { class: "id plain", onclick: () => jump(row.id, row.change === "dropped" ? Number(request.first) : Number(request.second)) }, row.id)),
  row.change === "rewritten" ? el("div", { class: "pair" }, side("before", row.before), side("after", row.after))
    : el("div", { class: "text", dir: "auto" }, marked(row.change === "added" ? row.after : row.before)));
}

function shifts(answer) {
  return el("div", { class: "shifts" }, Object.entries(answer.shifts).map(([name, values]) => {
    const moved = Object.entries(values);
    return moved.length ? el("details", {}, el("summary", {}, say("by", { name: say(name) })), el("div", { class: "scroll" }, el("table", {}, el("thead", {}, el("tr", {}, [name, "before", "after", "change"].map((head) => el("th", {}, say(head))))),
      el("tbody", {}, moved.map(([value, [before, after]]) => el("tr", {}, el("td", {}, say(value)), [before, after, after - before].map((n) => el("td", { class: "n" }, count(n))))))))) : null;
  }));
}

/** Draw the comparison; `jump(id, source)` opens a row. */
export async function drawCompare(sources, jump) {
  const place = $("compare-view"), again = (change) => { Object.assign(request, { offset: 0 }, change); drawCompare(sources, jump); };
  const names = sources.map((source, number) => [number, source.name]);
  const controls = el("form", { class: "controls", role: "search", onsubmit: (event) => { event.preventDefault(); again({ q: event.target.querySelector("input").value }); } },
    choice("first", names, request.first, (first) => again({ first, why: "" })), el("span", { "aria-hidden": "true" }, "→"), choice("second", names, request.second, (second) => again({ second, why: "" })),
    el("input", { type: "search", id: "compare-q", value: request.q, "aria-label": say("search"), placeholder: say("search") }));
  const body = el("div", { id: "changes" }, el("p", { class: "soft" }, say("comparing")));
  place.replaceChildren(controls, body);
  waiting?.abort();
  waiting = new AbortController();
  let answer;
  try {
    answer = await get("compare", request, waiting.signal);
  } catch (error) {
    if (error.name !== "AbortError") body.replaceChildren(el("p", { class: "problem" }, error.message));
    return;
  }
  const tab = (key, label) => el("button", { "aria-pressed": String(request.change === key), onclick: () => again({ change: key, why: "" }) }, label);
  const reasons = Object.entries(answer.reasons);
  body.replaceChildren(el("p", {}, el("b", {}, answer.first), ` ${say("n_rows", { n: count(answer.rows[0]) })} → `, el("b", {}, answer.second), ` ${say("n_rows", { n: count(answer.rows[1]) })}`),
    el("p", { class: "buttons" }, tab("", say("everything")), ["added", "dropped", "rewritten"].map((name) => tab(name, `${say(name)} ${count(answer.counts[name])}`)),
      el("span", { class: "soft" }, ` ${say("same")} ${count(answer.same)} · ${say("relabelled")} ${count(answer.relabelled)}`),
      reasons.length ? choice("why", [["", say("all_reasons")], ...reasons.map(([name, n]) => [name, `${say(name)} ${count(n)}`])], request.why, (why) => again({ why, change: why ? "dropped" : request.change })) : null),
    shifts(answer), el("p", { role: "status", class: "total" }, answer.total ? say("total", { n: count(answer.total) }) : say("nothing")),
    ...answer.shown.map((row) => changed(row, jump)),
    answer.total > SIZE ? el("p", { class: "buttons" }, el("button", { disabled: request.offset === 0, onclick: () => again({ offset: Math.max(0, request.offset - SIZE) }) }, say("previous")),
      say("of", { from: count(request.offset + 1), to: count(request.offset + answer.shown.length), n: count(answer.total) }),
      el("button", { disabled: request.offset + answer.shown.length >= answer.total, onclick: () => again({ offset: request.offset + SIZE }) }, say("next"))) : "");
}
