"""What Schemathesis is told of the product beside its document: accounts and a file that are really
there, and which refusals of requests that fit the schema are right, and why."""

import functools
import os
import re
import struct
import zlib

import requests
import schemathesis

URL, KEY = os.environ["DUALPOSTS_URL"], os.environ["DUALPOSTS_KEY"]
SIGNED_IN = {"Authorization": f"Bearer {KEY}"}

# Violations of rules that no schema can say: they hang on other fields, on the account, on what is
# stored, on the platform or on the time. Everything else that fits the schema must be taken.
RULES = {
    # Which accounts and files there are.
    "account_unknown": "only what GET /v1/accounts lists",
    "account_twice": "an id in other letters is the same account",
    "account_not_named": "an override for an account that the post does not go to",
    "media_unknown": "only what was uploaded",
    "media_unsupported": "what a file is shows its content",
    "media_can_not_be_fitted": "the same",
    # How the platforms count, and what they take together.
    "text_empty": "blank by Unicode, and allowed beside media",
    "text_too_long": "the platforms' own counting",
    "too_many_links": "the same",
    "too_many_cashtags": "the same",
    "too_many_parts": "after cutting",
    "can_not_be_split": "the same",
    "invalid_character": "X refuses some characters that Threads takes",
    "text_and_parts": "two ways to say the same",
    "options_exclude_each_other": "one of several options",
    "needs_another_option": "an option that hangs on another",
    "needs_media": "the same",
    "needs_text_alone": "the same",
    "invalid_span": "stretches lie within the text and do not overlap",
    "threads_too_many_media": "how many files, by platform and kind",
    "x_too_many_images": "the same",
    "x_mixed_media": "the same",
    # Looked at where the post goes to the platform that they are for.
    "invalid_id": "an id of that platform's",
    "invalid_link": "an address",
    "invalid_country": "a country",
    "invalid_topic_tag": "a topic",
    "permission_missing": "what the connection may do",
    # Where webhooks may go, by name and address.
    "invalid_url": "what a URL is, is a grammar of its own",
    "not_https": "the same",
    "user_info": "the same",
    "fragment": "the same",
    "private_target": "which addresses are public is a table",
    "invalid_description": "one line, by Unicode",
    "too_many_webhooks": "twenty for each owner",
    # The time, and names that others keep.
    "publish_at_past": "a time to come",
    "publish_at_too_far": "within ten years",
    "invalid_time_zone": "a name of the IANA database",
}


@functools.cache
def accounts():
    """The demo accounts."""
    rows = requests.get(f"{URL}/v1/accounts", headers=SIGNED_IN, timeout=10).json()["data"]
    return [row["id"] for row in rows]


@functools.cache
def picture():
    """A PNG of 64 by 64 that is uploaded."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + b"\x40\x80\xc0" * 64) * 64
    head = struct.pack(">IIBBBBB", 64, 64, 8, 2, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    answer = requests.post(f"{URL}/v1/media", headers=SIGNED_IN, data=png, timeout=10)
    return answer.json()["id"]


@schemathesis.hook
def before_call(context, case, kwargs):
    """Names accounts and files that are there in the place of ids that only look like some."""
    if case.method == "POST" and case.path in ("/v1/posts", "/v1/posts/validate") and isinstance(case.body, dict):
        named = case.body.get("accounts")
        fits = isinstance(named, list) and all(is_id(one, "acc") for one in named)
        if fits and 1 <= len(named) <= 50:
            case.body["accounts"] = accounts()[: len(named)]
        put_files(case.body)


def put_files(value):
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "id" and is_id(inner, "med"):
                value[name] = picture()
            else:
                put_files(inner)
    elif isinstance(value, list):
        for inner in value:
            put_files(inner)


def is_id(value, prefix):
    return isinstance(value, str) and re.fullmatch(prefix + "_[0-9a-fA-F]{32}", value) is not None


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Whether a failure counts."""
    kind = type(failure).__name__
    if kind == "RejectedPositiveData" and response.status_code in (400, 422):
        return not is_explained(response.json())
    if kind == "AcceptedNegativeData" and case.path == "/v1/posts/validate":
        # A dry run answers what is wrong instead of refusing it.
        return response.json()["valid"]
    return True


def is_explained(problem):
    if problem["code"] == "platform_refused":
        # Whether a token is good is known to the platform.
        return True
    violations = problem.get("violations", [])
    return bool(violations) and all(is_rule(one) for one in violations)


def is_rule(violation):
    # One of `text`, `media` and `parts` (and `options` in an override) must be there.
    is_content = violation["code"] == "missing" and violation["field"].split(".")[-1] == "text"
    return is_content or violation["code"] in RULES
