// Connecting profiles: the buttons below the accounts, and those of each account.

import { announce, ask, byId, el, problemNodes } from "./elements.js";
import { request } from "./requests.js";
import { link, signInAgain } from "./clerk.js";
import { platformName } from "./words.js";

/** How each platform is connected on this server; null until it has said so. */
let ways = null;
let drawn = "";
let changed = () => {};

/** `handler()` is called when an account came or went. */
export function onAccountsChanged(handler) {
  changed = handler;
}

async function loadWays() {
  ({ data: ways } = await request("GET", "/v1/connections"));
}

/** Draws the buttons, and what to do when a platform shows an error of its own. */
export async function showConnect() {
  await loadWays();
  const now = JSON.stringify(ways);
  if (now === drawn) return;
  drawn = now;
  byId("connect").replaceChildren(
    el("div", { class: "buttons" }, ways.map(({ platform }) =>
      connectButton({ id: `connect-${platform}` }, `Connect ${platformName(platform)}`, byId("connect-problem"), platform))),
    help());
}

/** For an account that does not work as it is. */
export function connectAgain(account) {
  const problem = el("div", { class: "problem", role: "alert" });
  return el("div", { class: "again" },
    connectButton({ id: `again-${account.id}` }, "Connect again", problem, account.platform, account), problem);
}

function connectButton(attributes, label, problem, platform, account = null) {
  return el("button", {
    type: "button", ...attributes, onclick: (event) => press(event.currentTarget, problem, () => begin(platform, account)),
  }, label);
}

async function press(button, problem, run) {
  if (button.getAttribute("aria-disabled") === "true") return;
  problem.replaceChildren();
  button.setAttribute("aria-disabled", "true");
  try {
    await run();
  } catch (error) {
    problem.replaceChildren(...connectProblem(error));
  } finally {
    button.removeAttribute("aria-disabled");
  }
}

/** What a person is told whose connection can not begin, or did not come about. */
export function connectProblem(error) {
  const nodes = problemNodes(error);
  if (!error.needsSignIn) return nodes;
  const problem = el("div", { class: "problem", role: "alert" });
  return [...nodes, el("button", {
    type: "button", id: "sign-in-again", onclick: (event) => press(event.currentTarget, problem, signInAgain),
  }, "Sign in again"), problem];
}

/** Leaves for the consent page, or asks for a token where no app is set up. */
export async function begin(platform, account = null) {
  if (!ways) await loadWays();
  const way = ways.find((one) => one.platform === platform);
  if (way?.by === "clerk") return link(platform, account);
  if (way?.by === "token") return askForToken(way);
  const { authorize_url: page } = await request("POST", "/v1/connections", { body: { platform } });
  location.assign(page);
}

function askForToken({ platform, redirect_uri: address }) {
  const name = platformName(platform);
  const token = el("input", {
    id: "token", type: "password", autocomplete: "off", autocapitalize: "off", spellcheck: "false",
    "aria-describedby": "token-help",
  });
  ask({
    title: `Connect ${name} with a token`,
    content: [
      el("p", { id: "token-help" }, "Paste an access token of your profile. It is tried at once and kept sealed."),
      el("div", { class: "field" }, el("label", { for: "token" }, "Access token"), token),
      el("p", { class: "quiet" }, `To connect with one press instead, set up an app at ${name} and register this redirect address there: `, el("code", {}, address)),
    ],
    confirm: "Connect",
    run: async () => {
      const given = token.value.trim();
      if (!given) throw new Error("Paste the token first.");
      const account = await request("POST", "/v1/accounts", { body: { platform, access_token: given } });
      announce(`@${account.username} on ${name} is connected`);
      changed();
    },
  });
}

function help() {
  return el("details", { class: "help" },
    el("summary", {}, "Did the platform show an error instead?"),
    ways.map((way) => el("section", {},
      el("h3", {}, platformName(way.platform)),
      way.by === "clerk"
        ? el("p", {}, "The app must list the redirect address that Clerk shows at the connection.")
        : el("p", {}, "The app must list exactly this redirect address: ", el("code", {}, way.redirect_uri)),
      el("dl", {}, way.help.map(({ shows, message, action }) =>
        [el("dt", {}, /^\d+$/.test(shows) ? `Error ${shows}` : shows), el("dd", {}, message, " ", action)])))));
}

/** Takes an account away; asks first. */
export function disconnectButton(account) {
  const who = `@${account.username} on ${platformName(account.platform)}`;
  return el("button", {
    type: "button", class: "plain disconnect", id: `disconnect-${account.id}`, "aria-label": `Disconnect ${who}`,
    onclick: () => askToDisconnect(account, who),
  }, "Disconnect");
}

function askToDisconnect(account, who) {
  ask({
    title: `Disconnect ${who}?`,
    content: [el("p", {}, "Its token is forgotten. What is scheduled on it waits until it is connected again.")],
    confirm: "Disconnect",
    danger: true,
    run: async () => {
      const left = await request("DELETE", `/v1/accounts/${encodeURIComponent(account.id)}`);
      announce(`${who} is disconnected`);
      changed();
      // After this dialog has closed.
      if (left) setTimeout(() => tellWhatIsLeft(who, left));
    },
  });
}

function tellWhatIsLeft(who, left) {
  ask({
    title: `${who} is disconnected`,
    content: problemNodes(left),
    confirm: "I have read it",
    cancel: null,
    run: () => {},
  });
}
