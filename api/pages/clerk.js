// Signing in with Clerk: its own script, from our own server, and nothing of its dialogs.

const SCRIPT = "/assets/vendor/clerk.browser.js";
/** Clerk's script tries on for minutes; a person does not wait that long. */
const TOKEN_WITHIN_MS = 10_000;

let clerk = null;

/** Loads Clerk's script and asks who is signed in. `settings` are those of `GET /v1/sign-in`. */
export async function loadClerk(settings) {
  if (clerk) return clerk;
  await addScript(settings);
  await window.Clerk.load({ telemetry: false });
  clerk = window.Clerk;
  return clerk;
}

function addScript({ publishable_key, proxy_url }) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = SCRIPT;
    script.async = true;
    script.dataset.clerkPublishableKey = publishable_key;
    if (proxy_url) script.dataset.clerkProxyUrl = proxy_url;
    script.addEventListener("load", resolve);
    script.addEventListener("error", () => reject(new Error("Clerk's script could not be loaded.")));
    document.head.append(script);
  });
}

/** A fresh token of the session for each request. */
export async function sessionToken() {
  const late = new Promise((_, reject) => { setTimeout(() => reject(new Error("late")), TOKEN_WITHIN_MS); });
  const token = await Promise.race([clerk.session?.getToken(), late]);
  if (!token) throw new Error("Nobody is signed in.");
  return token;
}

export const isSignedIn = () => Boolean(clerk?.session);

/** Leaves for the sign-in page; it comes back to where we are. */
export const signIn = () => clerk.redirectToSignIn({
  signInForceRedirectUrl: location.origin + location.pathname,
  signUpForceRedirectUrl: location.origin + location.pathname,
});

export const signOut = () => clerk.signOut();

const STRATEGY = { x: "oauth_x", threads: "oauth_custom_threads" };
const PROVIDER = { x: "x", threads: "custom_threads" };
const SCOPES = { x: ["tweet.read", "tweet.write", "users.read", "media.write", "offline.access"] };

/**
 * Leaves for the platform's consent page. With `account`, its own link at Clerk is renewed; else
 * another one is made.
 */
export async function link(platform, account = null) {
  const redirectUrl = `${location.origin}/oauth/clerk/callback`;
  const options = { redirectUrl, ...(SCOPES[platform] && { additionalScopes: SCOPES[platform] }) };
  const known = clerk.user.externalAccounts.find((one) =>
    one.provider.replace(/^oauth_/, "") === PROVIDER[platform]
    && (account ? one.providerUserId === account.remote_user_id : one.verification?.status !== "verified"));
  const linked = known
    ? await known.reauthorize(options)
    : await clerk.user.createExternalAccount({ strategy: STRATEGY[platform], ...options });
  const next = linked.verification?.externalVerificationRedirectURL;
  if (!next) throw new Error("Clerk did not say where to go on.");
  location.assign(next);
}

/** What to tell a person whom Clerk refuses something. */
export function clerkProblem(error) {
  const first = error?.errors?.[0];
  if (first?.code === "session_reverification_required") {
    return {
      message: "Clerk wants you to sign in again before a profile is connected.",
      action: "Sign out, sign in again, and press Connect at once.",
    };
  }
  return { message: first?.longMessage || first?.message || error?.message || "Clerk did not answer.", action: "Try again in a minute." };
}
