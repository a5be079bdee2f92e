"""Which refusals of requests that fit the schema are right, and why.

A rule stands here because no schema can say it: it hangs on other fields, on the account, on what is
stored, on the platform or on the time. Everything else that fits the schema must be taken.

`python rules.py FILE`: how often each was met in a run that kept its cases in FILE."""

import collections
import dataclasses
import json
import re
import sys
import zoneinfo
from collections.abc import Callable

ZONES = zoneinfo.available_timezones()
NOTHING = (None, False, [], {})


@dataclasses.dataclass
class Refused:
    """A violation, and the body that it is told of."""

    operation: str
    field: str
    body: dict | bytes

    @property
    def value(self):
        return at(self.body, self.field)

    @property
    def name(self):
        return re.split(r"[.\[\]]+", self.field)[-1]

    @property
    def beside(self):
        """The object that the field is in, or should be."""
        return at(self.body, re.sub(r"\.?[^.\[\]]+$", "", self.field)) or {}

    @property
    def is_change(self):
        """What stays of the post as it was is checked with it, and not in the body."""
        return self.operation.startswith("PATCH")

    @property
    def is_stored(self):
        return self.is_change and re.split(r"[.\[]", self.field)[0] not in self.body

    @property
    def shown(self):
        """Whatever some platform or account may show: objects with `text` and `media`, or `parts`."""
        places = [self.body, *(self.body.get("overrides") or {}).values()]
        return [place for place in places if place and any(place.get(one) for one in ("text", "media", "parts"))]


def at(body, field):
    """What a violation's field names, such as `parts[0].text`; None: it is not there."""
    for name, index in re.findall(r"([^.\[\]]+)|\[(\d+)\]", field):
        if name and isinstance(body, dict):
            # Ids are told in small letters, however they came.
            body = next((body[key] for key in body if key == name or is_same_id(key, name)), None)
        elif index and isinstance(body, list) and int(index) < len(body):
            body = body[int(index)]
        else:
            return None
    return body


def is_same_id(one, other):
    return other.startswith("acc_") and one.lower() == other.lower()


def firsts(it):
    """The first parts of what may be shown."""
    return [(place.get("parts") or [place])[0] for place in it.shown]


def has_media(it):
    return it.is_change or any(first.get("media") for first in firsts(it))


def lacks_media(it):
    parts = [part for place in it.shown for part in place.get("parts") or [place]]
    return it.is_change or not all(part.get("media") for part in parts)


def excludes(it):
    others = {name for name, value in it.beside.items() if value not in NOTHING}
    if it.name in ("poll", "quote"):
        return {"poll", "quote"} <= others or has_media(it)
    if it.name == "text_attachment":
        return "poll" in others
    if it.name == "link_attachment":
        return at(it.beside, "text_attachment.link_attachment_url") is not None
    is_chain = it.is_change or it.body.get("split") or any(len(place.get("parts") or []) > 1 for place in it.shown)
    return is_chain or not others <= {"ghost", "text_spoilers"}


def misfits(it):
    """Whether stretches overlap or lie outside of the text."""
    if it.name == "styling":
        texts = [it.beside["plaintext"]]
    elif it.is_change or it.body.get("split"):
        return True
    else:
        texts = [first.get("text") or "" for first in firsts(it)] or [""]
    spans = sorted((span["offset"], span["offset"] + span["length"]) for span in it.value)
    overlap = any(one[1] > next_one[0] for one, next_one in zip(spans, spans[1:]))
    return overlap or any(end > len(text) for text in texts for _, end in spans)


def unlike(pattern):
    return lambda it: re.fullmatch(pattern, it.value) is None


def long(length):
    return lambda it: len(it.value) > length


@dataclasses.dataclass
class Rule:
    """`where`: the operation and the field, as a pattern; `holds`: what is true of the body, besides."""

    where: str
    reason: str
    holds: Callable[[Refused], bool] = lambda it: True


POST = r"(POST /v1/posts|POST /v1/posts/validate|PATCH /v1/posts/\{id\}) "
# The post's own, or what one platform or account shows instead.
PLACE = POST + r"(overrides\.(x|threads|acc_[0-9a-f]{32})\.)?"
PART = PLACE + r"(parts\[\d+\]\.)?"
X = PLACE + r"options\.x\."
THREADS = PLACE + r"options\.threads\."
WEBHOOK_URL = r"(POST /v1/webhooks|PATCH /v1/webhooks/\{id\}) url"

RULES = {
    # What the platforms take, and take together.
    "invalid_character": Rule(
        PART + r"(text|media\[\d+\]\.alt_text)",
        "U+0000, and three that X refuses",
        lambda it: re.search("[\0\ufffe\ufeff\uffff]", it.value) is not None,
    ),
    "account_not_named": Rule(
        POST + r"overrides\.acc_[0-9a-f]{32}",
        "an override for an account that the post does not go to",
        lambda it: it.is_change or not any(is_same_id(one, it.name) for one in it.body["accounts"]),
    ),
    "threads_too_many_media": Rule(PART + "media", "how many files, by platform and kind", long(20)),
    "x_too_many_images": Rule(PART + "media", "the same", long(4)),
    # Looked at where the post goes to the platform that they are for.
    "options_exclude_each_other": Rule(
        f"{X}(poll|quote)|{THREADS}(text_attachment|link_attachment|ghost)", "one of several options", excludes
    ),
    "needs_another_option": Rule(
        X + "share_with_followers",
        "an option that hangs on another",
        lambda it: it.beside.get("community_id") is None,
    ),
    "needs_media": Rule(THREADS + "spoiler_media", "the same", lacks_media),
    "needs_text_alone": Rule(
        THREADS + "(poll|link_attachment|text_attachment|gif|ghost)", "the same", has_media
    ),
    "invalid_span": Rule(
        THREADS + r"(text_spoilers|text_attachment\.styling)", "stretches lie within the text, side by side", misfits
    ),
    "invalid_id": Rule(
        rf"{X}(quote|community_id)|{THREADS}(quote|gif\.id)", "an id of that platform's", unlike("[0-9]{1,19}")
    ),
    "invalid_link": Rule(
        THREADS + r"(link_attachment|text_attachment\.link_attachment_url)", "an address", unlike(r"https?://\S*\.\S*")
    ),
    "invalid_country": Rule(
        THREADS + "allowed_countries",
        "a country",
        lambda it: any(re.fullmatch("[A-Z]{2}", one) is None for one in it.value),
    ),
    "invalid_topic_tag": Rule(THREADS + "topic_tag", "a topic", unlike("[^.&#]{1,50}")),
    # What a file is shows its content.
    "media_unsupported": Rule(
        "POST /v1/media file",
        "no picture and no video",
        lambda it: re.search(rb"\x89PNG|\xff\xd8\xff|GIF8|WEBP|ftyp", it.body) is None,
    ),
    # Names that others keep.
    "invalid_time_zone": Rule(
        POST + "time_zone", "a name of the IANA database", lambda it: it.value not in ZONES
    ),
    # Where webhooks may go, by name and address.
    "invalid_url": Rule(
        WEBHOOK_URL, "what a URL is, is a grammar of its own", unlike(r"(?i:https?)://[a-z0-9.-]+(/[!-~]*)?")
    ),
    "not_https": Rule(WEBHOOK_URL, "the same", unlike("(?i:https):.*")),
    "private_target": Rule(
        WEBHOOK_URL, "which addresses are public is a table", lambda it: "//127.0.0.1" in it.value
    ),
}

# What is not a violation, but explains a failure as well.
PLATFORM_REFUSED = "platform_refused"
ASK_PLATFORMS = ("POST /v1/accounts", "POST /v1/connections/finish")
DRY_RUN = "dry_run"
OTHERS = {
    PLATFORM_REFUSED: "whether a token or a code is good is known to the platform",
    DRY_RUN: "it answers what is wrong instead of refusing it",
}


def explains(operation, violation, body):
    """Whether a rule says that this is right, although the body fits the schema."""
    rule = RULES.get(violation["code"])
    field = violation["field"]
    if rule is None or re.fullmatch(rule.where, f"{operation} {field}") is None:
        return False
    it = Refused(operation, field, body)
    return it.is_stored or rule.holds(it)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    met = collections.Counter(line["rule"] for line in lines if "rule" in line)
    reasons = {code: rule.reason for code, rule in RULES.items()} | OTHERS
    print("What was filtered, and why:")
    for code, reason in reasons.items():
        print(f"{met[code]:6}  {code}: {reason}")
    routes = {"asked": set(), "well": set()}
    for line in lines:
        if "outcome" in line:
            routes[line["outcome"]].add(line["operation"])
    print(f"routes that answered nothing but problems: {', '.join(sorted(routes['asked'] - routes['well']))}")
    never = [code for code in reasons if not met[code]]
    print(f"rules that explained nothing in this run: {', '.join(never) or 'none'}")


if __name__ == "__main__":
    main()
