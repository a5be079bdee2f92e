// Who is here: by the sign-in link, a session that is still good, an API key, or Clerk.

import { Problem, auth, leavesDoubt, request } from "./requests.js";
import * as clerk from "./clerk.js";

let way = null;

/** How people sign in on this server: `{ with: "link" }` or `{ with: "clerk", clerk }`. */
export async function howToSignIn() {
  way ??= await request("GET", "/v1/sign-in");
  return way;
}

/**
 * `#link=…`. It leaves the address bar at once: it must not be shared or kept. An API key is never
 * taken from an address: whoever sends somebody there would have them work in the sender's name.
 */
export function takeFromAddress() {
  const link = /^#link=(.*)$/.exec(location.hash)?.[1];
  if (link === undefined) return null;
  history.replaceState(null, "", location.pathname + location.search);
  return link || null;
}

/** Uses a sign-in link up. Returns null, or the server's problem when the link opens nothing. */
export async function useLink(link) {
  try {
    await request("POST", "/v1/session", { body: { link }, quiet: true });
  } catch (error) {
    if (!(error instanceof Problem) || leavesDoubt(error)) throw error;
    return error;
  }
  auth.useSession();
  return null;
}

/** Finds out who is here, without asking anybody: whether requests can be made in their name. */
export async function recognise() {
  if (auth.kind) return true;
  const { with: by, clerk: settings } = await howToSignIn();
  if (by === "clerk") {
    await clerk.load(settings);
    if (!clerk.isSignedIn()) return false;
    auth.useTokens(clerk.sessionToken);
    return true;
  }
  try {
    await request("GET", "/v1/session", { quiet: true });
  } catch (error) {
    if (error.status === 401) return false;
    throw error;
  }
  auth.useSession();
  return true;
}

/** Signs out at the server, or at Clerk. Throws what keeps this browser signed in. */
export async function signOut() {
  const { kind } = auth;
  if (kind === "clerk") return clerk.signOut();
  try {
    await request("DELETE", "/v1/session", { quiet: true });
  } catch (error) {
    // Whose session has ended is out already, and a key is forgotten without the server.
    if (kind === "session" && error.status !== 401) throw error;
  }
}
