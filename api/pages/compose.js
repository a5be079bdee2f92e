// Writing: the form for a new post, and the dialog that changes one that has not gone out yet.

import { ask, byId, el, picture, problemNodes } from "./elements.js";
import { NoAnswer, leavesDoubt, request, tab, uuid } from "./requests.js";
import { PLATFORMS, WhenField, clearProblems, placeViolations, slotOf } from "./fields.js";
import { connectAgain, disconnectButton } from "./connect.js";
import { LIMITS, ZONE, count, localValue, platformName } from "./words.js";

const DRAFT = "dualposts.draft";
const SUBMIT = "dualposts.submit";

/** The form for a new post. */
export class Composer {
  #accounts;
  #onAccepted;
  #onDoubt;
  /** What the person ticked or unticked; all others follow the account's state. */
  #choices = new Map();
  #drawnAccounts = "";
  #busy = false;
  #when;

  constructor({ accounts, onAccepted, onDoubt }) {
    this.#accounts = accounts;
    this.#onAccepted = onAccepted;
    this.#onDoubt = onDoubt;
    this.#when = new WhenField("new", () => this.#changed());
    byId("when").replaceWith(this.#when.node);
    this.#listen();
    this.#restoreDraft();
    this.#changed();
  }

  #listen() {
    const form = byId("compose");
    form.addEventListener("submit", (event) => { event.preventDefault(); this.#submit(); });
    form.addEventListener("input", () => this.#changed());
    form.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.#submit();
    });
    for (const platform of PLATFORMS) {
      byId(`use-${platform}`).addEventListener("change", () => this.#toggleOverride(platform));
    }
  }

  #toggleOverride(platform) {
    const box = byId(`use-${platform}`);
    const own = byId(`override-${platform}`);
    if (box.checked && own.value === "") own.value = byId("text").value;
    this.#showOverride(platform, box.checked);
    if (box.checked) own.focus();
    this.#changed();
  }

  #showOverride(platform, shown) {
    byId(`use-${platform}`).checked = shown;
    byId(`use-${platform}`).setAttribute("aria-expanded", String(shown));
    byId(`own-${platform}`).hidden = !shown;
  }

  /** Draws the accounts again where something about them changed; ticks stay. */
  showAccounts() {
    const accounts = [...this.#accounts.values()];
    const drawn = JSON.stringify(accounts);
    if (drawn === this.#drawnAccounts) return;
    this.#drawnAccounts = drawn;
    const list = byId("accounts");
    const focused = list.contains(document.activeElement) ? document.activeElement : null;
    list.replaceChildren(...(accounts.length > 0
      ? accounts.map((account) => this.#accountRow(account))
      : [el("p", { class: "quiet" }, "No account is connected yet. Connect one to begin.")]));
    // Where what had the focus is gone, the keyboard goes on beside it.
    if (focused) (byId(focused.id) ?? byId("connect").querySelector("button"))?.focus();
    this.#changed();
  }

  #accountRow(account) {
    const id = `to-${account.id}`;
    const note = accountNote(account);
    const box = el("input", {
      type: "checkbox", id, value: account.id, "aria-describedby": `${id}-problem`, "data-slot": `account:${account.id}`,
      onchange: () => this.#choices.set(account.id, box.checked),
    });
    box.checked = this.#choices.get(account.id) ?? account.state === "ok";
    return el("div", { class: "account" },
      el("label", { class: "check", for: id },
        box, picture(account),
        el("span", { class: "who" },
          el("span", { class: "name" }, account.display_name || `@${account.username}`),
          el("span", { class: "quiet" }, `${platformName(account.platform)} @${account.username}`),
          note && el("span", { class: "account-note" }, note))),
      disconnectButton(account),
      account.state !== "ok" && connectAgain(account),
      el("div", { class: "problem", id: `${id}-problem`, "data-problem": `account:${account.id}` }));
  }

  #chosen() {
    const boxes = document.querySelectorAll("#accounts input:checked");
    return Array.from(boxes, (box) => this.#accounts.get(box.value)).filter(Boolean);
  }

  /** The text that `platform` gets if it has one of its own. */
  #override(platform) {
    return byId(`use-${platform}`).checked ? byId(`override-${platform}`).value : null;
  }

  #changed() {
    this.#showCounts();
    byId("submit").textContent = this.#busy ? "Submitting…" : this.#when.isLater ? "Schedule" : "Post now";
    if (!this.#busy) this.#saveDraft();
  }

  #showCounts() {
    const chosen = new Set(this.#chosen().map((account) => account.platform));
    const shown = PLATFORMS.filter((platform) => chosen.size === 0 || chosen.has(platform));
    byId("counts").replaceChildren(...shown.map((platform) => {
      const own = this.#override(platform);
      return countNode(platform, own ?? byId("text").value, own !== null);
    }));
  }

  /** What would be submitted now. The order of the fields is fixed: equal posts, equal bodies. */
  #body() {
    const chosen = this.#chosen();
    const body = { text: byId("text").value, accounts: chosen.map((account) => account.id) };
    if (this.#when.isLater) {
      body.publish_at = this.#when.value();
      body.time_zone = ZONE;
    }
    const overrides = PLATFORMS
      .filter((platform) => this.#override(platform) !== null && chosen.some((account) => account.platform === platform))
      .map((platform) => [platform, { text: this.#override(platform) }]);
    if (overrides.length > 0) body.overrides = Object.fromEntries(overrides);
    return body;
  }

  /** What is certain to be wrong without asking the server. */
  #obviousViolations(body) {
    const violations = [];
    const textIsShown = this.#chosen().some((account) => this.#override(account.platform) === null);
    if (body.text.trim() === "" && (textIsShown || body.accounts.length === 0)) {
      violations.push({ field: "text", message: "Write something first." });
    }
    if (body.accounts.length === 0) violations.push({ field: "accounts", message: "Choose at least one account." });
    // A repeat may come after its time: the server knows whether it took the first one.
    const time = isRepeat(body) ? null : this.#when.problem();
    if (time) violations.push({ field: "publish_at", message: time });
    return violations;
  }

  async #submit() {
    if (this.#busy) return;
    clearProblems(byId("compose"));
    byId("form-status").textContent = "";
    const body = this.#body();
    const violations = this.#obviousViolations(body);
    if (violations.length > 0) return this.#place(violations, body);
    const attempt = attemptFor(JSON.stringify(body));
    this.#setBusy(true);
    try {
      const post = await request("POST", "/v1/posts", { body, headers: { "Idempotency-Key": attempt.key } });
      tab.remove(SUBMIT);
      this.#accepted(post);
    } catch (error) {
      this.#refused(error, attempt, body);
    } finally {
      this.#setBusy(false);
    }
  }

  /** The text is locked meanwhile: what is cleared afterwards is what was sent. */
  #setBusy(busy) {
    this.#busy = busy;
    for (const area of byId("compose").querySelectorAll("textarea")) area.readOnly = busy;
    // Not `disabled`: that would throw the keyboard focus away.
    byId("submit").setAttribute("aria-disabled", String(busy));
    this.#changed();
  }

  #accepted(post) {
    byId("text").value = "";
    for (const platform of PLATFORMS) {
      byId(`override-${platform}`).value = "";
      this.#showOverride(platform, false);
    }
    const later = this.#when.isLater;
    this.#when.reset();
    byId("form-status").textContent = later ? "Scheduled. It is in the list." : "Accepted. The list shows when it is live.";
    this.#onAccepted(post);
  }

  #refused(error, attempt, body) {
    const box = byId("form-problem");
    if (leavesDoubt(error)) {
      box.replaceChildren(
        el("p", {}, el("strong", {}, error instanceof NoAnswer ? "The server did not answer." : error.message)),
        error.detail ? el("p", {}, error.detail) : "",
        el("p", {}, "Your text is kept. Submit again: if the first try did arrive, it is not posted a second time."));
      this.#onDoubt();
    } else if (error.code.includes("idempotency")) {
      // The key is taken by an earlier version of this post: that one got through.
      tab.remove(SUBMIT);
      box.replaceChildren(
        el("p", {}, el("strong", {}, "Your earlier submit did get through; it is in the list.")),
        el("p", {}, "What stands here now is different and has not been submitted. Submit again if you want it as another post."));
      this.#onDoubt();
    } else {
      tab.set(SUBMIT, attempt);
      // A key that is refused is dealt with in its own form.
      if (error.status === 401) return;
      box.replaceChildren(...refusalNodes(error));
      this.#place(error.violations, body);
    }
  }

  #place(violations, body) {
    placeViolations(byId("compose"), violations, (field) => slotOf(field, body.accounts));
  }

  #saveDraft() {
    const overrides = PLATFORMS.map((platform) => [platform, this.#override(platform)]);
    tab.set(DRAFT, { text: byId("text").value, overrides: Object.fromEntries(overrides), at: this.#when.draft() });
  }

  #restoreDraft() {
    const draft = tab.get(DRAFT);
    if (!draft) return;
    byId("text").value = draft.text ?? "";
    for (const platform of PLATFORMS) {
      const own = draft.overrides?.[platform];
      if (typeof own !== "string") continue;
      byId(`override-${platform}`).value = own;
      this.#showOverride(platform, true);
    }
    if (draft.at) this.#when.set(draft.at);
  }
}

/**
 * The idempotency key to submit `body` with. It stays the same until the server has accepted, or
 * the post changes. After a submit without an answer it stays the same even then: only so can the
 * server tell us that the earlier version got through, instead of posting both.
 *
 * Stored as in doubt before it is used: a page that is closed while it waits never hears.
 */
function attemptFor(body) {
  const last = tab.get(SUBMIT);
  const attempt = last && (last.inDoubt || last.body === body)
    ? { ...last, body }
    : { key: uuid(), body, inDoubt: false };
  tab.set(SUBMIT, { ...attempt, inDoubt: true });
  return attempt;
}

/** Whether just this was sent before and may have been accepted. */
function isRepeat(body) {
  const last = tab.get(SUBMIT);
  return Boolean(last?.inDoubt) && last.body === JSON.stringify(body);
}

/** Where each fault is told in its place, the server's summary would only be a second telling. */
function refusalNodes(error) {
  return error.violations.length > 0
    ? [el("p", {}, el("strong", {}, "Not accepted. Please correct what is marked in red."))]
    : problemNodes(error);
}

function accountNote(account) {
  if (account.state === "ok") return null;
  const words = account.state === "needs_reconnect"
    ? "Must be connected again; posts wait until then."
    : "Works, but something is wrong.";
  return account.state_reason ? `${words} ${account.state_reason}` : words;
}

function countNode(platform, text, isOwn) {
  const counted = count(platform, text);
  const over = counted > LIMITS[platform];
  return el("span", { class: over ? "count over" : "count", title: "An estimate; the server counts exactly when you submit." },
    `${platformName(platform)} ≈ ${counted} / ${LIMITS[platform]}${isOwn ? " (own text)" : ""}${over ? ", probably too long" : ""}`);
}

/** The dialog that changes text and time of a post that has not gone out. */
export function openEdit(post, onChanged) {
  const single = post.parts.length === 1;
  const text = el("textarea", { id: "edit-text", rows: 6, "aria-describedby": "edit-text-problem", "data-slot": "text" });
  text.value = single ? post.parts[0].text : "";
  const when = new WhenField("edit");
  const former = post.publish_at ? localValue(new Date(post.publish_at)) : null;
  if (former) when.set(former);
  const own = PLATFORMS.filter((platform) => post.overrides?.[platform]).map(platformName);
  const content = [
    single
      ? el("div", { class: "field" },
        el("label", { for: "edit-text" }, "Text"), text,
        own.length > 0 && el("p", { class: "quiet hint" }, `${own.join(" and ")} keeps its own text; this does not change it.`),
        el("div", { class: "problem", id: "edit-text-problem", "data-problem": "text" }))
      : el("p", { class: "quiet" }, "This post is a chain of several messages; only its time can be changed here."),
    when.node,
    el("div", { class: "problem", role: "alert", "data-problem": "form" }),
  ];
  const dialog = ask({
    title: "Change the post",
    content,
    confirm: "Save",
    run: () => save(dialog, post, { text: single ? text.value : null, when, former }, onChanged),
    showProblem: (error) => showEditProblem(dialog, error),
  });
}

async function save(dialog, post, { text, when, former }, onChanged) {
  clearProblems(dialog);
  const change = {};
  if (text !== null && text !== post.parts[0].text) change.text = text;
  // A time that was left alone is not sent: it may have seconds that the field does not show.
  if (when.draft() !== former) {
    change.publish_at = when.isLater ? when.value() : null;
    change.time_zone = when.isLater ? ZONE : null;
  }
  const time = "publish_at" in change ? when.problem() : null;
  if (time || text?.trim() === "") {
    placeViolations(dialog, [
      ...(text?.trim() === "" ? [{ field: "text", message: "Write something first." }] : []),
      ...(time ? [{ field: "publish_at", message: time }] : []),
    ], (field) => slotOf(field, []));
    return false;
  }
  if (Object.keys(change).length > 0) onChanged(await request("PATCH", `/v1/posts/${encodeURIComponent(post.id)}`, { body: change }));
  return true;
}

function showEditProblem(dialog, error) {
  dialog.querySelector('[data-problem="form"]').replaceChildren(...refusalNodes(error));
  placeViolations(dialog, error.violations, (field) => slotOf(field, []));
  return true;
}
