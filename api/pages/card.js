// One post in the list: what became of it on each account, and what can be done about it.

import { ask, el, linkOut, problemNodes } from "./elements.js";
import { leavesDoubt, request } from "./requests.js";
import { openEdit } from "./compose.js";
import {
  ZONE, deliveryStatus, isUnknown, liveParts, platformName, postStatus, stepWords, timeNode, verdictWords, waitWords,
} from "./words.js";

const LONG_TEXT = 600;
const CANCELABLE = ["queued", "processing", "needs_reconnect", "missed"];

/** A post drawn once and then changed in place, so that focus and selection survive news. */
export class Card {
  #context;
  #post = null;
  #drawn = new Map();
  #slots = { head: el("div", { class: "card-head" }), text: el("div", { class: "card-text" }) };
  #deliveries = el("ul", { class: "deliveries" });
  #rows = new Map();
  #foot = el("div", { class: "card-foot" });
  #note = el("div", { class: "problem", role: "alert" });
  /** What the note was about; with news it no longer holds. */
  #noteIsOn = null;
  #showsAll = false;
  #histories = new Map();

  /** `context`: accounts, simulatorUrl(), changed(post) and refetch(id). */
  constructor(context) {
    this.#context = context;
    this.node = el("li", { class: "card panel", tabindex: -1 },
      this.#slots.head, this.#slots.text, this.#deliveries, this.#note, this.#foot);
  }

  show(post) {
    this.#post = post;
    const [label] = postStatus(post);
    this.#fill(this.#slots.head, [post.status, label, post.publish_at, isAhead(post), post.time_zone], () => this.#head());
    this.#fill(this.#slots.text, [post.parts, post.overrides, this.#showsAll], () => this.#text());
    this.#showDeliveries(post.deliveries);
    if (this.#note.hasChildNodes() && this.#noteIsOn !== JSON.stringify(post)) this.#note.replaceChildren();
    this.#fill(this.#foot, [canCancel(post), canEdit(post)], () => this.#actions());
  }

  /** Draws a slot again only if what it shows has changed. */
  #fill(slot, facts, build) {
    const now = JSON.stringify(facts);
    if (this.#drawn.get(slot) === now) return;
    this.#drawn.set(slot, now);
    const focused = slot.contains(document.activeElement) ? document.activeElement : null;
    slot.replaceChildren(...build().filter(Boolean));
    if (!focused) return;
    const same = focused.dataset.key && slot.querySelector(`[data-key="${CSS.escape(focused.dataset.key)}"]`);
    // What had the focus is gone: stay with the post rather than fall back to the top of the page.
    (same || this.node).focus({ preventScroll: true });
  }

  #head() {
    const { publish_at, created_at, time_zone } = this.#post;
    const zone = publish_at && time_zone && time_zone !== ZONE ? ` (chosen in ${time_zone})` : "";
    return [
      chip(postStatus(this.#post)),
      publish_at
        ? el("span", { class: "quiet" }, isAhead(this.#post) ? "" : "due ", timeNode(publish_at), zone)
        : el("span", { class: "quiet" }, "written ", timeNode(created_at)),
    ];
  }

  #text() {
    const { parts, overrides } = this.#post;
    const own = Object.entries(overrides ?? {}).map(([platform, instead]) => el("div", { class: "own" },
      el("p", { class: "quiet" }, `On ${platformName(platform)} instead:`),
      this.#partNodes(instead?.parts ?? [{ text: instead?.text ?? "" }])));
    const long = [parts, ...Object.values(overrides ?? {}).map((instead) => instead?.parts ?? [instead])].flat()
      .some((part) => (part?.text ?? "").length > LONG_TEXT);
    return [...this.#partNodes(parts), ...own, long && this.#button("all", this.#showsAll ? "Show less" : "Show all of it", () => {
      this.#showsAll = !this.#showsAll;
      this.show(this.#post);
    }, "plain")];
  }

  #partNodes(parts) {
    return parts.map(({ text }, index) => {
      const whole = this.#showsAll || text.length <= LONG_TEXT;
      return el("p", { class: "words", dir: "auto" },
        parts.length > 1 && el("span", { class: "quiet" }, `${index + 1}/${parts.length} `),
        whole ? text : `${text.slice(0, LONG_TEXT).replace(/[\ud800-\udbff]$/, "")}…`);
    });
  }

  #showDeliveries(deliveries) {
    for (const delivery of deliveries) {
      let row = this.#rows.get(delivery.id);
      if (!row) {
        row = { state: el("div", {}), history: el("div", { class: "history" }) };
        this.#rows.set(delivery.id, row);
        this.#deliveries.append(el("li", { class: "delivery" }, row.state, row.history));
      }
      const account = this.#context.accounts.get(delivery.account);
      const history = this.#histories.get(delivery.id);
      this.#fill(row.state, [delivery, account?.username, Boolean(history)], () => this.#delivery(delivery));
      if (history && history.of !== tries(delivery)) this.#loadHistory(delivery);
    }
  }

  #delivery(delivery) {
    const live = liveParts(delivery);
    const name = platformName(delivery.platform);
    return [
      el("div", { class: "delivery-head" },
        el("span", { class: "to" }, el("span", { class: "platform" }, name), " ", this.#who(delivery)),
        chip(deliveryStatus(delivery))),
      live.length > (delivery.status === "published" ? 1 : 0) && this.#liveNodes(delivery, live),
      this.#repeatsHead(delivery) ? null : waitNode(delivery),
      errorNode(delivery),
      el("div", { class: "buttons" },
        delivery.status === "published" && el("span", {},
          linkOut(delivery.url, `View on ${name}`) ?? "Live",
          delivery.published_at && [" · ", timeNode(delivery.published_at)]),
        this.#retryButton(delivery), this.#historyButton(delivery)),
    ];
  }

  /** Reason and time of a plain schedule stand at the top of the card already. */
  #repeatsHead({ waiting_for, next_at }) {
    const { publish_at } = this.#post;
    return waiting_for === "schedule" && publish_at && new Date(next_at).getTime() === new Date(publish_at).getTime();
  }

  #who(delivery) {
    const account = this.#context.accounts.get(delivery.account);
    return account ? `@${account.username}` : "account no longer connected";
  }

  #liveNodes(delivery, live) {
    const of = (this.#post.overrides?.[delivery.platform]?.parts ?? this.#post.parts).length;
    return el("p", {}, `${live.length} of ${of} ${of === 1 ? "part is" : "parts are"} live: `,
      live.map((part, index) => [index > 0 && ", ", linkOut(part.url, `part ${index + 1}`) ?? `part ${index + 1}`]));
  }

  #button(key, label, onclick, kind = "") {
    return el("button", { type: "button", class: kind, "data-key": key, onclick }, label);
  }

  #retryButton(delivery) {
    const key = `retry-${delivery.id}`;
    if (isUnknown(delivery)) return this.#button(key, "Send again…", () => this.#askToRepeat(delivery));
    if (delivery.status === "missed") return this.#button(key, "Publish now", () => this.#retry(delivery));
    if (delivery.status !== "failed") return null;
    const label = delivery.error?.retryable === false ? "Try again anyway" : "Try again";
    return this.#button(key, label, () => this.#retry(delivery));
  }

  #retry(delivery) {
    return this.#act(() => this.#postRetry(delivery, {}));
  }

  async #postRetry(delivery, body) {
    await request("POST", `/v1/deliveries/${encodeURIComponent(delivery.id)}/retry`, { body });
    await this.#context.refetch(this.#post.id);
  }

  /** Only a person who has looked can know that sending again makes no duplicate. */
  #askToRepeat(delivery) {
    const name = platformName(delivery.platform);
    const looked = el("input", { type: "checkbox", id: "looked", "aria-describedby": "looked-problem" });
    const missing = el("p", { class: "problem", id: "looked-problem", role: "alert" });
    ask({
      title: `Send again to ${name}?`,
      content: [
        el("p", {}, `It could not be found out whether the post is on ${name}. If it is, sending again makes a second one.`),
        el("p", {}, this.#profileLink(delivery)),
        el("label", { class: "check" }, looked, "I have looked: the post is not there."),
        missing,
      ],
      confirm: "Send again",
      danger: true,
      run: () => {
        if (!looked.checked) {
          missing.textContent = "Please look first, then tick the box.";
          looked.focus();
          return false;
        }
        return this.#act(() => this.#postRetry(delivery, { even_if_it_may_duplicate: true }));
      },
    });
  }

  /** In a simulation the real profile would show nothing, and mislead. */
  #profileLink(delivery) {
    const simulator = this.#context.simulatorUrl();
    if (simulator) return linkOut(simulator, "Look at what the simulated platform received");
    const account = this.#context.accounts.get(delivery.account);
    if (!account) return "Look at the account.";
    const user = encodeURIComponent(account.username);
    const profile = delivery.platform === "x" ? `https://x.com/${user}` : `https://www.threads.com/@${user}`;
    return linkOut(profile, `Look at @${account.username} on ${platformName(delivery.platform)}`);
  }

  #historyButton(delivery) {
    if (!delivery.attempt_count) return null;
    const open = this.#histories.has(delivery.id);
    return el("button", {
      type: "button", class: "plain", "data-key": `history-${delivery.id}`, "aria-expanded": String(open),
      onclick: () => this.#toggleHistory(delivery),
    }, open ? "Hide what was tried" : "What was tried");
  }

  #toggleHistory(delivery) {
    if (this.#histories.delete(delivery.id)) this.#rows.get(delivery.id).history.replaceChildren();
    else this.#loadHistory(delivery);
    this.show(this.#post);
  }

  async #loadHistory(delivery) {
    const place = this.#rows.get(delivery.id).history;
    const history = { of: tries(delivery) };
    this.#histories.set(delivery.id, history);
    if (!place.hasChildNodes()) place.replaceChildren(el("p", { class: "quiet" }, "Loading…"));
    let nodes;
    try {
      const { data } = await request("GET", `/v1/deliveries/${encodeURIComponent(delivery.id)}/attempts`);
      nodes = [data.length > 0 ? el("ol", {}, data.map(attemptNode)) : el("p", { class: "quiet" }, "Nothing yet.")];
    } catch (error) {
      nodes = [el("div", { class: "problem" }, problemNodes(error))];
    }
    // It may have been closed, or asked for again, while the answer was on its way.
    if (this.#histories.get(delivery.id) === history) place.replaceChildren(...nodes);
  }

  #actions() {
    const post = this.#post;
    return [
      canEdit(post) && this.#button("edit", "Change text or time", () => openEdit(this.#post, (changed) => this.#adopt(changed))),
      canCancel(post) && this.#button("cancel", "Cancel", () => this.#askToCancel()),
    ];
  }

  #askToCancel() {
    const stops = this.#post.deliveries.filter(isCancelable);
    const stays = this.#post.deliveries.filter((delivery) => !isCancelable(delivery) && !["canceled", "failed"].includes(delivery.status));
    const names = (deliveries) => deliveries.map((one) => `${platformName(one.platform)} ${this.#who(one)}`).join(", ");
    ask({
      title: "Cancel this post?",
      content: [
        el("p", {}, `It will not go out to ${names(stops)}.`),
        stays.length > 0 && el("p", {}, `Not stopped, because it is out or on its way: ${names(stays)}.`),
      ].filter(Boolean),
      confirm: "Cancel the post",
      cancel: "Keep it",
      danger: true,
      run: async () => this.#adopt(await request("DELETE", `/v1/posts/${encodeURIComponent(this.#post.id)}`)),
    });
  }

  /** Takes the answer of a change; where it does not hold the post, asks for it. */
  async #adopt(answer) {
    if (answer?.id === this.#post.id && answer.deliveries) this.#context.changed(answer);
    else await this.#context.refetch(this.#post.id);
  }

  async #act(run) {
    if (this.node.getAttribute("aria-busy") === "true") return;
    this.node.setAttribute("aria-busy", "true");
    this.#note.replaceChildren();
    try {
      await run();
    } catch (error) {
      this.#note.replaceChildren(...problemNodes(error));
      if (leavesDoubt(error)) {
        this.#note.append(el("p", {}, "It may have arrived all the same: see how it stands here before you try again."));
      }
      this.#noteIsOn = JSON.stringify(this.#post);
    } finally {
      this.node.removeAttribute("aria-busy");
    }
  }
}

const isAhead = (post) => Boolean(post.publish_at) && new Date(post.publish_at) > new Date();
const isCancelable = (delivery) => CANCELABLE.includes(delivery.status) && liveParts(delivery).length === 0;
const canCancel = (post) => post.deliveries.some(isCancelable);

/** On every account that is still meant to get it, nothing has been tried yet, or its time was missed. */
function canEdit(post) {
  const meant = post.deliveries.filter((delivery) => delivery.status !== "canceled");
  const missed = (delivery) => delivery.status === "missed" && !isUnknown(delivery);
  const untouched = (delivery) => delivery.status === "queued"
    && (!delivery.attempt_count || delivery.waiting_for === "schedule");
  return (post.status === "scheduled" || meant.some(missed))
    && meant.every((delivery) => missed(delivery) || untouched(delivery));
}

/** Changes whenever there may be something new to tell about what was tried. */
const tries = (delivery) => `${delivery.attempt_count} ${delivery.status} ${delivery.next_at}`;

const chip = ([label, tone]) => el("span", { class: `chip ${tone}` }, label);

function waitNode(delivery) {
  if (!delivery.waiting_for) return null;
  const [why, what] = waitWords(delivery);
  const time = what && delivery.next_at && [`${what} `, timeNode(delivery.next_at)];
  return why || time ? el("p", { class: "quiet" }, why, why && time && " ", time) : null;
}

function errorNode(delivery) {
  const { error } = delivery;
  if (!error) return null;
  // For these the server's advice is for programs; the buttons beside them are for people.
  const action = isUnknown(delivery) ? "Look at the account. If the post is there, leave it. If it is not, send it again."
    : delivery.status === "missed" ? "Publish it now, give it a new time, or cancel it."
    : error.action;
  return el("div", { class: delivery.status === "failed" && !isUnknown(delivery) ? "reason bad" : "reason" },
    el("p", {}, error.message),
    action && el("p", {}, el("strong", {}, "What to do: "), action),
    saidNode(delivery));
}

function saidNode({ platform, error }) {
  const said = error.platform;
  if (!said) return null;
  const codes = [said.http_status && `HTTP ${said.http_status}`, said.code && `code ${said.code}`].filter(Boolean).join(", ");
  if (!said.message && !codes) return null;
  return el("p", { class: "said" }, `${platformName(platform)} said: `,
    said.message && el("q", {}, said.message), said.message && codes ? ` (${codes})` : codes);
}

function attemptNode(attempt) {
  const tookMs = new Date(attempt.ended_at) - new Date(attempt.started_at);
  const codes = [attempt.http_status && `HTTP ${attempt.http_status}`, attempt.platform_code && `code ${attempt.platform_code}`];
  const facts = [...codes, Number.isFinite(tookMs) && `took ${tookMs} ms`, attempt.worker && `worker ${attempt.worker}`];
  return el("li", {},
    el("p", {}, el("strong", {}, stepWords(attempt.step)), `: ${verdictWords(attempt.verdict)} · `, timeNode(attempt.started_at)),
    attempt.platform_message && el("p", { class: "said" }, el("q", {}, attempt.platform_message)),
    el("p", { class: "quiet" }, facts.filter(Boolean).join(" · ")));
}
