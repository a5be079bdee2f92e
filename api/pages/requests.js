// Calls to the API, and what this tab remembers.

const KEY = "dualposts.key";
/** Longer than the server takes for any answer; without a limit a dead connection hangs forever. */
const ANSWER_WITHIN_MS = 20_000;

/** Values for this tab alone. Storage can be switched off; the page then forgets on reload. */
export const tab = {
  get(name) {
    try { return JSON.parse(sessionStorage.getItem(name)); } catch { return null; }
  },
  set(name, value) {
    try { sessionStorage.setItem(name, JSON.stringify(value)); } catch { /* forgotten on reload */ }
  },
  remove(name) {
    try { sessionStorage.removeItem(name); } catch { /* nothing was kept */ }
  },
};

let key = tab.get(KEY);
/** How requests say who we are: "key", "session" or "clerk"; null while nobody is signed in. */
let kind = key ? "key" : null;
let fetchToken = null;
let whenRefused = () => {};
/** Counts the ways of signing in that were used: an answer to a former one says nothing of this. */
let turn = 0;

function use(newKind, { newKey = null, newTokens = null } = {}) {
  kind = newKind;
  key = newKey;
  fetchToken = newTokens;
  turn += 1;
  if (key) tab.set(KEY, key);
  else tab.remove(KEY);
}

export const auth = {
  get kind() { return kind; },
  /** With an API key, which stays in this tab. */
  useKey(value) { use("key", { newKey: value }); },
  /** With the session cookie, which the browser sends by itself. */
  useSession() { use("session"); },
  /** With a token that `newTokens()` has anew for each request: null when nobody is signed in any more. */
  useTokens(newTokens) { use("clerk", { newTokens }); },
  forget() { use(null); },
  /** `handler` gets the problem when the server does not let us in. */
  onRefused(handler) { whenRefused = handler; },
};

/** The server said no, and why. */
export class Problem extends Error {
  constructor(status, body) {
    const said = body && typeof body === "object" ? body : {};
    super(said.title || `The server answered ${status} without saying why.`);
    this.status = status;
    this.code = String(said.code ?? "");
    this.detail = said.detail && said.detail !== this.message ? said.detail : null;
    this.action = said.action ?? null;
    this.violations = Array.isArray(said.violations) ? said.violations : [];
  }
}

/** Nothing was heard: it may have been done or not. */
export class NoAnswer extends Error {
  code = "";
  violations = [];
  constructor() { super("The server could not be reached."); }
}

/** Whether what was asked for may have happened although it looks failed. */
export const leavesDoubt = (error) => error instanceof NoAnswer || error.status >= 500;

/**
 * One call; returns the JSON of the answer, or null if it has none. `quiet`: that nobody is signed
 * in is an answer like any other.
 */
export async function request(method, path, { body, headers = {}, quiet = false } = {}) {
  const usedTurn = turn;
  const options = { method, cache: "no-store" };
  const refused = (problem) => {
    if (problem.status === 401 && usedTurn === turn && !quiet) whenRefused(problem);
    throw problem;
  };
  const ours = await credentials();
  if (!ours) return refused(new Problem(401, { title: "Nobody is signed in any more.", code: "unauthorized" }));
  options.headers = { Accept: "application/json", ...ours, ...headers };
  options.signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  const { status, ok, json } = await answer(path, options);
  return ok ? json : refused(new Problem(status, json));
}

/** The headers that say who we are. */
async function credentials() {
  if (kind === "key") return { Authorization: `Bearer ${key}` };
  if (kind !== "clerk") return {};
  let token;
  try {
    token = await fetchToken();
  } catch {
    // Whether somebody is signed in can not be known now: nothing was sent.
    throw new NoAnswer();
  }
  return token ? { Authorization: `Bearer ${token}` } : null;
}

async function answer(path, options) {
  let response, text;
  try {
    response = await fetch(path, options);
    text = await response.text();
  } catch {
    throw new NoAnswer();
  }
  try {
    return { status: response.status, ok: response.ok, json: text ? JSON.parse(text) : null };
  } catch {
    // A success that can not be read was cut off, or is not from our server.
    if (response.ok) throw new NoAnswer();
    return { status: response.status, ok: false, json: null };
  }
}

/** `crypto.randomUUID` is missing on plain http other than localhost. */
export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
