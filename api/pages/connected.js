// The way back from a platform's consent page: hands what came back to the server, in the name of
// whoever is signed in here, and tells what came of it.

import { byId, el, picture, problemNodes } from "./elements.js";
import { auth, request } from "./requests.js";
import { cameBack, leftFor, settled } from "./clerk.js";
import { begin, connectProblem } from "./connect.js";
import { howToSignIn, recognise } from "./sign-in.js";
import { platformName } from "./words.js";

/** How long the good news stays before the page goes on by itself. */
const GO_ON_MS = 4000;
const FIELDS = ["state", "code", "error", "error_reason", "error_description"];

/** `threads`, `x`, or `clerk` for what Clerk has connected. */
const from = /^\/oauth\/(\w+)\/callback$/.exec(location.pathname)?.[1];

/** What the platform sent. It leaves the address bar at once, with the `#_` that Threads adds: a code is a secret. */
function takeFromAddress() {
  const sent = new URLSearchParams(location.search);
  history.replaceState(null, "", location.pathname);
  return Object.fromEntries(FIELDS.filter((name) => sent.get(name)).map((name) => [name, sent.get(name)]));
}

function show(state, headline, ...details) {
  const outcome = byId("outcome");
  // What went wrong is read aloud at once.
  outcome.setAttribute("role", state === "connected" ? "status" : "alert");
  outcome.dataset.state = state;
  byId("headline").textContent = headline;
  byId("details").replaceChildren(...details);
  document.title = `${headline} · DualPosts`;
}

function connected(accounts) {
  const names = accounts.map((account) => `@${account.username} on ${platformName(account.platform)}`);
  show("connected", `${names.join(" and ")} ${names.length > 1 ? "are" : "is"} connected`,
    el("div", { class: "portraits" }, accounts.map((account) => el("span", { class: "portrait" },
      picture(account), account.display_name || `@${account.username}`))));
  byId("go-on").textContent = "Go on";
  setTimeout(() => location.replace("/"), GO_ON_MS);
}

function refused(error) {
  const [, ...rest] = connectProblem(error);
  show("refused", error.message, ...rest);
  byId("try-again").hidden = !platform();
  if (platform()) byId("try-again").focus();
}

/** Which one to try again. */
const platform = () => (from === "clerk" ? leftFor() : from);

async function signedOut() {
  const withClerk = (await howToSignIn().catch(() => null))?.with === "clerk";
  show("signed-out", "Sign in first",
    el("p", {}, "Nothing was connected: nobody is signed in to DualPosts in this browser."),
    el("p", {}, ...(withClerk
      ? ["Sign in, then press Connect again."]
      : ["Open a sign-in link in this browser (", el("code", {}, "dualposts link"), " prints one), then press Connect again."])));
  byId("try-again").hidden = true;
  if (withClerk) byId("go-on").textContent = "Sign in";
}

async function finish() {
  try {
    if (from === "clerk") await finishAtClerk();
    else await finishHere(takeFromAddress());
  } catch (error) {
    // That nobody is signed in is told already.
    if (error.status !== 401) refused(error);
  }
}

async function finishHere(sent) {
  if (!sent.state) {
    return refused({ message: "There is nothing to finish here.", action: "This page is where a platform sends you back to. It was finished already, or opened by itself." });
  }
  if (!(await recognise())) return signedOut();
  connected([await request("POST", "/v1/connections/finish", { body: sent })]);
}

/** Clerk's script reads what Clerk adds to the address, so that stays until it has. */
async function finishAtClerk() {
  const isHere = await recognise();
  takeFromAddress();
  if (!isHere) return signedOut();
  if (auth.kind !== "clerk") return refused({ message: "You are signed in with an API key, not with Clerk.", action: "Sign out, sign in with Clerk, and press Connect again." });
  const back = await cameBack();
  const { data, problems } = await request("POST", "/v1/connections/sync");
  const concerns = (one) => !back || one.platform === back.platform;
  const problem = problems.find(concerns);
  if (problem) return refused(problem);
  const accounts = data.filter((one) => concerns(one) && (!back?.profile || one.remote_user_id === back.profile));
  if (accounts.length > 0) {
    settled();
    return connected(accounts);
  }
  return refused({ message: "No profile was connected.", action: "The platform's question was not answered with yes. Try again if you want to." });
}

byId("try-again").addEventListener("click", async (event) => {
  const button = event.currentTarget;
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  try {
    await begin(platform());
  } catch (error) {
    refused(error);
  } finally {
    button.removeAttribute("aria-disabled");
  }
});

auth.onRefused(signedOut);
finish();
