// The list of posts, and keeping it true: what is under way is asked for again and again.

import { announce, byId, el, problemNodes } from "./elements.js";
import { NoAnswer, Problem, request } from "./requests.js";
import { Card } from "./card.js";
import { clock, deliveryStatus, platformName } from "./words.js";

const PAGE = 20;
const MOVING_MS = 1000;
const RESTING_MS = 10_000;
/** A schedule that is further away than this needs no close watching. */
const SOON_MS = 15_000;
/** Posts asked for at the same time; the others get their turn a second later. */
const AT_ONCE = 6;
const BACKOFF_MOST_MS = 30_000;
const FINAL = ["published", "failed", "canceled"];

/** The posts on the page. */
export class PostList {
  #context;
  /** Post id -> { post, card, checkedAt, stamp }. */
  #entries = new Map();
  #order = [];
  #cursor = null;
  #pages = 0;
  #listedAt = -Infinity;
  /** Orders what we learn: an answer to an older question must not undo newer news. */
  #stamp = 0;
  /** Answers to questions asked before the list was started afresh are dropped. */
  #epoch = 0;
  #loadingMore = false;

  constructor({ accounts, simulatorUrl }) {
    this.#context = {
      accounts,
      simulatorUrl,
      changed: (post) => this.#adopt(post),
      refetch: async (id) => {
        await this.#fetchOne(id);
        this.onHurry();
      },
    };
    byId("filter").addEventListener("change", () => this.#startAfresh());
    byId("more").addEventListener("click", () => this.#loadMore());
  }

  /** Called when the list must be asked for sooner than its turn. */
  onHurry = () => {};

  /** Forgets everything, for another key. */
  reset() {
    this.#epoch += 1;
    this.#entries.clear();
    this.#order = [];
    this.#cursor = null;
    this.#pages = 0;
    this.#listedAt = -Infinity;
    byId("list-problem").replaceChildren();
    this.#draw();
  }

  #startAfresh() {
    this.reset();
    this.onHurry();
  }

  /** A post that the server has just accepted. It must be seen even where a filter would hide it. */
  add(post) {
    if (byId("filter").value) {
      byId("filter").value = "";
      this.reset();
    }
    if (!this.#entries.has(post.id)) this.#order.unshift(post.id);
    this.#learn(post, ++this.#stamp);
    this.#draw();
    this.onHurry();
  }

  /** A post of the list as the server told it in answer to a change. */
  #adopt(post) {
    if (!this.#entries.has(post.id)) return;
    this.#learn(post, ++this.#stamp);
    this.onHurry();
  }

  /** The next refresh asks for the list whatever its age. */
  hurry() {
    this.#listedAt = -Infinity;
    this.onHurry();
  }

  accountsChanged() {
    for (const { card, post } of this.#entries.values()) card.show(post);
  }

  /** Whether something is changing right now. */
  get isMoving() {
    return [...this.#entries.values()].some(({ post }) => post.deliveries.some(isMoving));
  }

  /** Asks for what is due to be asked for. */
  async refresh() {
    const now = Date.now();
    const results = [];
    if (now - this.#listedAt >= RESTING_MS || this.#pages === 0) results.push(this.#fetchFirstPage());
    results.push(...this.#due(now).map((id) => this.#fetchOne(id)));
    const failed = (await Promise.allSettled(results)).find(({ status }) => status === "rejected");
    if (failed) throw failed.reason;
  }

  #due(now) {
    return [...this.#entries.entries()]
      .filter(([, { post, checkedAt }]) => {
        if (post.deliveries.every((delivery) => FINAL.includes(delivery.status))) return false;
        // A little less than the interval: timers are not exact, and a turn must not be lost to that.
        return now - checkedAt >= (post.deliveries.some(isMoving) && !document.hidden ? MOVING_MS : RESTING_MS) - 100;
      })
      .sort(([, a], [, b]) => a.checkedAt - b.checkedAt)
      .slice(0, AT_ONCE)
      .map(([id]) => id);
  }

  async #fetchOne(id) {
    const [stamp, epoch] = [++this.#stamp, this.#epoch];
    try {
      const post = await request("GET", `/v1/posts/${encodeURIComponent(id)}`);
      if (epoch === this.#epoch && this.#entries.has(id)) this.#learn(post, stamp);
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 404) throw error;
      this.#entries.delete(id);
      this.#order = this.#order.filter((other) => other !== id);
      this.#draw();
    }
  }

  async #fetchPage(cursor) {
    const query = new URLSearchParams({ limit: PAGE });
    if (byId("filter").value) query.set("status", byId("filter").value);
    if (cursor) query.set("cursor", cursor);
    return request("GET", `/v1/posts?${query}`);
  }

  async #fetchFirstPage() {
    const [stamp, epoch] = [++this.#stamp, this.#epoch];
    const page = await this.#fetchPage(null);
    if (epoch !== this.#epoch) return;
    this.#listedAt = Date.now();
    byId("list-problem").replaceChildren();
    this.#mergeFirstPage(page, stamp);
    this.#draw();
  }

  /**
   * The page is what is true of the newest posts: what is missing in it no longer matches the
   * filter. Pages further down stay. Without any overlap there may be a gap: then they go.
   */
  #mergeFirstPage({ data, next_cursor: next }, stamp) {
    const ids = data.map((post) => post.id);
    const lastShared = Math.max(-1, ...ids.map((id) => this.#order.indexOf(id)));
    const newer = this.#order.filter((id) => this.#entries.get(id).stamp > stamp && !ids.includes(id));
    const older = next && lastShared >= 0
      ? this.#order.slice(lastShared + 1).filter((id) => !ids.includes(id) && !newer.includes(id))
      : [];
    for (const post of data) this.#learn(post, stamp);
    this.#order = [...newer, ...ids, ...older];
    const kept = new Set(this.#order);
    for (const id of this.#entries.keys()) if (!kept.has(id)) this.#entries.delete(id);
    if (this.#pages <= 1 || older.length === 0) {
      this.#cursor = next;
      this.#pages = 1;
    }
  }

  async #loadMore() {
    if (this.#loadingMore || !this.#cursor) return;
    this.#loadingMore = true;
    byId("more").setAttribute("aria-disabled", "true");
    byId("list-problem").replaceChildren();
    const [stamp, epoch] = [++this.#stamp, this.#epoch];
    try {
      const page = await this.#fetchPage(this.#cursor);
      if (epoch !== this.#epoch) return;
      const fresh = page.data.filter((post) => !this.#entries.has(post.id));
      for (const post of page.data) this.#learn(post, stamp);
      this.#order.push(...fresh.map((post) => post.id));
      this.#cursor = page.next_cursor;
      this.#pages += 1;
      this.#draw();
      // The keyboard goes on where the new posts begin.
      if (fresh.length > 0) this.#entries.get(fresh[0].id).card.node.focus({ preventScroll: true });
      announce(`${fresh.length} more posts`);
    } catch (error) {
      byId("list-problem").replaceChildren(...problemNodes(error));
    } finally {
      this.#loadingMore = false;
      byId("more").removeAttribute("aria-disabled");
    }
  }

  #learn(post, stamp) {
    let entry = this.#entries.get(post.id);
    if (entry && entry.stamp > stamp) return;
    if (!entry) {
      entry = { card: new Card(this.#context) };
      this.#entries.set(post.id, entry);
    } else {
      this.#announceNews(entry.post, post);
    }
    Object.assign(entry, { post, stamp, checkedAt: Date.now() });
    entry.card.show(post);
  }

  #announceNews(before, after) {
    const news = after.deliveries.filter((delivery) => {
      const former = before.deliveries.find(({ id }) => id === delivery.id);
      return former && deliveryStatus(former)[0] !== deliveryStatus(delivery)[0];
    });
    if (news.length === 0) return;
    announce(news.map((delivery) => {
      const account = this.#context.accounts.get(delivery.account);
      return `${platformName(delivery.platform)} ${account ? `@${account.username}` : ""}: ${deliveryStatus(delivery)[0]}`;
    }).join(". "));
  }

  /** Puts the cards in order; those that stand right are not touched, to keep the focus. */
  #draw() {
    const list = byId("cards");
    const wanted = this.#order.map((id) => this.#entries.get(id).card.node);
    const keep = new Set(wanted);
    for (const node of [...list.children]) if (!keep.has(node)) node.remove();
    wanted.forEach((node, index) => {
      if (list.children[index] !== node) list.insertBefore(node, list.children[index] ?? null);
    });
    byId("more").hidden = !this.#cursor;
    byId("list-empty").hidden = wanted.length > 0;
    byId("list-empty").textContent = this.#pages === 0 ? "Loading your posts…"
      : byId("filter").value ? "No post is like this." : "Nothing here yet. What you submit shows up here.";
  }
}

/** Whether news of it can come any moment. */
function isMoving(delivery) {
  if (FINAL.includes(delivery.status)) return false;
  // These wait for a person, and a schedule waits for its time: neither needs close watching.
  if (["needs_reconnect", "missed"].includes(delivery.status)) return false;
  if (delivery.waiting_for !== "schedule" || !delivery.next_at) return true;
  return new Date(delivery.next_at) - Date.now() < SOON_MS;
}

/** Runs `round` again and again, never two at a time, and says so when the server is gone. */
export class Watch {
  #round;
  #isMoving;
  #run = 0;
  #failures = 0;
  #heardAt = null;
  #wake = () => {};

  constructor({ round, isMoving }) {
    this.#round = round;
    this.#isMoving = isMoving;
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.hurry(); });
    window.addEventListener("online", () => this.hurry());
    byId("reconnect").addEventListener("click", () => this.hurry());
  }

  start() { this.#loop(++this.#run); }

  stop() {
    this.#run += 1;
    this.#failures = 0;
    this.#showConnection();
    this.#wake();
  }

  /** The next round comes at once, or right after the one under way. */
  hurry() {
    this.#hurried = true;
    this.#wake();
  }

  #hurried = false;

  async #loop(run) {
    while (run === this.#run) {
      this.#hurried = false;
      await this.#once(run);
      if (run !== this.#run) return;
      await this.#pause();
    }
  }

  async #once(run) {
    let error = null;
    try { await this.#round(); } catch (thrown) { error = thrown; }
    if (run !== this.#run) return;
    const isLost = error instanceof NoAnswer || error?.status >= 500 || error?.status === 429;
    this.#failures = isLost ? this.#failures + 1 : 0;
    if (!isLost) this.#heardAt = new Date();
    this.#showConnection(error);
    if (error && !isLost) byId("list-problem").replaceChildren(...problemNodes(error));
  }

  #pause() {
    if (this.#hurried) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#pauseMs());
      this.#wake = () => { clearTimeout(timer); resolve(); };
    });
  }

  #pauseMs() {
    if (this.#failures > 0) {
      // Spread, so that many open pages do not all come back in the same instant.
      return Math.min(BACKOFF_MOST_MS, MOVING_MS * 2 ** (this.#failures - 1)) * (0.8 + 0.4 * Math.random());
    }
    return this.#isMoving() && !document.hidden ? MOVING_MS : RESTING_MS;
  }

  #showConnection(error) {
    byId("connection").hidden = this.#failures === 0;
    if (this.#failures === 0) return;
    const what = error instanceof NoAnswer ? "Connection lost, retrying."
      : error.status === 429 ? "The server asks us to slow down, retrying." : "The server has a problem, retrying.";
    const words = this.#heardAt ? `${what} What you see is from ${clock(this.#heardAt)}.` : what;
    // Written only when it changes: every writing is read aloud.
    if (byId("connection-text").textContent !== words) byId("connection-text").replaceChildren(el("span", {}, words));
  }
}
