// Requests to the page's own API. Every failure is an Error whose `status` is 0 where there was no answer.
export async function call(method, path, body) {
  let answer;
  try {
    answer = await fetch(path, { method, credentials: "same-origin", cache: "no-store",
      headers: method === "POST" ? { "content-type": "application/json", "x-annotate": "1" } : {},
      body: method === "POST" ? JSON.stringify(body || {}) : undefined });
  } catch { throw Object.assign(new Error("offline"), { status: 0 }); }
  const value = await answer.json().catch(() => ({}));
  if (!answer.ok) throw Object.assign(new Error(value.error || answer.statusText), { status: answer.status });
  return value;
}
export const get = (path) => call("GET", path);
export const post = (path, body) => call("POST", path, body);
export const $ = (id) => document.getElementById(id);
// An element with properties and children; text children are text, never HTML.
export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}
