// Elements out of texts. Every text becomes a text node: nothing from the data is ever read as HTML.

const ACTING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ufff9-\ufffb]/g;

/** A text whose control characters and bidirectional overrides are shown instead of obeyed. */
export const visible = (text) => String(text ?? "").replace(/\r\n/g, "\n")
  .replace(ACTING, (char) => `⟨U+${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`);

/** An element; properties that begin with "on" are listeners, `data` and `aria` groups of attributes. */
export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "data") for (const [key, item] of Object.entries(value)) node.dataset[key] = item;
    else if (name === "class") node.className = value;
    else if (name === "value") node.value = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => child instanceof Node ? child : visible(child)));
  return node;
}

/** The runs [differs, text] of a text, what differs marked. */
export const marked = (runs) => runs.map(([differs, text]) => differs ? el("mark", {}, text) : visible(text));

/** A language tag where HTML can carry it. */
export const tag = (value) => /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/.test(value ?? "") && value !== "und" ? value : undefined;

/** An address that may be opened: of the web only. */
export function link(address) {
  let url = null;
  try { url = new URL(address); } catch { /* shown as text */ }
  return url && ["http:", "https:"].includes(url.protocol)
    ? el("a", { href: url.href, rel: "noopener noreferrer", target: "_blank" }, address) : el("span", {}, address);
}

export const $ = (id) => document.getElementById(id);
