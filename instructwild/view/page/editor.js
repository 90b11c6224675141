// Edits: dropping, restoring, mending a text, labelling. Each is kept by the server in the edits file.
import { el } from "/page/elements.js";
import { EDITS } from "/page/list.js";
import { post } from "/page/server.js";
import { say } from "/page/words.js";

const listed = (text) => text.split(/[,，、]/).map((part) => part.trim()).filter(Boolean);

/** The buttons of a row, and under them the form that one of them opens. */
export function editBar(row, source, edited) {
  if (!row.editable) return el("p", { class: "soft" }, say("not_editable"));
  const form = el("div", { class: "edit-form", hidden: true }), problem = el("p", { class: "problem", role: "alert" });
  const send = async (body, word = "saved") => {
    try {
      edited(await post("edit", { source, n: row.n, ...body }), say(word));
    } catch (error) {
      problem.textContent = error.message;
    }
  };
  const show = (...children) => {
    form.replaceChildren(el("form", { onsubmit: (event) => event.preventDefault() }, ...children));
    form.hidden = false;
    form.querySelector("input, textarea")?.focus();
  };
  const buttons = (save) => el("p", { class: "buttons" }, el("button", { class: "main", onclick: save, data: { save: "" } }, say("save")), el("button", { type: "button", onclick: () => { form.hidden = true; } }, say("cancel")));
  const decide = () => {
    const note = el("input", { "aria-label": say("note"), placeholder: say("note"), maxlength: 500 });
    show(note, buttons(() => send({ edit: row.left ? "restore" : "drop", note: note.value })));
  };
  const mend = () => {
    const old = row.edits.find((edit) => edit.edit === "text")?.contents;
    const fields = row.messages.map((message, place) => el("label", {}, say(message.role), el("textarea", { dir: "auto", rows: Math.min(14, 2 + message.content.length / 60 | 0), value: old?.[place] ?? message.content })));
    show(fields, buttons(() => send({ edit: "text", contents: fields.map((field) => field.querySelector("textarea").value) })));
  };
  const label = () => {
    const known = { type: row.labels?.type, risk: row.labels?.risk ?? [], flags: row.labels?.flags ?? [], language: row.language, ...row.edits.find((edit) => edit.edit === "labels")?.labels };
    const field = (name, value) => el("label", {}, say(`${name}_hint`), el("input", { value: value ?? "", spellcheck: "false" }));
    const fields = { type: field("type", known.type), risk: field("risk", known.risk.join(", ")), flags: field("flags", known.flags.join(", ")), language: field("language", known.language) };
    const value = (name) => fields[name].querySelector("input").value.trim();
    show(Object.values(fields), buttons(() => {
      const labels = { type: value("type") || null, risk: listed(value("risk")), flags: listed(value("flags")), language: value("language") || "und" };
      send({ edit: "labels", labels: Object.fromEntries(Object.entries(labels).filter(([name, now]) => JSON.stringify(now) !== JSON.stringify(name === "language" ? row.language : row.labels?.[name] ?? (name === "type" ? null : [])))) });
    }));
  };
  const button = (name, key, act) => el("button", { onclick: act, data: { key } }, say(name));
  return el("div", { id: "edit" }, el("p", { class: "buttons" }, button(row.left ? "restore" : "drop", "d", decide), button("mend", "e", mend), button("label", "l", label),
    row.edits.length ? button("undo", "u", () => send({ edit: "undo" }, "undone")) : null),
  row.edits.map((edit) => el("p", { class: "soft edit-kept" }, `${say(EDITS[edit.edit])}${edit.at ? ` · ${edit.at}` : ""}`, edit.note ? el("span", { dir: "auto" }, ` · ${edit.note}`) : null,
    edit.contents ? el("span", { class: "text", dir: "auto" }, `\n${edit.contents.join("\n")}`) : null, edit.labels ? ` · ${JSON.stringify(edit.labels)}` : null)),
  problem, form);
}
