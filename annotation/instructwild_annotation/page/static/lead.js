import { get, make, post } from "./api.js";
import { language, say } from "./words.js";

const percent = (value) => (value == null ? "–" : `${Math.round(value * 100)}%`);
const between = (ends, form = percent) => (ends ? say("interval", `${form(ends[0])}–${form(ends[1])}`) : "");
const short = (value) => (value == null ? "–" : value.toFixed(2));
const figure = (value, text, below = "") => make("div", {}, make("b", { textContent: value }), make("span", { textContent: text }),
  make("div", { textContent: below }));

function table(head, rows) {
  return make("div", { className: "wide" }, make("table", {}, ...(head.length ? [make("thead", {}, make("tr", {}, ...head.map((text) => make("th", { textContent: text }))))] : []),
    make("tbody", {}, ...rows.map((cells) => make("tr", {}, ...cells.map((cell) => make("td", {}, cell)))))));
}

export async function showLead(section, { ask, attempt, open }) {
  const data = await get("/api/lead");
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
  section.replaceChildren(
    make("h1", { textContent: say("lead") }), button("refresh", () => attempt(again)),
    make("div", { className: "figures" }, figure(`${data.complete} / ${data.records}`, say("records")),
      figure(data.rankings, say("rankings"), `${data.left} ${say("left")}`), figure(data.per_hour == null ? "–" : Math.round(data.per_hour), say("pace")),
      figure(percent(data.agreement), say("agreement"), between(data.agreement_interval)),
      figure(short(data.alpha), say("alpha"), between(data.alpha_interval, short)),
      figure(percent(data.expected_width), say("expected"))),
    make("h2", { textContent: say("people") }),
    table(["name", "language", "count", "skips", "seconds", "agreement", "gold", "state"].map((word) => (word === "language" ? (language() === "zh" ? "语言" : "Languages")
      : say(word))).concat(""), people),
    make("h2", { textContent: say("byLanguage") }),
    table([], Object.entries(data.agreement_by_language).map(([tag, entry]) => [tag, percent(entry.share), between(entry.interval)])),
    make("h2", { textContent: say("disagreements") }),
    table([], data.disagreements.map((entry) => [quote(entry), percent(entry.share), entry.rankings.map((ranks) => ranks.join(" ")).join(" | "),
      make("span", {}, button("ask", act("more", { record: entry.record })), " ", button("settle", act("settle", { record: entry.record }, (answer) => open(
        { ...answer, done: 0, skipped: 0, waiting: 0 }))))])),
    make("h2", { textContent: say("unanimous") }),
    table([], data.unanimous.map((entry) => [quote(entry), entry.ranks.join(" "), button("makeGold", act("gold", { record: entry.record }))])));
}
