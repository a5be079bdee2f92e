"""Receivers of webhooks, as customers write them: do the public libraries accept our signatures?

Our own tests verify with code of our own, so that both could misread the specification in the same
way. Here the libraries of the Standard Webhooks specification verify what a running product sends.

    make receivers                                  # builds, installs the libraries, runs everything
    python tests/receivers target/debug/dualposts   # with the packages of requirements.txt at hand

One line is printed for each check, and the exit code is 1 when one has failed. With `--node FOLDER`
the library for JavaScript verifies as well, from a folder in which `node/` was installed.
"""

import argparse
import json
import subprocess
import sys

from inbox import Inbox, Message
from product import Product
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

OTHER_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Python:
    name = "standardwebhooks (Python)"

    def accepts(self, secret: str, message: Message) -> bool:
        try:
            Webhook(secret).verify(message.body, message.headers)
            return True
        except WebhookVerificationError:
            return False

    def close(self):
        pass


class Node:
    name = "standardwebhooks (JavaScript)"

    def __init__(self, folder: str):
        self._process = subprocess.Popen(
            ["node", "verify.mjs"],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def accepts(self, secret: str, message: Message) -> bool:
        line = json.dumps({"secret": secret, "headers": message.headers, "body": message.body})
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline().strip()
        if answer != "ok" and not answer.startswith("refused"):
            raise SystemExit(f"verify.mjs said {answer!r}")
        return answer == "ok"

    def close(self):
        self._process.stdin.close()
        self._process.wait(timeout=20)


class Report:
    def __init__(self):
        self.passed = self.failed = 0

    def check(self, what: str, holds: bool):
        print(f"{'ok    ' if holds else 'FAILED'} {what}", flush=True)
        self.passed += holds
        self.failed += not holds


def verify(report, libraries, message, what, secrets):
    """`secrets`: each with whether it must be accepted."""
    for library in libraries:
        for told, (secret, expected) in secrets.items():
            verb = "accepts" if expected else "refuses"
            holds = library.accepts(secret, message) == expected
            report.check(f"{library.name} {verb} {what} by {told}", holds)


def run(product: Product, inbox: Inbox, libraries, report: Report):
    status, hook = product.ask("POST", "/v1/webhooks", {"url": inbox.url})
    report.check("a webhook is made", status == 201 and hook["secret"].startswith("whsec_"))
    path, first = f"/v1/webhooks/{hook['id']}", hook["secret"]

    def test() -> tuple[dict, Message]:
        status, asked = product.ask("POST", f"{path}/test")
        report.check("a test event is asked for", status == 202)
        return asked, inbox.next()

    asked, message = test()
    report.check("its id is the event's", message.headers["webhook-id"] == asked["event_id"])
    report.check("it is a test event", json.loads(message.body)["type"] == "webhook.test")
    secrets = {"its secret": (first, True), "another secret": (OTHER_SECRET, False)}
    verify(report, libraries, message, "a test event", secrets)
    altered = Message(message.headers, message.body.replace("works", "fails"))
    verify(report, libraries, altered, "an altered body", {"its secret": (first, False)})
    later = str(int(message.headers["webhook-timestamp"]) + 1)
    altered = Message(message.headers | {"webhook-timestamp": later}, message.body)
    verify(report, libraries, altered, "an altered time", {"its secret": (first, False)})

    inbox.statuses.put(500)
    _, message = test()
    again = inbox.next()
    report.check("after a 500 the same id comes again", message.headers["webhook-id"] == again.headers["webhook-id"])
    verify(report, libraries, again, "the second try", {"its secret": (first, True)})

    status, rotated = product.ask("POST", f"{path}/rotate-secret")
    report.check("the secret is rotated", status == 200 and rotated["secret"] != first)
    second = rotated["secret"]
    _, message = test()
    secrets = {"the new secret": (second, True), "the former secret": (first, True), "another": (OTHER_SECRET, False)}
    verify(report, libraries, message, "what is sent during a rotation", secrets)
    status, rotated = product.ask("POST", f"{path}/rotate-secret", {"former_valid_for_s": 0})
    _, message = test()
    secrets = {"the newest secret": (rotated["secret"], True), "the one before": (second, False)}
    verify(report, libraries, message, "what is sent after a rotation at once", secrets)
    product.ask("DELETE", path)



def a_post_is_published(product, inbox, libraries, report):
    """From a post to the webhook."""
    status, hook = product.ask("POST", "/v1/webhooks", {"url": inbox.url, "events": ["post.published"]})
    report.check("a webhook for published posts is made", status == 201)
    _, accounts = product.ask("GET", "/v1/accounts")
    ids = [account["id"] for account in accounts["data"]]
    status, post = product.ask("POST", "/v1/posts", {"text": "Told to a webhook", "accounts": ids})
    report.check("a post is accepted", status == 202)
    message = inbox.next()
    event = json.loads(message.body)
    report.check("it is told when it is out", (event["type"], event["data"]["post_id"]) == ("post.published", post["id"]))
    verify(report, libraries, message, "a real event", {"its secret": (hook["secret"], True)})


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests/receivers")
    parser.add_argument("binary", help="the built dualposts")
    parser.add_argument("--node", help="the folder of the Node receiver, with its packages")
    args = parser.parse_args()
    report, inbox = Report(), Inbox()
    libraries = [Python()] + ([Node(args.node)] if args.node else [])
    with Product(args.binary, dead_proxy=True) as product:
        run(product, inbox, libraries, report)
    with Product(args.binary, dead_proxy=False) as product:
        a_post_is_published(product, inbox, libraries, report)
    for library in libraries:
        library.close()
    inbox.close()
    print(f"{report.passed} passed, {report.failed} failed")
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
