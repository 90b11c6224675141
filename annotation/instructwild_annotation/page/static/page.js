import { $, get, make, post } from "./api.js";
import { showLead } from "./lead.js";
import { choose, label, language, say } from "./words.js";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const state = { me: null, item: null, ranks: [], current: 0, pending: "", began: 0, raw: new Set(), busy: false };
const hide = (id, hidden) => { $(id).hidden = hidden; };
const size = () => state.ranks.length;

const firstEmpty = () => (state.ranks.includes(null) ? state.ranks.indexOf(null) : size());

export function tell(text) { $("message").textContent = text; hide("message", !text); }

function report(error) {
  if (error.status === 401) { state.item = null; draw(); hide("nothing", true); }
  tell(say({ 0: "offline", 401: "signin", 404: "gone", 413: "tooLong", 507: "full" }[error.status] || "failed", error.message));
}

async function attempt(action) {
  if (state.busy) return;
  state.busy = true; $("send").disabled = true;
  try { await action(); } catch (error) { report(error); } finally { state.busy = false; bar(); }
}

function open(answer) {
  Object.assign(state.me, { done: answer.done, skipped: answer.skipped, waiting: answer.waiting });
  state.item = answer.item;
  state.raw.clear(); state.pending = ""; state.began = performance.now();
  if (state.item) {
    const draft = JSON.parse(localStorage.getItem(`draft ${state.item.id}`) || "null") || {};
    Object.assign(state.item, draft.optional);
    state.ranks = draft.ranks || state.item.ranks?.slice() || state.item.answers.map(() => null);
    state.current = firstEmpty();
  }
  hide("lead", true); tell(""); document.activeElement?.blur(); draw(); window.scrollTo(0, 0);
}

// What is filled in beside the ranks.
function optional() {
  const checked = (name) => document.querySelector(`input[name=${name}]:checked`)?.value;
  const rating = checked("rating");
  return { rating: rating ? Number(rating) : null, safety: checked("safety") || null, correction: $("correction").querySelector("textarea").value || null };
}

// A reload, a closed window and a broken connection lose nothing.
function keepDraft() {
  if (state.item) localStorage.setItem(`draft ${state.item.id}`, JSON.stringify({ ranks: state.ranks, optional: optional() }));
}

const next = () => attempt(async () => open(await post("/api/next")));

async function send() {
  if (!state.item) return;
  const missing = state.ranks.filter((rank) => rank === null).length;
  if (missing) return tell(say("unplaced", missing));
  await attempt(async () => {
    await post(`/api/item/${state.item.id}`, { ranks: state.ranks, seconds: (performance.now() - state.began) / 1000, ...optional() });
    localStorage.removeItem(`draft ${state.item.id}`);
    open(await post("/api/next"));
  });
}

const undo = () => attempt(async () => {
  const answer = await post("/api/undo");
  if (answer.item) open(answer); else tell(say("nothingToUndo"));
});

function ask(title, body, act) {
  const dialog = $("dialog");
  dialog.querySelector("h2").textContent = title;
  dialog.querySelector("form > div").replaceChildren(body);
  $("confirm").hidden = !act;
  $("cancel").textContent = say(act ? "cancel" : "close");
  dialog.onclose = () => { if (dialog.returnValue === "confirm" && act) act(); };
  dialog.returnValue = ""; dialog.showModal();
}

function skip() {
  if (!state.item) return;
  const other = make("input", { type: "text", maxLength: 500, ariaLabel: say("others") });
  const body = make("div", {}, ...["language", "unclear", "expert", "harmful", "others"].map((reason, i) => make("label", {},
    make("input", { type: "radio", name: "reason", value: reason, checked: i === 0 }), ` ${say(reason)} `, reason === "others" ? other : "")));
  ask(say("skipTitle"), body, () => attempt(async () => {
    const reason = document.querySelector("input[name=reason]:checked").value;
    await post(`/api/item/${state.item.id}/skip`, { reason: reason === "others" ? other.value : reason });
    localStorage.removeItem(`draft ${state.item.id}`);
    open(await post("/api/next"));
  }));
}

async function history() {
  await attempt(async () => {
    const list = await get("/api/history");
    const body = make("div", { className: "list" }, ...list.map((entry) => make("button", { type: "button", onclick: () => {
      $("dialog").close();
      attempt(async () => open(await get(`/api/item/${entry.id}`)));
    } }, `${new Date(entry.at * 1000).toLocaleString(language())} · ${say(entry.status === "skipped" ? "skipped" : "ranked")} · ${entry.prompt}`)));
    ask(say("history"), list.length ? body : make("p", { textContent: say("noHistory") }));
  });
}

function place(slot, rank) {
  state.ranks[slot] = rank; state.pending = "";
  state.current = firstEmpty();
  keepDraft();
  tell(""); marks(); bar();
}

function digit(key) {
  if (state.current >= size()) { state.ranks.fill(null); state.current = 0; }       // typed anew, from answer A
  state.pending += key;
  if (size() > 10 && state.pending.length === 1 && Number(key) <= Math.floor(size() / 10)) return bar();
  const rank = Number(state.pending) || (size() === 10 ? 10 : 0);
  state.pending = "";
  if (rank >= 1 && rank <= size()) place(state.current, rank); else bar();
}

function erase() {
  if (state.pending) { state.pending = ""; return bar(); }
  const last = state.ranks.findLastIndex((rank) => rank !== null);
  if (last >= 0) { place(last, null); state.current = last; marks(); bar(); }
}

document.addEventListener("keydown", (event) => {
  if (!state.item || $("dialog").open || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest("textarea, input, select") && event.key !== "Escape") return;
  const key = event.key.normalize("NFKC").toLowerCase();
  const press = { enter: send, backspace: erase, s: skip, u: undo }[key];
  if (/^[0-9]$/.test(key)) digit(key);
  else if (!press || (key === "enter" && event.target.closest("button, summary, a")?.matches(":focus-visible"))) return;
  else press();
  event.preventDefault();
});

function body(answer, slot) {
  if (!answer.text.trim()) return make("em", { textContent: say("empty") });
  if (state.raw.has(slot)) return make("div", { className: "raw", textContent: answer.text });
  const text = make("div", { className: "text", dir: "auto" });
  text.innerHTML = answer.html;         // rendered and cleaned by the server
  for (const link of text.querySelectorAll("a")) link.target = "_blank";
  return text;
}

function card(answer, slot) {
  const raw = make("button", { textContent: say(state.raw.has(slot) ? "rendered" : "raw"), onclick: () => {
    if (!state.raw.delete(slot)) state.raw.add(slot);
    draw();
  } });
  const ranks = make("div", { className: "ranks", role: "group" }, ...state.ranks.map((_, i) => make("button", {
    textContent: i + 1, ariaLabel: `${say("answer", LETTERS[slot])}: ${say("place", i + 1)}`, onclick: () => place(slot, i + 1) })));
  const parts = [make("header", {}, make("b", { textContent: say("answer", LETTERS[slot]) }), raw), ranks];
  if (answer.thoughts) parts.push(make("details", { className: "thoughts" }, make("summary", { textContent: say("thoughts") }),
    make("div", { className: "raw", textContent: answer.thoughts })));
  return make("article", { className: "answer" }, ...parts, make("hr"), body(answer, slot));
}

function marks() {
  [...$("answers").children].forEach((article, slot) => {
    article.classList.toggle("current", slot === state.current);
    [...article.querySelector(".ranks").children].forEach((button, i) => { button.ariaPressed = String(state.ranks[slot] === i + 1); });
  });
}

function chip(slot) {
  const element = make("span", { className: "chip", textContent: LETTERS[slot] });
  const under = (event) => document.elementsFromPoint(event.clientX, event.clientY).find((each) => each.classList.contains("place"));
  element.onpointerdown = (event) => { element.setPointerCapture(event.pointerId); element.classList.add("dragged"); event.preventDefault(); };
  element.onpointermove = (event) => { for (const zone of document.querySelectorAll(".place")) zone.classList.toggle("over",
    element.classList.contains("dragged") && zone === under(event)); };
  element.onpointerup = (event) => {
    const zone = under(event);
    element.classList.remove("dragged");
    if (zone) place(slot, zone.dataset.rank ? Number(zone.dataset.rank) : null); else bar();
  };
  return element;
}

function bar() {
  hide("bar", !state.item);
  if (!state.item) return;
  $("places").classList.toggle("many", size() > 4);
  const waiting = make("div", { className: "place waiting" }, state.pending ? `${state.pending}_` : "?",
    ...state.ranks.flatMap((rank, slot) => (rank === null ? [chip(slot)] : [])));
  const zones = state.ranks.map((_, i) => {
    const zone = make("div", { className: "place", title: say("place", i + 1) }, String(i + 1),
      ...state.ranks.flatMap((rank, slot) => (rank === i + 1 ? [chip(slot)] : [])));
    zone.dataset.rank = i + 1;
    return zone;
  });
  $("places").replaceChildren(...(state.ranks.includes(null) ? [waiting] : []), ...zones);
  $("send").disabled = state.busy || state.ranks.includes(null);
}

function choices(id, name, values, chosen) {
  $(id).querySelector("div").replaceChildren(...values.map(([value, text]) => make("label", {},
    make("input", { type: "radio", name, value, checked: value === String(chosen ?? "") }), ` ${text}`)));
}

function draw() {
  label();
  const { me, item } = state;
  if (!me) return;
  $("progress").textContent = me.role === "lead" ? "" : `${say("done", me.done)} · ${say("waiting", me.waiting)}`;
  hide("show-lead", me.role !== "lead");
  $("guidelines").querySelector("div").innerHTML = me.guidelines[language()];
  hide("question", !item); hide("nothing", Boolean(item) || !$("lead").hidden);
  if (item) {
    $("prompt").querySelector("div").innerHTML = item.prompt.html;
    hide("before", !item.history.length);
    $("before").querySelector("div").replaceChildren(...item.history.map((turn) => {
      const text = make("div", { className: "text", dir: "auto" });
      text.innerHTML = turn.html;
      return make("div", { className: "turn" }, make("b", { textContent: say(turn.role) }), text);
    }));
    $("answers").replaceChildren(...item.answers.map(card));
    hide("more", !item.ask.length);
    for (const name of ["rating", "safety", "correction"]) hide(name, !item.ask.includes(name));
    choices("rating", "rating", [1, 2, 3, 4, 5].map((n) => [String(n), n]), item.rating);
    choices("safety", "safety", ["safe", "unsafe", "unsure"].map((n) => [n, say(n)]), item.safety);
    $("correction").querySelector("textarea").value = item.correction || "";
    marks();
  }
  bar();
}

function guidelines(shown) { hide("guidelines", !shown); localStorage.setItem("guidelines", shown ? "" : "read"); if (shown) window.scrollTo(0, 0); }

const overview = () => attempt(async () => {
  state.item = null; hide("lead", false); draw();
  await showLead($("lead"), { ask, attempt, open });
});

$("language").onclick = () => {
  if (state.item) Object.assign(state.item, optional());
  choose(language() === "zh" ? "en" : "zh"); draw();
  if (!$("lead").hidden) overview();
};
$("show-guidelines").onclick = () => guidelines($("guidelines").hidden);
$("guidelines").querySelector("button").onclick = () => guidelines(false);
$("show-history").onclick = history;
$("show-lead").onclick = overview;
$("more").oninput = keepDraft;
$("send").onclick = send; $("skip").onclick = skip; $("undo").onclick = undo;

async function begin() {
  label();
  const token = location.hash.slice(1);
  if (token) { window.history.replaceState(null, "", "/"); }
  try {
    if (token) await post("/api/session", { token });
    state.me = await get("/api/me");
  } catch (error) { return report(error); }
  hide("guidelines", localStorage.getItem("guidelines") === "read" || state.me.role === "lead");
  if (state.me.role === "lead") await overview(); else await next();
}
window.addEventListener("hashchange", () => { if (location.hash.length > 1) location.reload(); });
begin();
