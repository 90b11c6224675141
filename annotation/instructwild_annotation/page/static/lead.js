import { get, make, post } from "./api.js";
import { language, say } from "./words.js";

const percent = (value) => (value == null ? "–" : `${Math.round(value * 100)}%`);
const between = (ends, form = percent) => (ends ? say("interval", `${form(ends[0])}–${form(ends[1])}`) : "");
const short = (value) => (value == null ? "–" : value.toFixed(2));
const figure = (value, text, below = "") => make("div", {}, make("b", { textContent: value }), make("span", { textContent: text }),
  make("div", { textContent: below }));

function table(head, rows) {
  return make("div", { className: "wide" }, make("table", {}, make("thead", {}, make("tr", {}, ...head.map((text) => make("th", { textContent: text })))),
    make("tbody", {}, ...rows.map((cells) => make("tr", {}, ...cells.map((cell) => make("td", {}, cell)))))));
}

export async function showLead(section, { ask, attempt, open }) {
  const told = await get("/api/lead");
  const again = () => showLead(section, { ask, attempt, open });
  const act = (path, body, then = again) => () => attempt(async () => then(await post(`/api/lead/${path}`, body)));
  const button = (word, onclick) => make("button", { textContent: say(word), onclick });
  const sure = (word, path, name) => () => ask(say(word, name), "", act(path, { name }));
  const people = told.people.map((one) => [
    `${one.name} (${one.annotator.slice(7, 15)})`, one.languages || "–", String(one.done), String(one.skipped), one.seconds == null ? "–" : one.seconds.toFixed(0),
    one.agreement ? `${percent(one.agreement.share)} ${between(one.agreement.interval)}` : "–",
    one.gold ? `${percent(one.gold_score)} (${one.gold})` : "–", say(one.set_aside ? "aside" : one.has_link ? "active" : "locked"),
    make("span", {}, button("revoke", sure("revokeSure", "revoke", one.name)), " ", button("remove", sure("removeSure", "remove", one.name)))]);
  const quote = (one) => `${one.prompt} (${one.language})`;
  section.replaceChildren(
    make("h1", { textContent: say("lead") }), button("refresh", () => attempt(again)),
    make("div", { className: "figures" }, figure(`${told.complete} / ${told.records}`, say("records")),
      figure(told.rankings, say("rankings"), `${told.left} ${say("left")}`), figure(told.per_hour == null ? "–" : Math.round(told.per_hour), say("pace")),
      figure(percent(told.agreement), say("agreement"), between(told.agreement_interval)),
      figure(short(told.alpha), say("alpha"), between(told.alpha_interval, short)),
      figure(percent(told.expected_width), say("expected"))),
    make("h2", { textContent: say("people") }),
    table(["name", "language", "count", "skips", "seconds", "agreement", "gold", "state"].map((word) => (word === "language" ? (language() === "zh" ? "语言" : "Languages")
      : say(word))).concat(""), people),
    make("h2", { textContent: say("byLanguage") }),
    table([], Object.entries(told.agreement_by_language).map(([tag, one]) => [tag, percent(one.share), between(one.interval)])),
    make("h2", { textContent: say("disagreements") }),
    table([], told.disagreements.map((one) => [quote(one), percent(one.share), one.rankings.map((ranks) => ranks.join(" ")).join(" | "),
      make("span", {}, button("ask", act("more", { record: one.record })), " ", button("settle", act("settle", { record: one.record }, (answer) => open(
        { ...answer, done: 0, skipped: 0, waiting: 0 }))))])),
    make("h2", { textContent: say("unanimous") }),
    table([], told.unanimous.map((one) => [quote(one), one.ranks.join(" "), button("makeGold", act("gold", { record: one.record }))])));
}
