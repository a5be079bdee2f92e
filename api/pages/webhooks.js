// Webhooks that are told nothing more until somebody has looked after them.

import { announce, byId, el, problemNodes } from "./elements.js";
import { Problem, request } from "./requests.js";
import { timeNode } from "./words.js";

let drawn = "";

/** Draws a note for each webhook that was disabled because it failed. */
export async function showWebhooks() {
  const stopped = (await load()).filter(({ disabled }) => disabled && disabled.why !== "by_owner");
  const now = JSON.stringify(stopped);
  if (now === drawn) return;
  drawn = now;
  byId("webhooks").hidden = stopped.length === 0;
  byId("webhooks").replaceChildren(...stopped.map(note));
}

/** A key that may not see webhooks sees none. */
async function load() {
  try {
    return (await request("GET", "/v1/webhooks")).data;
  } catch (error) {
    if (error instanceof Problem && error.status === 403) return [];
    throw error;
  }
}

function note(webhook) {
  const { message, action, since } = webhook.disabled;
  const problem = el("div", { class: "problem", role: "alert" });
  const button = el("button", {
    type: "button", id: `enable-${webhook.id}`, "aria-label": `Enable the webhook ${webhook.url} again`,
    onclick: () => enable(webhook, button, problem),
  }, "Enable it again");
  return el("section", { class: "panel stopped" },
    el("h2", {}, "A webhook was disabled"),
    el("p", {}, el("code", {}, webhook.url), " ", el("span", { class: "quiet" }, timeNode(since))),
    el("p", {}, message, " ", action),
    button, problem);
}

async function enable(webhook, button, problem) {
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  problem.replaceChildren();
  try {
    await request("PATCH", `/v1/webhooks/${encodeURIComponent(webhook.id)}`, { body: { enabled: true } });
    announce("The webhook is enabled");
    await showWebhooks();
  } catch (error) {
    problem.replaceChildren(...problemNodes(error));
  } finally {
    button.removeAttribute("aria-disabled");
  }
}
