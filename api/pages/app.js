// The start: who is here, what kind of server this is, and the parts put together.

import { byId, problemNodes, webAddress } from "./elements.js";
import { Problem, auth, leavesDoubt, request } from "./requests.js";
import { Composer } from "./compose.js";
import { signIn } from "./clerk.js";
import { onAccountsChanged, showConnect } from "./connect.js";
import { PostList, Watch } from "./posts.js";
import { howToSignIn, recognise, signOut, takeFromAddress, useLink } from "./sign-in.js";
import { showWebhooks } from "./webhooks.js";
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
/** The sign-in link that the address held, until the server has seen it. */
let given = null;

const posts = new PostList({ accounts, simulatorUrl: () => simulatorUrl });
const composer = new Composer({
  accounts,
  onAccepted: (post) => posts.add(post),
  onDoubt: () => posts.hurry(),
});
const watch = new Watch({ round, isMoving: () => posts.isMoving });
posts.onHurry = () => watch.hurry();

async function round() {
  if (!auth.kind || given) return arrive();
  const slow = Date.now() - slowAt >= SLOW_MS ? [loadAccounts(), showConnect(), showWebhooks(), readHealth()] : [];
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

/** Opens the page for whoever is here, or asks them to sign in. */
async function arrive() {
  let refusal = null;
  if (given) refusal = await useLink(given);
  given = null;
  try {
    // A link that was used before may be the one that this browser has signed in with.
    if (await recognise()) open();
    else await askToSignIn(refusal);
  } catch (error) {
    // Without an answer it is tried again and again.
    if (leavesDoubt(error) || error.status === 429) throw error;
    await askToSignIn(error);
  }
}

function open() {
  for (const id of ["key-form", "clerk-form"]) byId(id).hidden = true;
  for (const id of ["work", "sign-out"]) byId(id).hidden = false;
  slowAt = -Infinity;
  accounts.clear();
  posts.reset();
  watch.start();
}

/** What was written stays in the form behind it. */
async function askToSignIn(problem, isKeyWrong = auth.kind === "key") {
  watch.stop();
  const shown = problem?.code === "unauthorized" ? { ...ENDED[auth.kind], detail: problem.detail } : problem;
  auth.forget();
  for (const dialog of document.querySelectorAll("dialog")) dialog.close();
  for (const id of ["work", "sign-out"]) byId(id).hidden = true;
  const withClerk = (await howToSignIn().catch(() => null))?.with === "clerk";
  byId("clerk-form").hidden = !withClerk;
  byId("key-form").hidden = withClerk;
  byId(withClerk ? "clerk-problem" : "key-problem").replaceChildren(...(shown ? problemNodes(shown) : []));
  byId("key").setAttribute("aria-invalid", String(Boolean(shown && isKeyWrong)));
  byId(withClerk ? "clerk-sign-in" : "key").focus();
}

/** Why the server lets somebody in no more: its own words are for those who call the API. */
const ENDED = {
  key: { message: "The server does not take this key.", action: "Paste another one, or open a fresh sign-in link." },
  session: { message: "You are signed out.", action: "Open a fresh sign-in link to go on. What you have written is kept." },
  clerk: { message: "You are signed out.", action: "Sign in again to go on. What you have written is kept." },
};

async function tryKey(event) {
  event.preventDefault();
  const key = byId("key").value.trim();
  // Other characters can not even be sent in a header.
  if (!/^[\x21-\x7e]+$/.test(key)) {
    return askToSignIn({ message: "This is not a key: keys begin with dp_ and have no spaces." }, true);
  }
  auth.useKey(key);
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

/** Clerk's script may have failed to load before; then it is tried again. */
async function signInWithClerk() {
  byId("clerk-problem").replaceChildren();
  try {
    if (await recognise()) open();
    else await signIn();
  } catch (error) {
    byId("clerk-problem").replaceChildren(...problemNodes(error));
  }
}

async function leave() {
  try {
    await signOut();
  } catch (error) {
    return askToSignIn({
      message: "You may still be signed in: nobody heard that you want to leave.",
      detail: error.message,
      action: "Load this page again in a minute, and sign out then.",
    });
  }
  await askToSignIn(null);
}

function takeGiven() {
  given = takeFromAddress();
  if (given) watch.start();
}

async function start() {
  auth.onRefused(askToSignIn);
  onAccountsChanged(() => { slowAt = -Infinity; watch.hurry(); });
  byId("key-form").addEventListener("submit", tryKey);
  byId("clerk-sign-in").addEventListener("click", signInWithClerk);
  byId("sign-out").addEventListener("click", leave);
  window.addEventListener("hashchange", takeGiven);
  given = takeFromAddress();
  followClock();
  await Promise.race([readHealth(), new Promise((resolve) => setTimeout(resolve, BANNER_WAIT_MS))]);
  if (auth.kind && !given) open();
  else watch.start();
}

start();
