// The way back from a platform's consent page: hands what came back to the server, in the name of
// whoever is signed in here, and tells what came of it.

import { byId, el, problemNodes } from "./elements.js";
import { auth, request } from "./requests.js";
import { loadClerk, clerkProblem } from "./clerk.js";
import { begin, readWays } from "./connect.js";
import { recognise, ways } from "./sign-in.js";
import { platformName } from "./words.js";

/** How long the good news stays before the page goes on by itself. */
const GO_ON_MS = 2500;

const platform = /^\/oauth\/(\w+)\/callback$/.exec(location.pathname)?.[1] ?? "";

/** What the platform sent. It leaves the address bar at once: a code is a secret while it is fresh. */
function takeFromAddress() {
  const given = new URLSearchParams(location.search);
  history.replaceState(null, "", location.pathname);
  const names = ["state", "code", "error", "error_reason", "error_description"];
  return Object.fromEntries(names.filter((name) => given.get(name)).map((name) => [name, given.get(name)]));
}

function show(state, headline, ...details) {
  byId("outcome").dataset.state = state;
  byId("headline").textContent = headline;
  byId("details").replaceChildren(...details);
  document.title = `${headline} · DualPosts`;
}

function connected(accounts, problems = []) {
  const names = accounts.map((account) => `@${account.username} on ${platformName(account.platform)}`);
  if (problems.length > 0) {
    return refused({ message: problems[0].message, action: problems[0].action });
  }
  show("connected", `${names.join(" and ")} ${names.length > 1 ? "are" : "is"} connected`,
    ...accounts.filter((account) => account.picture_url).map((account) => el("img", {
      class: "portrait", src: account.picture_url, alt: "", width: 64, height: 64, referrerpolicy: "no-referrer",
    })),
    el("p", {}, "What waited for it goes out now."));
  byId("go-on").textContent = "Go on";
  setTimeout(() => location.assign("/"), GO_ON_MS);
}

function refused(error) {
  const [, ...rest] = problemNodes(error);
  show("refused", error.message, ...rest);
  byId("try-again").hidden = platform === "";
}

function signedOut() {
  show("signed-out", "Sign in first",
    el("p", {}, "Nothing was connected: this browser is not signed in to DualPosts."),
    el("p", {}, "Open DualPosts, sign in, and press Connect again."));
}

async function finish() {
  const returned = takeFromAddress();
  try {
    const way = await ways();
    auth.onRefused(signedOut);
    if (!(await recognise(way))) return signedOut();
    if (platform === "clerk") return await finishAtClerk(way);
    connected([await request("POST", "/v1/connections/finish", { body: returned })]);
  } catch (error) {
    if (error.status !== 401) refused(error);
  }
}

async function finishAtClerk(way) {
  const clerk = await loadClerk(way.clerk);
  await clerk.user.reload();
  const failed = clerk.user.externalAccounts.find((one) => one.verification?.error);
  const { data, problems } = await request("POST", "/v1/connections/sync");
  if (data.length === 0 && problems.length === 0) {
    return refused(failed ? clerkProblem({ errors: [failed.verification.error] }) : {
      message: "No profile was connected.",
      action: "The platform's question was not answered with yes. Press Connect again if you want to.",
    });
  }
  connected(data, problems);
}

byId("try-again").addEventListener("click", async () => {
  try {
    await readWays();
    if (platform === "clerk") location.assign("/");
    else await begin(platform);
  } catch (error) {
    refused(error);
  }
});

finish();
