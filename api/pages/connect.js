// Connecting profiles: the buttons below the accounts, and those of each account.

import { ask, byId, el, problemNodes } from "./elements.js";
import { request } from "./requests.js";
import { clerkProblem, link } from "./clerk.js";
import { platformName } from "./words.js";

let ways = [];
let onChanged = () => {};

/** `changed()` is called when an account came or went. */
export function onAccountsChanged(changed) {
  onChanged = changed;
}

/** Asks how profiles are connected on this server. */
export async function readWays() {
  ({ data: ways } = await request("GET", "/v1/connections"));
}

/** Draws the buttons, and what to do when a platform shows an error of its own. */
export async function drawConnect() {
  await readWays();
  const problem = el("div", { class: "problem", id: "connect-problem", role: "alert" });
  byId("connect").replaceChildren(
    el("div", { class: "buttons" }, ways.map((way) => el("button", {
      type: "button", id: `connect-${way.platform}`, onclick: (event) => press(event.currentTarget, way.platform, null, problem),
    }, `Connect ${platformName(way.platform)}`))),
    problem,
    help());
}

function help() {
  const consent = ways.filter((way) => way.by === "consent");
  if (consent.length === 0) return "";
  return el("details", { class: "help" },
    el("summary", {}, "Did the platform show an error instead?"),
    consent.map((way) => el("section", {},
      el("h3", {}, platformName(way.platform)),
      el("p", { class: "quiet" }, "The app must list exactly this redirect address: ", el("code", {}, way.redirect_uri)),
      el("dl", {}, way.help.map((one) => [
        el("dt", {}, one.shows), el("dd", {}, one.message, " ", one.action),
      ])))));
}

/** What can be done about one account. */
export function accountButtons(account) {
  const problem = el("div", { class: "problem", role: "alert" });
  const again = account.state === "needs_reconnect" && el("button", {
    type: "button", class: "plain again", onclick: (event) => press(event.currentTarget, account.platform, account, problem),
  }, "Connect again");
  return el("div", { class: "account-buttons" },
    again,
    el("button", { type: "button", class: "plain", onclick: () => disconnect(account), "aria-label": `Disconnect @${account.username} on ${platformName(account.platform)}` }, "Disconnect"),
    problem);
}

async function press(button, platform, account, problem) {
  if (button.getAttribute("aria-disabled") === "true") return;
  problem.replaceChildren();
  button.setAttribute("aria-disabled", "true");
  try {
    await begin(platform, account);
  } catch (error) {
    problem.replaceChildren(...problemNodes(error?.errors ? clerkProblem(error) : error));
  } finally {
    button.removeAttribute("aria-disabled");
  }
}

/** Leaves for the consent page, or asks for a token where no app is set up. */
export async function begin(platform, account = null) {
  const by = ways.find((way) => way.platform === platform)?.by ?? "consent";
  if (by === "clerk") return link(platform, account);
  if (by === "token") return askForToken(platform);
  const { authorize_url: page } = await request("POST", "/v1/connections", { body: { platform } });
  location.assign(page);
}

function askForToken(platform) {
  const name = platformName(platform);
  const token = el("input", { id: "token", type: "password", required: true, autocomplete: "off", spellcheck: "false" });
  ask({
    title: `Connect ${name} with a token`,
    content: [
      el("p", { class: "quiet" }, `No app is set up for ${name} on this server. With an access token that you have, it works all the same. It is tried at once and kept sealed.`),
      el("div", { class: "field" }, el("label", { for: "token" }, "Access token"), token),
    ],
    confirm: "Connect",
    run: async () => {
      await request("POST", "/v1/accounts", { body: { platform, access_token: token.value.trim() } });
      onChanged();
    },
  });
}

function disconnect(account) {
  const left = el("div", {});
  let done = false;
  ask({
    title: `Disconnect @${account.username} on ${platformName(account.platform)}?`,
    content: [el("p", {}, "Its token is forgotten. What is scheduled on it waits until it is connected again."), left],
    confirm: "Disconnect",
    danger: true,
    run: async () => {
      if (done) return true;
      const answer = await request("DELETE", `/v1/accounts/${encodeURIComponent(account.id)}`);
      onChanged();
      if (!answer) return true;
      // Something is left to do at the platform: the dialog stays until it is read.
      left.replaceChildren(...problemNodes(answer));
      done = true;
      return false;
    },
  });
}
