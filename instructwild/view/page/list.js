// One page of rows.
import { $, el, tag } from "/page/elements.js";
import { count, say } from "/page/words.js";

export const EDITS = { drop: "to_drop", restore: "to_restore", text: "mended", labels: "labelled" };
export const SIZE = 50;

/** The chips of a row: kept or dropped and why, language, flags, scores, edits. */
export function badges(row) {
  return el("p", { class: "facts" },
    el("span", { class: `badge ${row.kept ? "good" : "bad"}` }, row.kept ? say("kept") : `${say("dropped")}: ${row.reason ?? ""}`),
    row.language && row.language !== "und" ? el("span", { class: "badge line" }, row.language) : null,
    (row.edits ?? []).map((edit) => el("span", { class: "badge edit" }, say(EDITS[edit] ?? edit))),
    row.type ? el("span", { class: "badge" }, row.type) : null,
    (row.flags ?? []).map((flag) => el("span", { class: "badge" }, flag)),
    (row.scores ?? []).map((score) => el("span", { class: "badge line" }, `${score.name} ${score.value === null ? "–" : Number(score.value.toPrecision(3))}`)),
    el("span", { class: "id" }, row.id));
}

const cut = (text, length) => text && text.length >= length ? `${text} …` : text;

export function drawRows(answer, offset, open) {
  $("total").textContent = answer.total ? say("total", { n: count(answer.total) }) : say("nothing");
  $("rows").replaceChildren(...answer.rows.map((row) => el("li", { data: { n: row.n }, class: row.kept ? "" : "gone" },
    el("button", { class: "row", onclick: () => open(row.n) },
      el("span", { class: "prompt", dir: "auto", lang: tag(row.language) }, cut(row.prompt, 300)),
      row.answer ? el("span", { class: "answer", dir: "auto", lang: tag(row.language) }, cut(row.answer, 300)) : null),
    badges(row))));
  $("range").textContent = answer.total ? say("of", { from: count(offset + 1), to: count(offset + answer.rows.length), n: count(answer.total) }) : "";
  $("previous").disabled = offset === 0;
  $("next").disabled = offset + answer.rows.length >= answer.total;
  $("pages").hidden = answer.total <= SIZE && offset === 0;
}

/** Mark the row that is open, and bring it into view. */
export function markOpen(n) {
  for (const item of $("rows").children) {
    const here = item.dataset.n === String(n);
    item.toggleAttribute("aria-current", here);
    if (here) item.scrollIntoView({ block: "nearest" });
  }
}

/** The number of the row before or after the open one; of none, the first. */
export function beside(n, step) {
  const numbers = [...$("rows").children].map((item) => item.dataset.n);
  const at = numbers.indexOf(String(n));
  return at < 0 ? numbers[0] : numbers[at + step];
}
