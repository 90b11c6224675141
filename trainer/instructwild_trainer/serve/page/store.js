// What this browser keeps: settings, a random name to vote under, and conversations, one a key, so that tabs keep theirs beside
// one another.
export const store = {
  full() {},
  read(key, otherwise) {
    try { return JSON.parse(localStorage.getItem(key)) ?? otherwise; } catch { return otherwise; }
  },
  write(key, value) {
    try { localStorage.setItem(key, JSON.stringify(value)); } catch { store.full(); }
  },
};

/** Conversations, the latest first: {id, title, changed, turns: [{question, system, answers, verdict, seconds}]}, one a key. */
export const talks = () => Object.keys(localStorage).filter((key) => key.startsWith("talk.")).map((key) => store.read(key, null))
  .filter((talk) => Array.isArray(talk?.turns)).sort((a, b) => b.changed - a.changed);

export const drawn = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
export const voter = () => {
  const name = store.read("voter", null) ?? drawn();
  store.write("voter", name);
  return name;
};
