// Building blocks of the page: elements, links, dialogs.

/** An element. Strings among the children become text, never markup. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export const byId = (id) => document.getElementById(id);

/** The address if it is one of the web; a `javascript:` address must never become a link. */
export function webAddress(url) {
  try {
    const { protocol, href } = new URL(url);
    return protocol === "https:" || protocol === "http:" ? href : null;
  } catch {
    return null;
  }
}

/** A link that leaves the page. */
export function linkOut(url, ...children) {
  const href = webAddress(url);
  return href ? el("a", { href, target: "_blank", rel: "noopener noreferrer" }, ...children) : null;
}

/** The profile's picture, or its first letter while there is none. */
export function picture(account) {
  const letter = (account.display_name || account.username || "?").slice(0, 1).toUpperCase();
  const frame = el("span", { class: "picture", "aria-hidden": "true" }, letter);
  if (account.picture_url) {
    const image = el("img", { src: account.picture_url, alt: "", referrerpolicy: "no-referrer" });
    image.addEventListener("error", () => image.remove());
    frame.append(image);
  }
  return frame;
}

/** Reads `text` to those who can not see the page change. */
export function announce(text) {
  byId("announce").textContent = text;
}

/** The paragraphs that tell a person what went wrong. */
export function problemNodes(error) {
  return [
    el("p", {}, el("strong", {}, error.message)),
    error.detail && el("p", {}, error.detail),
    error.action && el("p", {}, error.action),
  ].filter(Boolean);
}

/**
 * Asks before something is done. `run` does it; what it throws is shown and the dialog stays.
 * `showProblem(error)` may return true to say that it has shown it elsewhere. `cancel: null`: there
 * is nothing to decide, only to read.
 */
export function ask({ title, content = [], confirm, danger = false, cancel = "Back", run, showProblem }) {
  const problem = el("div", { class: "problem", role: "alert" });
  const button = el("button", { type: "submit", class: danger ? "danger" : "primary" }, confirm);
  const heading = el("h2", { id: "dialog-title" }, title);
  const form = el("form", { novalidate: true },
    heading, ...content, problem,
    el("div", { class: "dialog-buttons" },
      cancel && el("button", { type: "button", onclick: () => dialog.close() }, cancel), button));
  const opener = document.activeElement;
  const card = opener?.closest(".card");
  const closed = () => {
    dialog.remove();
    returnFocus(opener, card);
  };
  const dialog = el("dialog", { "aria-labelledby": "dialog-title", onclose: closed }, form);
  let busy = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    button.setAttribute("aria-disabled", "true");
    problem.replaceChildren();
    try {
      if (await run() !== false) dialog.close();
    } catch (error) {
      if (!showProblem?.(error)) problem.replaceChildren(...problemNodes(error));
    } finally {
      busy = false;
      button.removeAttribute("aria-disabled");
    }
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** The browser does this by itself, unless what opened the dialog was drawn anew meanwhile. */
function returnFocus(opener, card) {
  if (!card?.isConnected || opener.isConnected) return;
  const key = opener.dataset.key;
  ((key && card.querySelector(`[data-key="${CSS.escape(key)}"]`)) || card).focus();
}
