// Asking the server: with the API key where it wants one, and answers piece by piece.
import { say } from "/words.js";

const $ = (id) => document.getElementById(id);

export class Problem extends Error {}

/** A good answer of the server, or a Problem told in the page's language. */
export async function ask(path, options = {}) {
  for (;;) {
    const key = sessionStorage.getItem("key");
    const headers = { ...(options.body ? { "content-type": "application/json" } : {}), ...(key ? { authorization: `Bearer ${key}` } : {}) };
    let answer;
    try {
      answer = await fetch(path, { ...options, headers });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Problem(say("gone"));
    }
    if (answer.ok) return answer;
    if (answer.status === 401) { await newKey(); continue; }
    if (answer.status === 429) throw new Problem(say("busy", { n: answer.headers.get("retry-after") ?? 5 }));
    const told = (await answer.json().catch(() => null))?.error;
    if (told?.code === "context_length_exceeded") throw Object.assign(new Problem(say("too_long")), { param: told.param });
    throw new Problem(say("failed", { why: told?.message ?? answer.status }));
  }
}

function newKey() {
  const dialog = $("key-dialog");
  $("key").value = "";
  if (!dialog.open) dialog.showModal();
  return new Promise((entered) => dialog.addEventListener("close", () => {
    sessionStorage.setItem("key", encodeURIComponent($("key").value) === $("key").value ? $("key").value
      : Array.from(new TextEncoder().encode($("key").value), (byte) => String.fromCharCode(byte)).join(""));
    entered();
  }, { once: true }));
}

async function* events(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    held += value;
    const lines = held.split("\n");
    held = lines.pop();
    for (const line of lines) {
      if (!line.startsWith("data: ") || line === "data: [DONE]") continue;
      const event = JSON.parse(line.slice(6));
      if (event.error) throw new Problem(say("failed", { why: event.error.message }));
      yield event;
    }
  }
}

/** Let one model answer; the answer grows as its pieces come. */
export async function answered(messages, answer, { temperature, longest }, controller, shown) {
  const body = {
    model: answer.model, messages, stream: true, temperature, ...(longest ? { max_tokens: longest } : {}),
  };
  try {
    for await (const event of events(await ask("/v1/chat/completions",
      { method: "POST", body: JSON.stringify(body), signal: controller.signal }))) {
      for (const choice of event.choices) {
        answer.text += choice.delta.content ?? "";
        answer.finish = choice.finish_reason ?? answer.finish;
      }
      shown();
    }
  } catch (error) {
    if (error.param === "max_tokens" && longest) return answered(messages, answer, { temperature }, controller, shown);   // what fits
    if (error.name === "AbortError") answer.finish = "stopped";
    else { answer.finish = "failed"; answer.problem = error instanceof Problem ? error.message : String(error); }
  }
  answer.finish ??= "failed";
  shown();
}
