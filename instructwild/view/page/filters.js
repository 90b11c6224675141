// What is asked for: kept in the address, so that it can be reloaded and shared, and shown as distributions to click on.
import { $, el } from "/page/elements.js";
import { count, say } from "/page/words.js";

export const filterState = new URLSearchParams(location.search);
const VALUES = ["state", "reason", "language", "source", "kind", "type", "flags", "risk", "model", "step"];
const RANGES = ["length", "answer_length", "turns"];

/** The parameters of the questions for rows and counts. */
export function question(source) {
  const parameters = new URLSearchParams(filterState);
  for (const name of ["lang", "at"]) parameters.delete(name);
  parameters.set("source", source);
  return parameters;
}

export function keepAddress() {
  const text = filterState.toString();
  history.replaceState(null, "", location.pathname + (text ? `?${text}` : ""));
}

// "source" is the number of the stage or file that is looked at.
const inAddress = (facet) => facet === "source" ? "from" : facet;
const title = (facet) => say(facet === "source" ? "source_facet" : facet);
const spoken = (facet, value) => value === null || value === "" ? say("none") : facet === "state" ? say(value) : value;

function toggle(name, value, changed) {
  const values = filterState.getAll(name);
  filterState.delete(name);
  const left = values.includes(value) ? values.filter((each) => each !== value) : name === "state" ? [value] : [...values, value];
  for (const each of left) filterState.append(name, each);
  changed();
}

function bars(facet, values, more, changed) {
  const most = Math.max(1, ...values.map(([, n]) => n)), name = inAddress(facet), chosen = filterState.getAll(name);
  return el("ul", { class: "bars" }, values.map(([value, n]) => {
    const key = value ?? "";
    return el("li", {}, el("button", { data: { value: `${name}=${key}` }, "aria-pressed": String(chosen.includes(key)), onclick: () => toggle(name, key, changed), title: String(spoken(facet, value)) },
      el("span", { class: "value" }, spoken(facet, value)), el("meter", { min: 0, max: most, value: n, "aria-hidden": "true" }),
      el("span", { class: "n" }, count(n))));
  }), more ? el("li", { class: "soft" }, say("more", { n: count(more) })) : null);
}

const short = (number) => Number.isInteger(number) ? count(number) : String(Number(number.toPrecision(3)));

function histogram(name, bins, changed, score = "") {
  const most = Math.max(1, ...bins.map(([, , n]) => n));
  const chosen = [filterState.get(`min_${name}`), filterState.get(`max_${name}`)];
  const active = score ? filterState.get("score") === score : true;
  const choose = (from, to) => {
    const again = active && chosen[0] === String(from) && chosen[1] === String(to);
    for (const key of [`min_${name}`, `max_${name}`, ...(score ? ["score"] : [])]) filterState.delete(key);
    if (!again) {
      filterState.set(`min_${name}`, from);
      filterState.set(`max_${name}`, to);
      if (score) filterState.set("score", score);
    }
    changed();
  };
  return el("div", { class: "histogram" }, bins.map(([from, to, n]) => {
    const label = `${from === to ? short(from) : `${short(from)}–${short(to)}`}: ${count(n)}`;
    const inside = active && chosen[0] !== null && from >= Number(chosen[0]) && to <= Number(chosen[1]);
    const height = n ? Math.max(1, Math.round(20 * n / most)) : 0;
    return el("button", { data: { value: `${name} ${score}=${from}` }, title: label, "aria-label": label, "aria-pressed": String(inside), onclick: () => choose(from, to) }, el("span", { class: `bar h${height}` }));
  }), el("span", { class: "ends soft" }, el("span", {}, short(bins[0][0])), el("span", {}, short(bins.at(-1)[1]))));
}

function part(name, open, ...children) {
  const details = el("details", { open, data: { part: name } }, el("summary", {}, name), ...children);
  details.addEventListener("toggle", () => folded[details.open ? "delete" : "add"](name));
  return details;
}
const folded = new Set();

/** The distributions, each value a button. */
export function drawFilters(counts, edits, changed) {
  const parts = VALUES.filter((facet) => {
    const values = counts.values[facet] ?? [];
    return filterState.has(inAddress(facet)) || values.length > 1 || (values.length === 1 && values[0][0] !== null && facet !== "step");
  }).map((facet) => part(title(facet), !folded.has(title(facet)), bars(facet, counts.values[facet], counts.more[facet], changed)));
  for (const name of RANGES) {
    if ((counts.ranges[name] ?? []).length > 1 || filterState.has(`min_${name}`)) parts.push(part(say(name), !folded.has(say(name)), histogram(name, counts.ranges[name].length ? counts.ranges[name] : [[0, 0, 0]], changed)));
  }
  for (const [name, bins] of Object.entries(counts.scores)) {
    if (bins.length) parts.push(part(say("score", { name }), !folded.has(say("score", { name })), histogram("score", bins, changed, name)));
  }
  parts.unshift(el("label", { class: "check" }, edited(edits, changed), say("edited")));
  const focused = document.activeElement?.dataset.value;
  $("filters").replaceChildren(...parts);
  if (focused) [...$("filters").querySelectorAll("[data-value]")].find((each) => each.dataset.value === focused)?.focus({ preventScroll: true });
}

function edited(edits, changed) {
  const box = el("input", { type: "checkbox", id: "edited", data: { value: "edited" }, onchange: () => { box.checked ? filterState.set("edited", "1") : filterState.delete("edited"); changed(); } });
  box.checked = filterState.get("edited") === "1";
  box.disabled = !edits && !box.checked;
  return box;
}

/** What is chosen, each a button that takes it away. */
export function drawChips(changed) {
  const chips = [];
  for (const facet of VALUES) {
    for (const value of filterState.getAll(inAddress(facet))) {
      chips.push([`${title(facet)}: ${spoken(facet, value)}`, () => toggle(inAddress(facet), value, changed)]);
    }
  }
  for (const name of [...RANGES, "score"]) {
    if (filterState.has(`min_${name}`) || filterState.has(`max_${name}`)) {
      const label = name === "score" ? say("score", { name: filterState.get("score") ?? "" }) : say(name);
      chips.push([`${label}: ${short(Number(filterState.get(`min_${name}`)))}–${short(Number(filterState.get(`max_${name}`)))}`, () => {
        for (const key of [`min_${name}`, `max_${name}`, ...(name === "score" ? ["score"] : [])]) filterState.delete(key);
        changed();
      }]);
    }
  }
  if (filterState.get("edited") === "1") chips.push([say("edited"), () => { filterState.delete("edited"); changed(); }]);
  const all = () => { for (const key of [...filterState.keys()]) if (!["lang", "at", "sort"].includes(key)) filterState.delete(key); changed(); };
  $("chips").replaceChildren(...chips.map(([label, away]) => el("button", { class: "chip", onclick: away }, label, el("span", { "aria-hidden": "true" }, " ✕"))),
    ...(chips.length ? [el("button", { class: "chip plain", onclick: all }, say("clear"))] : []));
}
