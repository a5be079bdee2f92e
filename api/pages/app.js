// The start: the key, what kind of server this is, and the parts put together.

import { byId, problemNodes, webAddress } from "./elements.js";
import { Problem, auth, leavesDoubt, request } from "./requests.js";
import { Composer } from "./compose.js";
import { PostList, Watch } from "./posts.js";
import { followClock } from "./words.js";

/** Accounts and the kind of server change rarely. */
const SLOW_MS = 30_000;
/** How long the first picture waits for the banner, so that it does not push the page down later. */
const BANNER_WAIT_MS = 800;

/** A round waits for this answer too; it must not hang on it. */
const HEALTH_WITHIN_MS = 5000;

const accounts = new Map();
let simulatorUrl = null;
let slowAt = -Infinity;

const posts = new PostList({ accounts, simulatorUrl: () => simulatorUrl });
const composer = new Composer({
  accounts,
  onAccepted: (post) => posts.add(post),
  onDoubt: () => posts.hurry(),
});
const watch = new Watch({ round, isMoving: () => posts.isMoving });
posts.onHurry = () => watch.hurry();

async function round() {
  const slow = Date.now() - slowAt >= SLOW_MS ? [loadAccounts(), readHealth()] : [];
  const results = await Promise.allSettled([...slow, posts.refresh()]);
  const failed = results.find(({ status }) => status === "rejected");
  if (failed) throw failed.reason;
  if (slow.length > 0) slowAt = Date.now();
}

async function loadAccounts() {
  const { data } = await request("GET", "/v1/accounts");
  accounts.clear();
  for (const account of data) accounts.set(account.id, account);
  composer.showAccounts();
  posts.accountsChanged();
}

/** Asked for again and again: the server may be started anew in another mode under an open page. */
async function readHealth() {
  let health;
  try {
    // Not ok is an answer, too; it is JSON all the same.
    health = await (await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(HEALTH_WITHIN_MS) })).json();
  } catch {
    return;
  }
  simulatorUrl = webAddress(health?.simulator_url);
  byId("simulation").hidden = !simulatorUrl;
  if (simulatorUrl) byId("simulation-link").href = simulatorUrl;
}

/** `#key=…` of the start link. It leaves the address bar at once: it must not be shared or kept. */
function takeKeyFromAddress() {
  const given = /^#key=(.*)$/.exec(location.hash)?.[1];
  if (given === undefined) return false;
  history.replaceState(null, "", location.pathname + location.search);
  if (given) auth.use(given);
  return given !== "";
}

function open() {
  byId("key-form").hidden = true;
  byId("work").hidden = false;
  byId("forget").hidden = false;
  slowAt = -Infinity;
  accounts.clear();
  posts.reset();
  watch.start();
}

/** What was written stays in the form behind it. */
function askForKey(problem) {
  watch.stop();
  auth.forget();
  for (const dialog of document.querySelectorAll("dialog")) dialog.close();
  byId("work").hidden = true;
  byId("forget").hidden = true;
  byId("key-form").hidden = false;
  byId("key-problem").replaceChildren(...(problem ? problemNodes(problem) : []));
  byId("key").setAttribute("aria-invalid", String(Boolean(problem)));
  byId("key").focus();
}

async function tryKey(event) {
  event.preventDefault();
  const given = byId("key").value.trim();
  // Other characters can not even be sent in a header.
  if (!/^[\x21-\x7e]+$/.test(given)) return askForKey({ message: "This is not a key: keys begin with dp_ and have no spaces." });
  auth.use(given);
  try {
    await request("GET", "/v1/accounts");
  } catch (error) {
    // A 401 has been shown already. Without an answer the key may be good: the page keeps trying.
    if (error instanceof Problem && !leavesDoubt(error)) {
      if (error.status !== 401) askForKey(error);
      return;
    }
  }
  byId("key").value = "";
  open();
  byId("text").focus();
}

async function start() {
  auth.onRefused(askForKey);
  byId("key-form").addEventListener("submit", tryKey);
  byId("forget").addEventListener("click", () => askForKey(null));
  window.addEventListener("hashchange", () => { if (takeKeyFromAddress()) open(); });
  takeKeyFromAddress();
  followClock();
  await Promise.race([readHealth(), new Promise((resolve) => setTimeout(resolve, BANNER_WAIT_MS))]);
  if (auth.key) open();
  else askForKey(null);
}

start();
