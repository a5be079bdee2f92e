// What people read: the words for statuses, times in their zone, and rough counts.

/** The page speaks English; the order of day and month follows the reader's kind of it. */
const LOCALE = navigator.languages?.find((language) => language.startsWith("en")) ?? "en-GB";
export const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

const SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR;

export const platformName = (platform) => ({ x: "X", threads: "Threads" })[platform] ?? String(platform);

/** For a word of a newer server that this page does not know. */
const plain = (word) => String(word ?? "unknown").replaceAll("_", " ");

/** Nobody could find out whether it is live; the page must not claim either. */
export const isUnknown = ({ status, error }) => status === "failed" && error?.code === "unconfirmed"
  || (status === "failed" || status === "missed") && error?.code === "restored";

export const liveParts = (delivery) =>
  (delivery.parts ?? []).filter((part) => part.url || part.remote_id || part.published_at);

const POST = {
  scheduled: ["Scheduled", "wait"],
  publishing: ["Going out", "busy"],
  published: ["Published", "good"],
  partial: ["Published in part", "warn"],
  failed: ["Not published", "bad"],
  needs_attention: ["Needs your attention", "warn"],
  canceled: ["Canceled", "off"],
};

/** Label and tone of a post. */
export function postStatus(post) {
  if (["failed", "partial"].includes(post.status)) {
    if (post.deliveries.some(isUnknown)) return ["Please check", "warn"];
    if (post.deliveries.some((delivery) => liveParts(delivery).length > 0)) return POST.partial;
  }
  return POST[post.status] ?? [plain(post.status), "off"];
}

const QUEUED = {
  schedule: ["Scheduled", "wait"],
  turn: ["Next in line", "busy"],
  retry: ["Will be tried again", "warn"],
  account_rate_limit: ["Waiting for the limit", "warn"],
  app_rate_limit: ["Waiting for the limit", "warn"],
  lane_paused: ["On hold", "warn"],
};

/** Label and tone of a delivery. */
export function deliveryStatus(delivery) {
  const name = platformName(delivery.platform);
  switch (delivery.status) {
    case "queued": return QUEUED[delivery.waiting_for] ?? ["Waiting", "wait"];
    case "publishing": return ["Going out now", "busy"];
    case "processing": return [`${name} is preparing it`, "busy"];
    case "unconfirmed": return ["Checking whether it went out", "warn"];
    case "needs_reconnect": return ["Waits for the account", "warn"];
    case "missed": return [isUnknown(delivery) ? "Unknown: it may be out or not" : "Missed its time", "warn"];
    case "published": return ["Published", "good"];
    case "canceled": return [delivery.error?.code === "too_late" ? "Skipped, it was too late" : "Canceled", "off"];
    case "failed":
      if (isUnknown(delivery)) return ["Unknown: it may be out or not", "warn"];
      return liveParts(delivery).length > 0 ? ["Stopped halfway", "bad"] : ["Not published", "bad"];
    default: return [plain(delivery.status), "off"];
  }
}

/** Why a delivery waits: a sentence, and what its time means. */
export function waitWords(delivery) {
  const name = platformName(delivery.platform);
  switch (delivery.waiting_for) {
    case "schedule": return ["", "Goes out"];
    case "turn": return ["Goes out in a moment.", null];
    case "platform_processing": return [`${name} has the post and prepares it.`, "Next look"];
    case "retry": return ["The last try had no effect.", "Next try"];
    case "account_rate_limit": return [`${name} takes no more posts from this account for now.`, "Next try"];
    case "app_rate_limit": return [`${name} takes no more posts from this installation for now.`, "Next try"];
    case "lane_paused": return [`${name} has shut this account or app out for now.`, "Next try"];
    case "confirmation":
      return [`${name} gave no clear answer. Nothing is sent again before it is known.`, "Next look"];
    default: return [plain(delivery.waiting_for), "Next step"];
  }
}

const STEPS = {
  create_container: "Prepare the post",
  check_container: "Ask whether it is ready",
  publish_container: "Publish",
  create_post: "Publish",
  read_permalink: "Read its address",
  find_post: "Look for it on the account",
};
const VERDICTS = {
  done: "worked",
  wait: "not ready yet",
  retry: "no effect, to be tried again",
  retry_at: "no effect, told when to try again",
  reconnect: "account must be connected again",
  reject: "refused",
  unknown: "no clear answer",
  lost: "interrupted, outcome not seen",
  done_late: "worked, learned of later",
};
export const stepWords = (step) => STEPS[step] ?? plain(step);
export const verdictWords = (verdict) => VERDICTS[verdict] ?? plain(verdict);

const format = (options) => new Intl.DateTimeFormat(LOCALE, options);
const CLOCK = format({ hour: "numeric", minute: "2-digit" });
const CLOCK_SECONDS = format({ hour: "numeric", minute: "2-digit", second: "2-digit" });
const DATE = format({ weekday: "short", day: "numeric", month: "short" });
const DATE_YEAR = format({ day: "numeric", month: "short", year: "numeric" });
const EXACT = format({ dateStyle: "full", timeStyle: "long" });

export const clock = (date) => CLOCK_SECONDS.format(date);

/** The whole truth about a moment: in the reader's zone, and in UTC. */
export const exactTime = (date) => `${EXACT.format(date)}, ${ZONE}\n${date.toISOString()}`;

/** A moment in few words. */
export function shortTime(date, now = new Date()) {
  const ahead = date - now;
  if (Math.abs(ahead) < HOUR) return nearTime(ahead, date);
  const days = Math.round((midnight(date) - midnight(now)) / DAY);
  const day = { "-1": "yesterday", 0: "today", 1: "tomorrow" }[days]
    ?? (date.getFullYear() === now.getFullYear() ? DATE : DATE_YEAR).format(date);
  return `${day} ${CLOCK.format(date)}`;
}

function nearTime(ahead, date) {
  if (ahead > 0) {
    const [count, unit] = ahead < MINUTE ? [Math.ceil(ahead / SECOND), "s"] : [Math.round(ahead / MINUTE), "min"];
    return `in ${count} ${unit} (${CLOCK.format(date)})`;
  }
  return ahead > -MINUTE ? "just now" : `${Math.floor(-ahead / MINUTE)} min ago`;
}

const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate());

/** A `<time>` whose words follow the clock; see `followClock`. */
export function timeNode(at) {
  const date = new Date(at);
  const node = document.createElement("time");
  if (Number.isNaN(date.getTime())) {
    node.textContent = String(at);
    return node;
  }
  node.dateTime = date.toISOString();
  node.title = exactTime(date);
  node.textContent = shortTime(date);
  return node;
}

/** Keeps all relative times right without drawing anything else again. */
export function followClock() {
  setInterval(() => {
    if (document.hidden) return;
    const now = new Date();
    for (const node of document.querySelectorAll("time[datetime]")) {
      const words = shortTime(new Date(node.dateTime), now);
      if (node.textContent !== words) node.textContent = words;
    }
  }, SECOND);
}

/** `2031-04-05T06:07`, what a datetime-local field holds. */
export function localValue(date) {
  const two = (number) => String(number).padStart(2, "0");
  return `${String(date.getFullYear()).padStart(4, "0")}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
    + `T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** RFC 3339 with the offset that this zone has at that moment. */
export function rfc3339(date) {
  const minutes = -date.getTimezoneOffset();
  const two = (number) => String(Math.trunc(number)).padStart(2, "0");
  const offset = `${minutes < 0 ? "-" : "+"}${two(Math.abs(minutes) / 60)}:${two(Math.abs(minutes) % 60)}`;
  return `${localValue(date)}:${two(date.getSeconds())}${offset}`;
}

export const LIMITS = { x: 280, threads: 500 };

/** Roughly what the platform counts. The server counts exactly. */
export const count = (platform, text) => (platform === "x" ? countX(text) : countThreads(text));

/** Addresses with protocol, and bare ones under the endings that people use most. */
const LINK = /https?:\/\/\S+|(?<![\p{L}\p{N}@.])(?:[a-z0-9-]+\.)+(?:com|org|net|io|dev|app|co|me|ai|info|eu|de|fr|uk|ch|nl|jp|br|us|ca)\b(?:\/\S*)?/giu;
const EMOJI = /\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20e3/u;
const LIGHT = [[0, 4351], [8192, 8205], [8208, 8223], [8242, 8247]];

function countX(text) {
  let total = 0;
  const rest = text.normalize("NFC").replace(LINK, () => { total += 23; return ""; });
  for (const sign of graphemes(rest)) {
    // An ASCII sign alone never is an emoji, though some carry the property.
    if (sign.length > 1 && EMOJI.test(sign) || /^\p{Extended_Pictographic}$/u.test(sign) && sign.codePointAt(0) > 0xff) {
      total += 2;
    } else {
      for (const point of sign) total += weightX(point.codePointAt(0));
    }
  }
  return total;
}

const weightX = (code) => (LIGHT.some(([first, last]) => code >= first && code <= last) ? 1 : 2);

function graphemes(text) {
  if (!Intl.Segmenter) return Array.from(text);
  return Array.from(new Intl.Segmenter("en", { granularity: "grapheme" }).segment(text), (part) => part.segment);
}

function countThreads(text) {
  const points = Array.from(text);
  let total = 0;
  let inEmoji = false;
  points.forEach((point, index) => {
    inEmoji = point <= "\u007f" ? beginsKeycap(points, index)
      : /\p{Emoji}/u.test(point) || (inEmoji && /\p{Emoji_Component}/u.test(point));
    total += inEmoji ? new TextEncoder().encode(point).length : 1;
  });
  return total;
}

function beginsKeycap(points, index) {
  const next = points[index + 1] === "\ufe0f" ? points[index + 2] : points[index + 1];
  return /[0-9#*]/.test(points[index]) && next === "\u20e3";
}
