// The page: what is shown when, keys, and the order of questions to the server.
import { $, el } from "/page/elements.js";
import { drawCompare } from "/page/compare.js";
import { drawChips, drawFilters, keepAddress, question, filterState } from "/page/filters.js";
import { SIZE, beside, drawRows, markOpen } from "/page/list.js";
import { drawRow } from "/page/row.js";
import { get, signIn } from "/page/server.js";
import { count, language, say, speak } from "/page/words.js";

const state = { sources: [], edits: 0, source: Number(filterState.get("at") ?? 0) || 0, offset: 0, open: null, before: null };
let waiting = null, polling = null, typing = null;

function message(text, lasting = false) {
  $("message").textContent = text;
  $("message").hidden = !text;
  clearTimeout(message.timer);
  if (text && !lasting) message.timer = setTimeout(() => message(""), 4000);
}

/** Rows and counts as they are asked for now; what was asked before is not waited for. */
async function load() {
  waiting?.abort();
  waiting = new AbortController();
  const { signal } = waiting, parameters = question(state.source);
  drawChips(refresh);
  keepAddress();
  try {
    const rows = new URLSearchParams(parameters);
    rows.set("offset", state.offset);
    rows.set("limit", SIZE);
    drawRows(await get("rows", rows, signal), state.offset, openRow);
    markOpen(state.open);
    drawFilters(await get("counts", parameters, signal), state.edits, refresh);
    if ($("message").dataset.failed) message("");
    delete $("message").dataset.failed;
  } catch (error) {
    if (error.name === "AbortError") return;
    message(error.message, true);
    $("message").dataset.failed = "1";
  }
}

function refresh() {
  state.offset = 0;
  return load();
}

function turnPage(step) {
  const button = step > 0 ? $("next") : $("previous");
  if (button.disabled) return;
  state.offset = Math.max(0, state.offset + step * SIZE);
  load().then(() => $("list").scrollTo?.(0, 0));
  if (matchMedia("(max-width: 60rem)").matches) window.scrollTo(0, 0);
}

async function openRow(n) {
  try {
    const row = await get("row", { source: state.source, n });
    if (!document.body.classList.contains("row-open")) state.before = document.activeElement;
    state.open = String(n);
    show(row);
    markOpen(n);
    $("detail").focus({ preventScroll: !matchMedia("(max-width: 60rem)").matches });
  } catch (error) {
    message(error.message);
  }
}

function show(row) {
  drawRow(row, state.source, { close: closeRow, open: openRow, jump, edited: (again, word) => {
    show(again);
    message(word);
    about().then(load);
  } });
}

/** Open a row by its id, wherever it is. */
async function jump(id, source = state.source) {
  try {
    const match = await get("find", { id, source });
    if (match.source !== state.source) await choose(match.source);
    showView("rows");
    await openRow(match.n);
  } catch (error) {
    message(error.message);
  }
}

function closeRow() {
  state.open = null;
  $("detail").hidden = true;
  document.body.classList.remove("row-open");
  markOpen(null);
  if (state.before?.isConnected) state.before.focus();
}

function choose(number) {
  state.source = number;
  filterState.set("at", number);
  $("source").value = String(number);
  closeRow();
  about();
  return refresh();
}

/** What there is to look at, and how far it is read; asked again while it is being read. */
async function about() {
  const answer = await get("sources");
  state.sources = answer.sources;
  state.edits = answer.edits;
  if (state.source >= state.sources.length || state.source < 0) state.source = 0;
  $("source").replaceChildren(...answer.sources.map((source, number) => el("option", { value: number, selected: number === state.source },
    `${source.name} (${count(source.kept)}${source.dropped ? ` + ${count(source.dropped)} ${say("dropped")}` : ""})`)));
  $("show-compare").hidden = answer.sources.length < 2;
  const here = answer.sources[state.source], lines = [];
  if (here.building) lines.push(say("reading", { n: count(here.kept + here.dropped), of: here.total ? say("reading_of", { n: count(here.total) }) : "" }));
  if (here.problem) lines.push(say("problem", { why: here.problem }));
  if (here.gate === "failed") lines.push(say("gate"));
  if (state.edits) lines.push(say("edited_n", { n: count(state.edits), file: answer.edits_file }));
  $("progress").textContent = lines.join(" ");
  $("progress").hidden = !lines.length;
  clearTimeout(polling);
  if (answer.sources.some((source) => source.building)) {
    const reading = here.building;
    polling = setTimeout(() => about().then(() => { if (reading && !state.sources[state.source].building) load(); }).catch(() => {}), 1500);
  }
}

function showView(name) {
  $("rows-view").hidden = name !== "rows";
  $("compare-view").hidden = name !== "compare";
  $("show-rows").setAttribute("aria-pressed", String(name === "rows"));
  $("show-compare").setAttribute("aria-pressed", String(name === "compare"));
  if (name === "compare") drawCompare(state.sources, jump);
}

function filters(open) {
  document.body.classList.toggle("filters-open", open);
  $("toggle-filters").setAttribute("aria-expanded", String(document.body.classList.contains("filters-open")));
}

const press = (key) => $("edit")?.querySelector(`[data-key="${key}"]`)?.click();
const KEYS = {
  j: () => moveBy(1), ArrowDown: () => moveBy(1), k: () => moveBy(-1), ArrowUp: () => moveBy(-1),
  n: () => turnPage(1), p: () => turnPage(-1), "/": () => { showView("rows"); $("q").focus(); }, f: () => filters(undefined),
  d: () => press("d"), r: () => press("d"), e: () => press("e"), l: () => press("l"), u: () => press("u"),
  c: () => state.sources.length > 1 && showView($("compare-view").hidden ? "compare" : "rows"), "?": () => $("keys").showModal(),
};

function moveBy(step) {
  const n = beside(state.open, step);
  if (n !== undefined) openRow(Number(n));
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const inField = event.target.closest("input:not([type=checkbox]), textarea, select, dialog");
  if (event.key === "Escape" && !$("keys").open) {
    const form = document.querySelector(".edit-form:not([hidden])");
    if (form) form.hidden = true;
    else if (document.body.classList.contains("filters-open")) filters(false);
    else if (inField) event.target.blur();
    else if (state.open !== null) closeRow();
    return;
  }
  if (inField || !KEYS[event.key] || (event.key.startsWith("Arrow") && event.target.closest("#detail"))) return;
  event.preventDefault();
  KEYS[event.key]();
}

function build() {
  speak();
  const option = (select, values, chosen) => $(select).replaceChildren(...values.map(([value, word]) => el("option", { value, selected: value === chosen }, say(word))));
  option("where", [["any", "any"], ["prompt", "in_prompt"], ["answer", "in_answer"]], filterState.get("where"));
  option("sort", ["order", "longest", "shortest", "longest_answer", "score_up", "score_down"].map((name) => [name, name]), filterState.get("sort"));
  $("q").value = filterState.get("q") ?? "";
  $("regex").checked = filterState.get("regex") === "1";
  const set = (name, value, none) => { if (value === none) filterState.delete(name); else filterState.set(name, value); };
  const search = () => {
    set("q", $("q").value, "");
    set("where", $("where").value, "any");
    set("sort", $("sort").value, "order");
    set("regex", $("regex").checked ? "1" : "", "");
    refresh();
  };
  $("q").addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(search, 350); });
  for (const name of ["where", "sort", "regex"]) $(name).addEventListener("change", search);
  $("search").addEventListener("submit", (event) => { event.preventDefault(); clearTimeout(typing); search(); });
  $("source").addEventListener("change", () => choose(Number($("source").value)));
  $("previous").addEventListener("click", () => turnPage(-1));
  $("next").addEventListener("click", () => turnPage(1));
  $("toggle-filters").addEventListener("click", () => filters(undefined));
  $("show-rows").addEventListener("click", () => showView("rows"));
  $("show-compare").addEventListener("click", () => showView("compare"));
  $("show-keys").addEventListener("click", () => $("keys").showModal());
  $("language").addEventListener("click", () => {
    filterState.set("lang", language === "en" ? "zh" : "en");
    location.search = filterState.toString();
  });
  $("keys").querySelector("dl").replaceChildren(...[["j k ↓ ↑", "key_move"], ["Enter", "key_open"], ["Esc", "key_close"], ["/", "key_search"], ["f", "key_filters"], ["n p", "key_pages"],
    ["d", "key_drop"], ["e", "key_mend"], ["l", "key_label"], ["u", "key_undo"], ["c", "key_compare"], ["?", "key_help"]]
    .flatMap(([keys, word]) => [el("dt", {}, el("kbd", {}, keys)), el("dd", {}, say(word))]));
  document.addEventListener("keydown", onKey);
}

build();
try {
  await signIn();
  await about();
  showView("rows");
  await load();
} catch (error) {
  message(error.message, true);
}
