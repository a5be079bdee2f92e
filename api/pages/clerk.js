// Clerk: its own script, from our own server, and none of its dialogs.

import { tab } from "./requests.js";

const SCRIPT = "/assets/vendor/clerk.browser.js";
/** Clerk's script tries on for minutes; a person does not wait that long. */
const LOADED_WITHIN_MS = 20_000;
const TOKEN_WITHIN_MS = 10_000;
/** What this tab has left for; it comes back to another page. */
const LINKING = "dualposts.linking";

/** Strategy, provider and scopes of a platform, by Clerk's names. */
const PLATFORMS = {
  x: {
    strategy: "oauth_x", provider: "x",
    scopes: ["tweet.read", "tweet.write", "users.read", "media.write", "offline.access"],
  },
  // What is asked for stands in the connection's settings, in the one form that Threads takes.
  threads: { strategy: "oauth_custom_threads", provider: "custom_threads", scopes: null },
};

const ACTIONS = {
  session_reverification_required: "Sign in again, and press Connect at once.",
  oauth_access_denied: "Nothing was connected. To connect after all, try again and choose to allow it.",
  external_account_exists: "Sign in as the user that has it, or disconnect it there first.",
};

let loading = null;

/** What Clerk refuses, in words for people. */
export class ClerkProblem extends Error {
  detail = null;
  violations = [];
  constructor(error) {
    const said = error?.errors?.[0] ?? error;
    const code = String(said?.code ?? "");
    const needsSignIn = code === "session_reverification_required";
    super(needsSignIn
      ? "Clerk connects a profile only shortly after you have signed in."
      : said?.longMessage || said?.message || "Clerk did not answer.");
    this.code = code;
    this.needsSignIn = needsSignIn;
    this.action = ACTIONS[code] ?? "Try again in a minute.";
  }
}

async function told(promise) {
  try {
    return await promise;
  } catch (error) {
    throw new ClerkProblem(error);
  }
}

/** Loads Clerk's script, once, and asks it who is here. `settings` are those of `GET /v1/sign-in`. */
export async function load(settings) {
  loading ??= told(within(LOADED_WITHIN_MS, begin(settings)));
  try {
    await loading;
  } catch (problem) {
    loading = null;
    throw problem;
  }
}

async function begin(settings) {
  // It is missing on plain http other than localhost, and Clerk's script does not go without.
  if (!globalThis.crypto?.subtle) throw new Error("Signing in with Clerk needs https.");
  // The script asks once. To be asked again, it must begin again.
  if (window.Clerk) return startAnew();
  await addScript(settings);
  await window.Clerk.load({ telemetry: false });
  if (!isSignedIn() && !knowsItsPage()) throw new Error("Clerk does not answer.");
}

function startAnew() {
  location.reload();
  return new Promise(() => {});
}

/** Without an answer from Clerk, its script takes this page for the one where people sign in. */
function knowsItsPage() {
  const { origin, pathname } = new URL(window.Clerk.buildSignInUrl(), location.href);
  return origin !== location.origin || !["/", location.pathname].includes(pathname);
}

function addScript({ publishable_key: key, proxy_url: proxy }) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = SCRIPT;
    script.crossOrigin = "anonymous";
    script.dataset.clerkPublishableKey = key;
    if (proxy) script.dataset.clerkProxyUrl = proxy;
    script.addEventListener("load", resolve);
    script.addEventListener("error", () => {
      script.remove();
      reject(new Error("Clerk's script could not be loaded."));
    });
    document.head.append(script);
  });
}

function within(ms, promise) {
  let timer;
  const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error("Clerk does not answer.")), ms); });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

export const isSignedIn = () => Boolean(window.Clerk?.session);

/** A token for one request; Clerk's script keeps it as long as it is good. Null: nobody is signed in. */
export async function sessionToken() {
  const { session } = window.Clerk;
  return session ? within(TOKEN_WITHIN_MS, session.getToken()) : null;
}

/** Both ways of coming in lead back to the page itself. */
const wayBack = () => {
  const url = `${location.origin}/`;
  return { signInForceRedirectUrl: url, signUpForceRedirectUrl: url };
};

/** Leaves for the sign-in page. */
export const signIn = () => told(window.Clerk.redirectToSignIn(wayBack()));

/** For what only somebody may do who has signed in just now. */
export const signInAgain = () => told(window.Clerk.signOut({ redirectUrl: window.Clerk.buildSignInUrl(wayBack()) }));

/** Loads the page anew. */
export const signOut = () => told(window.Clerk.signOut({ redirectUrl: `${location.origin}/` }));

/**
 * Leaves for the platform's consent page by way of Clerk. With `account`, what is linked of it is
 * renewed; else one more is linked.
 */
export async function link(platform, account = null) {
  const { strategy, scopes } = PLATFORMS[platform];
  const redirectUrl = `${location.origin}/oauth/clerk/callback`;
  const options = scopes ? { redirectUrl, additionalScopes: scopes } : { redirectUrl };
  const known = account && linkedOf(platform).find((one) => one.providerUserId === account.remote_user_id);
  const linking = await told(known
    ? known.reauthorize(options)
    : window.Clerk.user.createExternalAccount({ strategy, ...options }));
  const next = linking.verification?.externalVerificationRedirectURL;
  if (!next) throw new ClerkProblem(linking.verification?.error ?? { message: "Clerk did not say where to go on." });
  tab.set(LINKING, { platform, id: linking.id });
  location.assign(next);
}

/** Written with `oauth_` before it in some versions (clerk.md 2.4). */
const linkedOf = (platform) => window.Clerk.user.externalAccounts
  .filter((one) => one.provider.replace(/^oauth_/, "") === PLATFORMS[platform].provider);

/**
 * What this tab had left for: its `platform` and, as far as Clerk still tells, the `profile` that
 * was linked. Null when it had not left. Throws why nothing was linked.
 */
export async function cameBack() {
  const left = tab.get(LINKING);
  await told(window.Clerk.user.reload());
  if (!left) return null;
  const linked = linkedOf(left.platform).find((one) => one.id === left.id);
  // One that was linked before under another id has taken its place.
  if (!linked) return { platform: left.platform, profile: null };
  if (linked.verification?.status !== "verified") {
    throw new ClerkProblem(linked.verification?.error ?? { message: "The platform's question was not answered." });
  }
  return { platform: left.platform, profile: linked.providerUserId };
}

/** The platform that this tab left for, to try it again. */
export const leftFor = () => tab.get(LINKING)?.platform ?? null;

/** It has what it had left for. */
export const settled = () => tab.remove(LINKING);
