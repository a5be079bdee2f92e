// The start: who is here, what kind of server this is, and the parts put together.

import { byId, problemNodes, webAddress } from "./elements.js";
import { Problem, auth, leavesDoubt, request } from "./requests.js";
import { Composer } from "./compose.js";
import { clerkProblem, signIn } from "./clerk.js";
import { drawConnect, onAccountsChanged } from "./connect.js";
import { PostList, Watch } from "./posts.js";
import { recognise, signOut, takeFromAddress, useLink, ways } from "./sign-in.js";
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
/** How people sign in here; null until the server has said so. */
let way = null;

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

function open() {
  byId("key-form").hidden = true;
  byId("clerk-form").hidden = true;
  byId("work").hidden = false;
  byId("sign-out").hidden = false;
  slowAt = -Infinity;
  accounts.clear();
  posts.reset();
  // The accounts come with the first round; the buttons may take longer.
  drawConnect().catch(() => byId("connect").replaceChildren());
  watch.start();
}

/** What was written stays in the form behind it. */
function askToSignIn(problem) {
  watch.stop();
  auth.forget();
  for (const dialog of document.querySelectorAll("dialog")) dialog.close();
  byId("work").hidden = true;
  byId("sign-out").hidden = true;
  const withClerk = way?.with === "clerk";
  byId("clerk-form").hidden = !withClerk;
  byId("key-form").hidden = withClerk;
  const nodes = problem ? problemNodes(problem) : [];
  byId(withClerk ? "clerk-problem" : "key-problem").replaceChildren(...nodes);
  byId("key").setAttribute("aria-invalid", String(Boolean(problem)));
  byId(withClerk ? "clerk-sign-in" : "key").focus();
}

async function tryKey(event) {
  event.preventDefault();
  const given = byId("key").value.trim();
  // Other characters can not even be sent in a header.
  if (!/^[\x21-\x7e]+$/.test(given)) return askToSignIn({ message: "This is not a key: keys begin with dp_ and have no spaces." });
  auth.useKey(given);
  try {
    await request("GET", "/v1/session");
  } catch (error) {
    // A 401 has been shown already. Without an answer the key may be good: the page keeps trying.
    if (error instanceof Problem && !leavesDoubt(error)) {
      if (error.status !== 401) askToSignIn(error);
      return;
    }
  }
  byId("key").value = "";
  open();
  byId("text").focus();
}

/** Opens the page for whoever is here, or asks them to sign in. */
async function enter() {
  const given = takeFromAddress();
  try {
    way ??= await ways();
    if (given?.kind === "key") auth.useKey(given.value);
    if (given?.kind === "link") await useLink(given.value);
    if (await recognise(way)) open();
    else askToSignIn(null);
  } catch (error) {
    askToSignIn(error?.errors ? clerkProblem(error) : error);
  }
}

async function leave() {
  await signOut(way);
  askToSignIn(null);
}

async function start() {
  auth.onRefused(askToSignIn);
  onAccountsChanged(() => { slowAt = -Infinity; watch.hurry(); });
  byId("key-form").addEventListener("submit", tryKey);
  byId("clerk-sign-in").addEventListener("click", () => signIn());
  byId("sign-out").addEventListener("click", leave);
  window.addEventListener("hashchange", () => { if (/^#(link|key)=/.test(location.hash)) enter(); });
  followClock();
  await Promise.race([readHealth(), new Promise((resolve) => setTimeout(resolve, BANNER_WAIT_MS))]);
  await enter();
}

start();
