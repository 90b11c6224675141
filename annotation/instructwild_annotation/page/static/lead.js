import { get, make, post } from "./api.js";
import { say } from "./words.js";

const percent = (value) => (value == null ? "–" : `${Math.round(value * 100)}%`);
const between = (ends, form = percent) => (ends ? say("interval", `${form(ends[0])}–${form(ends[1])}`) : "");
const short = (value) => (value == null ? "–" : value.toFixed(2));
const figure = (value, text, below = "") => make("div", {}, make("b", { textContent: value }), make("span", { textContent: text }),
  make("div", { textContent: below }));

function table(head, rows) {
  return make("div", { className: "wide" }, make("table", {}, ...(head.length ? [make("thead", {}, make("tr", {}, ...head.map((text) => make("th", { textContent: text }))))] : []),
    make("tbody", {}, ...rows.map((cells) => make("tr", {}, ...cells.map((cell) => make("td", {}, cell)))))));
}

// A list of prompts, one page at a time; `cells` makes the cells of a prompt's line.
function list(name, first, cells, attempt) {
  const body = make("tbody");
  const more = make("button", { onclick: () => attempt(async () => add(await ofSet(`/api/lead/list/${name}/${body.childElementCount}`))) });
  function add({ total, prompts }) {
    body.append(...prompts.map((prompt) => make("tr", {}, ...cells(prompt).map((cell) => make("td", {}, cell)))));
    more.textContent = say("more_prompts", total - body.childElementCount);
    more.hidden = !prompts.length || body.childElementCount >= total;
  }
  add(first);
  return make("div", { className: "wide" }, make("table", {}, body), more);
}

// The curve as lines of figures, each with a bar as long as its share.
function curve(points) {
  if (!points.length) return make("p", { textContent: say("noCurve") });
  return table([say("prompts"), say("rankings"), say("accuracy"), ""], points.map((point) => [String(point.prompts), String(point.rankings),
    `${percent(point.accuracy)} ${between(point.interval)}`, make("meter", { min: 0, max: 1, low: 0.5, value: point.accuracy, ariaLabel: percent(point.accuracy) })]));
}

let set = "";
const ofSet = (path) => get(set ? `${path}?set=${encodeURIComponent(set)}` : path);

// Which of the sets pushed to this page is shown; nothing where there is one.
function chooser(data, again) {
  if (data.sets.length < 2) return "";
  const options = data.sets.map((name) => make("option", { value: name, textContent: name, selected: name === data.name }));
  return make("label", {}, `${say("set")} `, make("select", { id: "set", onchange: (event) => { set = event.target.value; again(); } }, ...options));
}

export async function showLead(section, { ask, attempt, open }) {
  const data = await ofSet("/api/lead");
  const again = () => showLead(section, { ask, attempt, open });
  const act = (path, body, then = again) => () => attempt(async () => then(await post(`/api/lead/${path}`, body)));
  const button = (word, onclick) => make("button", { textContent: say(word), onclick });
  const sure = (word, path, name) => () => ask(say(word, name), "", act(path, { name }));
  const people = data.people.map((entry) => [
    `${entry.name} (${entry.annotator.slice(7, 15)})`, entry.languages || "–", String(entry.done), String(entry.skipped), entry.seconds == null ? "–" : entry.seconds.toFixed(0),
    entry.agreement ? `${percent(entry.agreement.share)} ${between(entry.agreement.interval)}` : "–",
    entry.gold ? `${percent(entry.gold_score)} (${entry.gold})` : "–", say(entry.set_aside ? "aside" : entry.has_link ? "active" : "locked"),
    make("span", {}, button("revoke", sure("revokeSure", "revoke", entry.name)), " ", button("remove", sure("removeSure", "remove", entry.name)))]);
  const quote = (entry) => `${entry.prompt} (${entry.language})`;
  const shares = (groups, name = (key) => key) => table([], Object.entries(groups).map(([key, entry]) => [name(key), percent(entry.share),
    between(entry.interval), say("pairs", entry.pairs)]));
  const drawn = make("div");
  const draw = () => attempt(async () => { drawn.replaceChildren(make("p", { textContent: say("wait") })); drawn.replaceChildren(curve(await ofSet("/api/lead/curve"))); });
  section.replaceChildren(
    make("h1", { textContent: say("lead") }), chooser(data, () => attempt(again)), " ", button("refresh", () => attempt(again)),
    make("div", { className: "figures" }, figure(`${data.complete} / ${data.records}`, say("records")),
      figure(data.rankings, say("rankings"), `${data.left} ${say("left")}`), figure(data.per_hour == null ? "–" : Math.round(data.per_hour), say("pace")),
      figure(percent(data.agreement), say("agreement"), between(data.agreement_interval)),
      figure(short(data.alpha), say("alpha"), between(data.alpha_interval, short)),
      figure(percent(data.expected_width), say("expected"))),
    make("h2", { textContent: say("people") }),
    table(["name", "languages", "count", "skips", "seconds", "agreement", "gold", "state"].map((word) => say(word)).concat(""), people),
    make("h2", { textContent: say("byLanguage") }),
    shares(data.agreement_by_language),
    ...(Object.keys(data.agreement_by_type).length ? [make("h2", { textContent: say("byType") }),
      shares(data.agreement_by_type, (key) => (key === "unlabelled" ? say("unlabelled") : key.replaceAll("_", " ")))] : []),
    make("h2", { textContent: say("curve") }), make("p", { textContent: say("curveMeans") }), button("drawCurve", draw), drawn,
    make("h2", { textContent: say("disagreements") }),
    list("disagreements", data.disagreements, (entry) => [quote(entry), percent(entry.share), entry.rankings.map((ranks) => ranks.join(" ")).join(" | "),
      make("span", {}, button("ask", act("more", { record: entry.record })), " ", button("settle", act("settle", { record: entry.record }, (answer) => open(
        { ...answer, done: 0, skipped: 0, waiting: 0 }))))], attempt),
    make("h2", { textContent: say("unanimous") }),
    list("unanimous", data.unanimous, (entry) => [quote(entry), entry.rankings[0].join(" "), button("makeGold", act("gold", { record: entry.record }))],
      attempt));
}
