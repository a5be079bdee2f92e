"""What Schemathesis is told of the product beside its document: accounts and a file that are really
there, what else makes a request a good one, and which findings are none (rules.py)."""

import calendar
import datetime
import functools
import hashlib
import json
import os
import re
import struct
import zlib

import jsonschema_rs
import requests
import schemathesis

import rules

URL, KEY = os.environ["DUALPOSTS_URL"], os.environ["DUALPOSTS_KEY"]
SIGNED_IN = {"Authorization": f"Bearer {KEY}"}
POSTS = ("POST /v1/posts", "POST /v1/posts/validate", "PATCH /v1/posts/{id}")
# Of the demo accounts, at the simulator.
TOKENS = [(platform, f"demo-{platform}-token{number}") for number in ("_2", "") for platform in ("threads", "x")]
NOTED = set()
# How many violations one answer lists.
MOST_VIOLATIONS = 100
# How many webhooks one owner may have.
MOST_WEBHOOKS = 20


def ask(method, path, **more):
    answer = requests.request(method, URL + path, headers=SIGNED_IN, timeout=10, **more)
    answer.raise_for_status()
    return answer


def accounts():
    """The demo accounts; whichever was disconnected is connected again."""
    listed = ask("GET", "/v1/accounts").json()["data"]
    if len(listed) < len(TOKENS):
        for platform, token in TOKENS:
            ask("POST", "/v1/accounts", json={"platform": platform, "access_token": token})
        listed = ask("GET", "/v1/accounts").json()["data"]
    return [row["id"] for row in listed]


def picture():
    """The id of a picture that is uploaded; the same one, unless it was deleted."""
    return ask("POST", "/v1/media", data=png()).json()["id"]


@functools.cache
def png():
    """A PNG of 64 by 64."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + b"\x40\x80\xc0" * 64) * 64
    head = struct.pack(">IIBBBBB", 64, 64, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@schemathesis.hook
def before_call(context, case, kwargs):
    """Puts right what no schema can say, so that what is behind it is looked at, too."""
    operation = f"{case.method} {case.path}"
    if operation == "POST /v1/webhooks":
        make_room()
    if operation == "GET /v1/deliveries/{id}/attempts" and is_id(case.path_parameters["id"], "dlv"):
        posts = ask("GET", "/v1/posts?limit=1").json()["data"]
        case.path_parameters |= {"id": delivery["id"] for post in posts for delivery in post["deliveries"]}
    body = case.body
    if not isinstance(body, dict):
        return
    if operation in ("POST /v1/posts", "POST /v1/posts/validate"):
        put_accounts(body)
    if operation in POSTS:
        put_files(body)
    fits = case.meta is None or case.meta.generation.mode.is_positive
    if fits and operation in POSTS:
        put_time(body)
        put_content(body, may_be_empty=operation.startswith("PATCH"))
    if fits and operation == "POST /v1/posts" and "Idempotency-Key" in (case.headers or {}):
        # One for each body: else the first is answered again, or all others are refused.
        case.headers["Idempotency-Key"] = hashlib.sha256(json.dumps(body).encode()).hexdigest()
    if fits and operation == "POST /v1/accounts" and not body.get("refresh_token"):
        body["access_token"] = dict(TOKENS)[body["platform"]]


def put_accounts(body):
    """Accounts that are there, in the place of ids that only look like some."""
    named = body.get("accounts")
    fits = isinstance(named, list) and all(is_id(one, "acc") for one in named)
    if not fits or not 1 <= len(named) <= 50:
        return
    # Not the same ones every time: some rules are of one platform.
    known, first = accounts(), len(str(body)) % len(TOKENS)
    body["accounts"] = (known + known)[first : first + min(len(named), len(known))]
    overrides = body.get("overrides")
    if isinstance(overrides, dict):
        of_accounts = [name for name in overrides if is_id(name, "acc")]
        for name, account in zip(of_accounts, body["accounts"]):
            overrides[account] = overrides.pop(name)


def put_time(body):
    """A time to come in the place of any."""
    at = body.get("publish_at")
    if at is not None:
        this = datetime.date.today().year
        soon = next(year for year in range(this + 1, this + 9) if calendar.isleap(year))
        body["publish_at"] = f"{soon}{at[4:]}"


def put_content(body, may_be_empty):
    """One of two ways to say what is shown, where both are used, and something where nothing is."""
    overrides = [one for one in (body.get("overrides") or {}).values() if one is not None]
    parts = [part for place in [body, *overrides] for part in place.get("parts") or []]
    for place in [body, *overrides]:
        if place.get("parts") is not None and any(place.get(name) is not None for name in ("text", "media")):
            short = len(str(place)) % 2 == 0
            for name in ["parts"] if short else ["text", "media"]:
                place.pop(name, None)
    for place in [body, *overrides, *parts]:
        said = [place[name] for name in ("text", "media", "parts") if place.get(name) is not None]
        may_say_nothing = (place is body and may_be_empty) or place.get("options")
        shows = any(one.strip() if isinstance(one, str) else one for one in said)
        if not shows and (said or not may_say_nothing):
            place["text"] = "Hello"


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


def make_room():
    """Else nothing is made any more, and no answer of 201 is looked at."""
    webhooks = ask("GET", "/v1/webhooks").json()["data"]
    if len(webhooks) >= MOST_WEBHOOKS:
        ask("DELETE", f"/v1/webhooks/{webhooks[0]['id']}")


def is_id(value, prefix):
    return isinstance(value, str) and re.fullmatch(prefix + "_[0-9a-fA-F]{32}", value) is not None


@schemathesis.hook
def after_call(context, case, response):
    """Notes which routes were asked, and which of them have ever answered well: of others nothing but
    problems was looked at."""
    operation = f"{case.method} {case.path}"
    outcome = "well" if response.status_code < 300 else "asked"
    if operation == case.operation.label and (operation, outcome) not in NOTED:
        NOTED.add((operation, outcome))
        note({"operation": operation, "outcome": outcome})


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Whether a failure counts."""
    kind = type(failure).__name__
    operation = f"{case.method} {case.path}"
    if kind == "RejectedPositiveData" and response.status_code in (400, 422):
        return not is_explained(operation, response)
    if kind == "AcceptedNegativeData" and operation == "POST /v1/posts/validate":
        # It answers what is wrong instead of refusing it.
        answer = response.json()
        wrong = list(errors(operation, sent(response)))
        if not answer["valid"] and wrong and not unnamed(wrong, answer["violations"]):
            keep(rules.DRY_RUN, operation, answer["violations"][0], response)
            return False
    return True


def is_explained(operation, response):
    problem = response.json()
    if problem["code"] == rules.PLATFORM_REFUSED and operation in rules.ASK_PLATFORMS:
        keep(rules.PLATFORM_REFUSED, operation, {}, response)
        return True
    violations = problem.get("violations", [])
    body = sent(response)
    if not violations or not all(rules.explains(operation, one, body) for one in violations):
        return False
    for one in violations:
        keep(one["code"], operation, one, response)
    return True


def sent(response):
    """The body of the request, as it went out: what it is as JSON, or its bytes."""
    body = response.request.body or b""
    try:
        return json.loads(body)
    except ValueError:
        return body.encode() if isinstance(body, str) else body


def keep(rule, operation, violation, response):
    """Keeps a filtered case, to be read by people and counted by rules.py."""
    body = sent(response)
    field = violation.get("field")
    case = {"rule": rule, "operation": operation, "field": field}
    case |= {"value": rules.at(body, field) if field else None, "violation": violation, "body": body}
    note(case)


def note(line):
    with open(os.environ["DUALPOSTS_FILTERED"], "a", encoding="utf-8") as kept:
        kept.write(json.dumps(line, default=repr) + "\n")


@schemathesis.check
def names_what_is_wrong(ctx, response, case):
    """Whatever the document forbids in a body is among the violations that are told of it, whether or
    not something else is wrong with it, too."""
    told = violations_told(response)
    body = sent(response)
    if told is None or not isinstance(body, dict):
        return True
    untold = unnamed(errors(f"{case.method} {case.path}", body), told)
    assert not untold, f"{untold}; told are only {told}"
    return None


def unnamed(wrong, violations):
    """What is wrong, but not among the violations."""
    if len(violations) >= MOST_VIOLATIONS:
        return []
    fields = [one["field"] for one in violations]
    return [(place, message) for place, message in wrong if not any(is_near(field, place) for field in fields)]


def violations_told(response):
    if "json" not in response.headers.get("content-type", [""])[0]:
        return None
    answer = response.json()
    is_dry_run = response.status_code == 200 and isinstance(answer, dict) and "valid" in answer
    if is_dry_run or response.status_code == 422:
        return answer.get("violations")
    return None


def is_near(field, place):
    """Whether one is in the other."""
    if place == "":
        return True
    one, other = field.replace("[", ".[").split("."), place.replace("[", ".[").split(".")
    return all(left == right for left, right in zip(one, other))


def errors(operation, body):
    """What the document says is wrong with a body: where, and how."""
    validator = validators().get(operation)
    for error in validator.iter_errors(body) if validator else []:
        kind = error.kind
        # What is not there, or should not be, is named in the object where it is missed or found.
        names = [kind.property] if hasattr(kind, "property") else getattr(kind, "unexpected", [])
        for name in names or [None]:
            steps = [*error.instance_path, *([] if name is None else [name[:64]])]
            place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
            yield place.removeprefix("."), error.message


@functools.cache
def validators():
    document = requests.get(f"{URL}/openapi.json", timeout=10).json()
    components = without_choices(document["components"])
    found = {}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            content = operation.get("requestBody", {}).get("content", {}) if isinstance(operation, dict) else {}
            if "application/json" in content:
                schema = without_choices(content["application/json"]["schema"])
                whole = schema | {"components": components}
                found[f"{method.upper()} {path}"] = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
    return found


def without_choices(schema):
    """`null or this` so that what is wrong is told within `this`."""
    if isinstance(schema, list):
        return [without_choices(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {name: without_choices(value) for name, value in schema.items()}
    options = schema.get("oneOf")
    if isinstance(options, list) and len(options) == 2 and {"type": "null"} in options:
        del schema["oneOf"]
        other = next(one for one in options if one != {"type": "null"})
        schema |= {"if": {"type": "null"}, "else": other}
    return schema
