// Who is here: by the sign-in link, a session that is still good, an API key, or Clerk.

import { auth, request } from "./requests.js";
import * as clerk from "./clerk.js";

/** How people sign in on this server. */
export async function ways() {
  const response = await fetch("/v1/sign-in", { cache: "no-store" });
  if (!response.ok) throw new Error("The server did not say how to sign in.");
  return response.json();
}

/** `#link=…` or `#key=…`. It leaves the address bar at once: it must not be shared or kept. */
export function takeFromAddress() {
  const given = /^#(link|key)=(.*)$/.exec(location.hash);
  if (!given) return null;
  history.replaceState(null, "", location.pathname + location.search);
  return given[2] ? { kind: given[1], value: given[2] } : null;
}

/** Uses a sign-in link up. Throws the server's problem when it opens nothing. */
export async function useLink(link) {
  auth.forget();
  await request("POST", "/v1/session", { body: { link } });
  auth.useSession();
}

/**
 * Finds out who is here, without asking anybody. True when requests can be made; `way` is how
 * people sign in here.
 */
export async function recognise(way) {
  if (auth.isSignedIn) return true;
  if (way.with === "clerk") {
    await clerk.loadClerk(way.clerk);
    if (!clerk.isSignedIn()) return false;
    auth.useTokens(clerk.sessionToken);
    return true;
  }
  // The answer is asked for outside of `request`: that nobody is here yet is no fault.
  const session = await fetch("/v1/session", { cache: "no-store", headers: { Accept: "application/json" } });
  if (session.ok) auth.useSession();
  return session.ok;
}

/** Signs out at the server, or at Clerk. What can not be told to them is forgotten here all the same. */
export async function signOut(way) {
  try {
    if (way?.with === "clerk" && clerk.isSignedIn()) await clerk.signOut();
    else await request("DELETE", "/v1/session");
  } catch { /* the key is forgotten, a session ends by itself */ }
  auth.forget();
}
