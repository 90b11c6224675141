// Questions to the server. An answer that is none becomes an Error whose message can be shown.
import { say } from "/page/words.js";

async function send(path, options) {
  let response;
  try {
    response = await fetch(path, { ...options, headers: { "x-view": "1", "content-type": "application/json" }, credentials: "same-origin" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error(say("error_gone"));
  }
  const answer = await response.json().catch(() => ({ error: "other", detail: String(response.status) }));
  if (response.ok) return answer;
  const known = ["session", "regex", "missing", "changed", "unwritten"].includes(answer.error) ? answer.error : "other";
  throw new Error(say(`error_${known}`, { why: answer.detail ?? answer.error }));
}

export const get = (path, parameters = {}, signal = undefined) =>
  send(`/api/${path}?${parameters instanceof URLSearchParams ? parameters : new URLSearchParams(parameters)}`, { signal });
export const post = (path, body) => send(`/api/${path}`, { method: "POST", body: JSON.stringify(body) });

/** Exchange the token of the link for a cookie, and take it out of the address. */
export async function signIn() {
  const token = location.hash.slice(1);
  if (!token) return;
  history.replaceState(null, "", location.pathname + location.search);
  await post("session", { token });
}
