// The chat page: conversations in this browser, answers as they come from this server, votes back to it.
import { markdown } from "/markdown.js";
import { answered, ask } from "/server.js";
import { drawn, store, talks, voter } from "/store.js";
import { language, otherLanguage, say } from "/words.js";

const $ = (id) => document.getElementById(id);
const BOTH = "*";
const VERDICTS = ["left", "right", "tie", "both_bad"];

let open = null;                              // the conversation on the screen; it is kept once it has a turn
let about = { models: [], votes: false, max_tokens: 2048 };
let running = null;                           // {controllers, stopped} while answers come

const make = (tag, kind, text) => {
  const found = document.createElement(tag);
  if (kind) found.className = kind;
  if (text !== undefined) found.textContent = text;
  return found;
};
const button = (text, act, kind) => {
  const found = make("button", kind, text);
  found.type = "button";
  found.addEventListener("click", act);
  return found;
};
const tell = (name, values) => { $("told").textContent = name ? say(name, values) : ""; };
// ---- a turn -------------------------------------------------------------------------------------------------------------

/** The answer that the conversation goes on from: the better one, or where none is better the first that says something. */
const chosen = (turn) => {
  const order = turn.verdict === "right" ? [...turn.answers].reverse() : turn.answers;
  return order.find((answer) => answer.text) ?? order[0];
};

function messagesUpTo(turns, { question, system }) {
  return [...(system ? [{ role: "system", content: system }] : []),
    ...turns.filter((turn) => chosen(turn).text)
      .flatMap((turn) => [{ role: "user", content: turn.question }, { role: "assistant", content: chosen(turn).text }]),
    { role: "user", content: question }];
}

async function put(question) {
  const models = $("who").value === BOTH ? about.models.map((model) => model.id) : [$("who").value];
  if (models.length > 1 && crypto.getRandomValues(new Uint8Array(1))[0] & 1) models.reverse();   // which is A is drawn
  const talk = open;
  const turn = { question, system: $("system").value.trim(), verdict: null,
    answers: models.map((model) => ({ model, text: "", finish: null })) };
  const messages = messagesUpTo(talk.turns, turn);
  talk.turns.push(turn);
  talk.title ||= question.slice(0, 80);
  keep(talk);
  listed();
  const place = talk.turns.length - 1;
  $("turns").querySelector(".hello")?.remove();
  $("turns").append(turnElement(turn, place));
  redraw(place);
  toEnd(true);
  running = { controllers: turn.answers.map(() => new AbortController()) };
  sending(true);
  tell();
  const settings = { temperature: Number($("temperature").value), longest: Number($("longest").value) };
  let due = false;
  const shown = () => {
    if (due) return;
    due = true;
    requestAnimationFrame(() => { due = false; if (talk === open && running) { redraw(place); toEnd(); } });
  };
  await Promise.all(turn.answers.map((answer, i) => answered(messages, answer, settings, running.controllers[i], shown)));
  running = null;
  turn.done = Date.now();
  if (store.read(`talk.${talk.id}`, null)) keep(talk);      // unless it was deleted meanwhile
  sending(false);
  if (talk === open) { redraw(place); toEnd(); toVote(); }
  $("told").textContent = turn.answers.map((answer) => answer.problem).filter(Boolean)[0] ?? "";
}

/** After two answers the keys 1 to 4 vote, unless the next question is being written. */
function toVote() {
  if (!$("question").value) document.querySelector("article:last-child .vote button")?.focus({ preventScroll: true });
}

async function vote(turn, verdict) {
  if (running) return;
  const seconds = turn.seconds ?? Math.min(86400, Math.round((Date.now() - turn.done) / 1000));
  try {
    await ask("/chat/votes", { method: "POST", body: JSON.stringify({
      messages: messagesUpTo(open.turns.slice(0, open.turns.indexOf(turn)), turn), answers: turn.answers.map(({ model, text }) => ({ model, text })), verdict, voter: voter(), seconds }) });
  } catch (error) {
    $("told").textContent = error.message;
    return;
  }
  turn.verdict = verdict;
  turn.seconds = seconds;
  keep(open);
  redraw(open.turns.indexOf(turn));
  tell("voted", { what: say(verdict) });
  $("question").focus({ preventScroll: true });
}

// ---- what is on the screen ----------------------------------------------------------------------------------------------

function turnElement(turn, place) {
  const element = make("article");
  element.dataset.place = place;
  const mine = make("div", "mine");
  mine.append(make("span", "sr", `${say("you")}: `), turn.question);
  const answers = make("div", turn.answers.length > 1 ? "answers two" : "answers");
  turn.answers.forEach(() => {
    const box = make("section", "answer");
    box.append(make("header"), make("div", "said"), make("footer"));
    answers.append(box);
  });
  element.append(mine, answers);
  fill(element, turn);
  return element;
}

function fill(element, turn) {
  const two = turn.answers.length > 1;
  const last = Number(element.dataset.place) === open.turns.length - 1;
  const done = turn.answers.every((answer) => answer.finish);
  const hidden = two && about.votes && !turn.verdict && turn.answers.every((answer) => answer.finish !== "failed") && last;
  element.querySelectorAll(".answer").forEach((box, i) => {
    const answer = turn.answers[i];
    const [head, said, foot] = box.children;
    const title = two ? [make("b", "", say(i ? "answer_b" : "answer_a")), ...(hidden ? [] : [make("span", "", answer.model)])]
      : [make("b", "", answer.model)];
    head.replaceChildren(...title);
    if (said.dataset.length !== String(answer.text.length) || answer.finish) {
      said.dataset.length = answer.text.length;
      said.replaceChildren(markdown(answer.text));
    }
    said.classList.toggle("waiting", !answer.finish);
    const parts = [];
    if (answer.finish === "failed") parts.push(make("span", "problem", answer.problem ?? ""));
    else if (answer.finish === "stopped") parts.push(make("span", "", say("stopped")));
    else if (answer.finish === "length") parts.push(make("span", "", say("cut")));
    if (answer.finish && !answer.text && answer.finish === "stop") parts.push(make("span", "", say("empty")));
    if (answer.finish && answer.text) parts.push(button(say("copy"), copy, "plain"));
    if (two && done && (turn.verdict || !last) && chosen(turn) === answer && turn.answers.every((one) => one.finish !== "failed")) parts.push(make("span", "", `↓ ${say("goes_on")}`));
    if (done && last && answer.finish === "failed") parts.push(button(say("again"), again, "plain"));
    foot.replaceChildren(...parts);
    async function copy(event) {
      await navigator.clipboard.writeText(answer.text).then(() => { event.target.textContent = say("copied"); }, () => {});
    }
    box.classList.toggle("better", (turn.verdict === "left" && i === 0) || (turn.verdict === "right" && i === 1));
    box.classList.toggle("left-behind", two && done && !last && chosen(turn) !== answer);
  });
  element.querySelector(".vote")?.remove();
  if (two && done && about.votes && last && turn.answers.every((answer) => answer.finish !== "failed" && answer.text)) {
    const box = make("fieldset", "vote");
    box.append(make("legend", "", say("vote")));
    for (const verdict of VERDICTS) {
      const one = button(say(verdict), () => vote(turn, verdict));
      one.append(make("kbd", "", say(`${verdict}_key`)));
      one.setAttribute("aria-pressed", turn.verdict === verdict);
      one.dataset.verdict = verdict;
      box.append(one);
    }
    element.append(box);
  }
}

function again() {
  const turn = open.turns.pop();
  $("turns").lastElementChild.remove();
  put(turn.question);
}

function redraw(place) {
  for (const at of [place - 1, place]) {
    const element = $("turns").querySelector(`[data-place="${at}"]`);
    if (element) fill(element, open.turns[at]);
  }
}

function show(talk) {
  if (talk !== open) stop();
  open = talk;
  $("turns").replaceChildren(...talk.turns.map(turnElement));
  if (!talk.turns.length) {
    const hello = make("div", "hello");
    const two = $("who").value === BOTH;
    hello.append(make("strong", "", say("hello")), two ? say(about.votes ? "hello_two" : "not_kept") : say("hello_one", { model: $("who").value }));
    $("turns").append(hello);
  }
  tell();
  listed();
  side(false);
  toEnd(true);
}

function listed() {
  $("list").replaceChildren(...talks().map((talk) => {
    const item = make("li", talk.id === open.id ? "open" : "");
    const go = button(talk.title || say("untitled"), () => show(talk.id === open.id ? open : talk), "plain");
    if (talk.id === open.id) go.setAttribute("aria-current", "true");
    const away = button("✕", () => {
      if (!confirm(say("sure"))) return;
      localStorage.removeItem(`talk.${talk.id}`);
      if (talk.id === open.id) fresh(); else listed();
    }, "plain");
    away.setAttribute("aria-label", say("remove", { title: talk.title || say("untitled") }));
    item.append(go, away);
    return item;
  }));
}

function keep(talk) {
  talk.changed = Date.now();
  store.write(`talk.${talk.id}`, talk);
}

function fresh() {
  show({ id: drawn(), title: "", turns: [] });
  if (matchMedia("(min-width: 52rem)").matches) $("question").focus();
}

function toEnd(always) {
  const talk = $("talk");
  if (always || talk.scrollHeight - talk.scrollTop - talk.clientHeight < 160) talk.scrollTop = talk.scrollHeight;
}

function sending(busy) {
  $("send").textContent = say(busy ? "stop" : "send");
  $("send").classList.toggle("stop", busy);
  $("talk").setAttribute("aria-busy", busy);
}

function side(shown) {
  document.body.classList.toggle("side", shown);
  $("shade").hidden = !shown;
  $("open-side").setAttribute("aria-expanded", shown);
  if (shown) $("new").focus();
}

function spoken() {
  document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
  document.querySelectorAll("[data-say]").forEach((element) => { element.textContent = say(element.dataset.say); });
  document.querySelectorAll("[data-name]").forEach((element) => {
    element.setAttribute("aria-label", say(element.dataset.name));
    element.title = say(element.dataset.name);
  });
  $("language").textContent = say("language");
  $("language").setAttribute("aria-label", `${say("language")} (${say("language_name")})`);
  $("question").placeholder = say("hint");
  const [a, b] = about.models.map((model) => model.id);
  const was = $("who").value || store.read("who", b ? BOTH : a);
  $("who").replaceChildren(...(b ? [new Option(say("both", { a, b }), BOTH)] : []), ...about.models.map((model) => new Option(model.id, model.id)));
  $("who").value = [...$("who").options].some((option) => option.value === was) ? was : $("who").options[0]?.value;
  sending(Boolean(running));
  if (open) show(open);
}

function coloured(theme) {
  if (theme) document.documentElement.dataset.theme = theme; else delete document.documentElement.dataset.theme;
  store.write("theme", theme);
}

// ---- hands --------------------------------------------------------------------------------------------------------------

function stop() { running?.controllers.forEach((controller) => controller.abort()); }
const grow = () => {
  $("question").style.height = "auto";
  $("question").style.height = `${$("question").scrollHeight + 2}px`;
};

$("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  if (running) { stop(); return; }
  const question = $("question").value.trim();
  if (!question || !about.models.length) return;
  $("question").value = "";
  grow();
  put(question);
});
$("question").addEventListener("input", grow);
$("question").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229) {
    event.preventDefault();
    if (!running) $("ask").requestSubmit();
  }
});
document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") { if (running) stop(); else side(false); return; }
  if (/^(input|textarea|select)$/i.test(event.target.tagName)) return;
  const verdict = VERDICTS[Number(event.key) - 1];
  const target = verdict && document.querySelector(`article:last-child .vote [data-verdict="${verdict}"]`);
  if (target) target.click();
  else if (event.key.length === 1 && event.key !== " " && event.target.closest?.(".vote")) $("question").focus();
});
addEventListener("storage", (event) => { if (event.key?.startsWith("talk.")) listed(); });
$("new").addEventListener("click", fresh);
$("open-side").addEventListener("click", () => side(true));
$("close-side").addEventListener("click", () => { side(false); $("open-side").focus(); });
$("shade").addEventListener("click", () => side(false));
$("who").addEventListener("change", () => { store.write("who", $("who").value); if (!open.turns.length) show(open); });
$("settings-button").addEventListener("click", () => {
  $("settings").hidden = !$("settings").hidden;
  $("settings-button").setAttribute("aria-expanded", !$("settings").hidden);
});
$("settings").addEventListener("submit", (event) => event.preventDefault());
for (const name of ["temperature", "longest", "system"]) {
  $(name).addEventListener("change", () => {
    if (!$(name).checkValidity()) $(name).value = $(name).defaultValue;
    store.write(name, $(name).value);
  });
}
$("language").addEventListener("click", () => { otherLanguage(); spoken(); });
$("theme").addEventListener("click", () => coloured({ null: "light", light: "dark", dark: null }[store.read("theme", null)]));

store.full = () => tell("full");
coloured(store.read("theme", null));
spoken();
try {
  about = await (await ask("/chat/about")).json();
  $("temperature").defaultValue = "0.7";
  $("longest").defaultValue = String(Math.min(512, about.max_tokens));
  $("longest").max = about.max_tokens;
  for (const name of ["temperature", "longest", "system"]) $(name).value = store.read(name, $(name).defaultValue);
  if (!$("longest").checkValidity()) $("longest").value = $("longest").defaultValue;
  spoken();
  fresh();
} catch (error) {
  fresh();
  $("told").textContent = error.message;
}
document.body.dataset.ready = "true";
