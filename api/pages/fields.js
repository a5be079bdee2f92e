// Parts of the writing forms: the time a post goes out, and what is wrong shown where it is wrong.

import { el } from "./elements.js";
import { ZONE, exactTime, localValue, rfc3339, shortTime } from "./words.js";

export const PLATFORMS = ["x", "threads"];

/** Now, or a date and time in the browser's zone. */
export class WhenField {
  #now; #later; #input; #hint;

  constructor(name, onChange) {
    const radio = (id) => el("input", { type: "radio", name: `when-${name}`, id: `when-${name}-${id}`, onchange: () => this.#switched() });
    this.#now = radio("now");
    this.#later = radio("later");
    this.#now.checked = true;
    this.#input = el("input", {
      type: "datetime-local", id: `when-${name}-at`, "aria-label": `Date and time, ${ZONE}`,
      "aria-describedby": `when-${name}-hint when-${name}-problem`, "data-slot": "when", hidden: true,
      oninput: () => this.#show(),
    });
    this.#hint = el("p", { class: "quiet hint", id: `when-${name}-hint` });
    this.onChange = onChange;
    this.node = el("fieldset", { class: "field when" },
      el("legend", {}, "When"),
      el("div", { class: "choices" },
        el("label", { class: "check" }, this.#now, "Now"),
        el("label", { class: "check" }, this.#later, "At a time"),
        this.#input),
      this.#hint,
      el("div", { class: "problem", id: `when-${name}-problem`, "data-problem": "when" }));
    this.#show();
  }

  get isLater() { return this.#later.checked; }

  set(value) {
    this.#later.checked = true;
    this.#input.value = value;
    this.#show();
  }

  reset() {
    this.#now.checked = true;
    this.#show();
  }

  draft() { return this.isLater ? this.#input.value : null; }

  /** RFC 3339; only where `problem()` finds nothing. */
  value() {
    const date = this.#date();
    return date ? rfc3339(date) : null;
  }

  problem() {
    if (!this.isLater) return null;
    const date = this.#date();
    if (!date) return "Choose a date and a time.";
    if (localValue(date) !== this.#input.value.slice(0, 16)) return "The clocks are changed then: this time does not exist. Choose another.";
    return date <= new Date() ? "This time has passed. Choose a later one, or “Now”." : null;
  }

  #date() {
    const date = new Date(this.#input.value);
    return Number.isNaN(date.getTime()) ? null : date;
  }

  #switched() {
    if (this.isLater && !this.#input.value) this.#input.value = localValue(inAnHour());
    this.#show();
    if (this.isLater) this.#input.focus();
    this.onChange?.();
  }

  #show() {
    this.#input.hidden = !this.isLater;
    const date = this.isLater && !this.problem() ? this.#date() : null;
    this.#hint.textContent = date ? `${shortTime(date)}, ${ZONE} time` : this.isLater ? `${ZONE} time` : "Goes out as soon as it is accepted.";
    this.#hint.title = date ? exactTime(date) : "";
  }
}

/** A full five minutes, about an hour from now. */
function inAnHour() {
  const step = 5 * 60_000;
  return new Date(Math.ceil((Date.now() + 60 * 60_000) / step) * step);
}

/** What part of the form a violation's field speaks of; `a.0.b`, `a[0].b` and `/a/0/b` are all read. */
export function slotOf(field, accounts) {
  const [first, second] = String(field ?? "").split(/[^\p{L}\p{N}_-]+/u).filter(Boolean);
  switch (first) {
    case "overrides": return PLATFORMS.includes(second) ? second : "form";
    case "accounts": return second === undefined ? "accounts" : `account:${accounts[second] ?? second}`;
    case "publish_at": case "time_zone": return "when";
    case "text": case "parts": return "text";
    default: return "form";
  }
}

/** Shows each violation next to what it is about, and leads the keyboard to the first. */
export function placeViolations(form, violations, slotFor) {
  const controls = [];
  for (const violation of violations) {
    const { place, control } = findPlace(form, slotFor(violation.field));
    place.append(el("p", {}, violation.message || violation.code));
    if (!control) continue;
    control.setAttribute("aria-invalid", "true");
    controls.push(control);
  }
  const inOrder = controls.sort((a, b) => (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1));
  inOrder[0]?.focus();
}

/** What can not be seen can not explain itself: then the place one level up is taken. */
function findPlace(form, slot) {
  const fallback = { x: "text", threads: "text" }[slot] ?? (slot.startsWith("account:") ? "accounts" : "form");
  for (const name of [slot, fallback, "form"]) {
    const place = form.querySelector(`[data-problem="${CSS.escape(name)}"]`);
    if (!place || place.closest("[hidden]")) continue;
    return { place, control: form.querySelector(`[data-slot="${CSS.escape(name)}"]`) };
  }
  return { place: form, control: null };
}

export function clearProblems(form) {
  for (const place of form.querySelectorAll("[data-problem]")) place.replaceChildren();
  for (const control of form.querySelectorAll("[aria-invalid]")) control.removeAttribute("aria-invalid");
}
