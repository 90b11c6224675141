// A little Markdown, as elements whose text is set and never parsed: what a model says can run nothing and load nothing.
const INLINE = /`([^`\n]+)`|\*\*([^*\n]+)\*\*|\*([^*\s][^*\n]*)\*/g;

function made(tag, text, kind) {
  const found = document.createElement(tag);
  if (text !== undefined) found.textContent = text;
  if (kind) found.className = kind;
  return found;
}

function inline(into, text) {
  let at = 0;
  for (const found of text.matchAll(INLINE)) {
    into.append(text.slice(at, found.index));
    const [whole, code, strong, emphasis] = found;
    into.append(code !== undefined ? made("code", code) : strong !== undefined ? made("strong", strong) : made("em", emphasis));
    at = found.index + whole.length;
  }
  into.append(text.slice(at));
  return into;
}

/** Paragraphs, headings, lists and fenced code as a document fragment. */
export function markdown(text) {
  const page = document.createDocumentFragment();
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  for (let at = 0; at < lines.length;) {
    const line = lines[at];
    const fence = line.match(/^\s*```\s*([\w+#.-]*)\s*$/);
    if (fence) {
      let end = at + 1;
      while (end < lines.length && !/^\s*```\s*$/.test(lines[end])) end += 1;
      const block = made("pre");
      block.append(made("code", lines.slice(at + 1, end).join("\n")));
      block.tabIndex = 0;
      page.append(block);
      at = end + 1;
      continue;
    }
    const item = /^\s*(?:[-*•]|\d+[.)])\s+/;
    if (item.test(line)) {
      const ordered = /^\s*\d/.test(line);
      const list = made(ordered ? "ol" : "ul");
      if (ordered) list.start = parseInt(line, 10) || 1;
      while (at < lines.length && item.test(lines[at]) && /^\s*\d/.test(lines[at]) === ordered) {
        list.append(inline(made("li"), lines[at].replace(item, "")));
        at += 1;
      }
      page.append(list);
      continue;
    }
    const heading = line.match(/^#{1,6}\s+(.*)$/);
    if (heading) {
      page.append(inline(made("p", undefined, "heading"), heading[1]));
      at += 1;
      continue;
    }
    if (!line.trim()) {
      at += 1;
      continue;
    }
    const paragraph = made("p");
    while (at < lines.length && lines[at].trim() && !item.test(lines[at]) && !/^\s*```|^#{1,6}\s/.test(lines[at])) {
      if (paragraph.childNodes.length) paragraph.append(document.createElement("br"));
      inline(paragraph, lines[at]);
      at += 1;
    }
    page.append(paragraph);
  }
  return page;
}
