"""`twitter-api-v2`, a client for Node, in a process of its own (`node/peer.mjs`)."""

import json
import subprocess

from peer import CALLBACK, SCOPES, NotOffered, Refused, Row, Tokens


def started_in(folder: str):
    """Starts the peer from a folder in which its packages are installed."""
    return lambda simulator, app: TwitterApiV2(folder, simulator, app)


class TwitterApiV2:
    name = "twitter-api-v2"

    def __init__(self, folder: str, simulator, app):
        given = {
            "url": simulator.url,
            "client_id": app.client_id,
            "client_secret": app.client_secret,
            "callback": CALLBACK,
            "scopes": SCOPES,
        }
        self._process = subprocess.Popen(
            ["node", "peer.mjs", json.dumps(given)],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def _call(self, call: str, *args):
        self._process.stdin.write(json.dumps({"call": call, "args": args}) + "\n")
        self._process.stdin.flush()
        outcome = json.loads(self._process.stdout.readline() or '{"broken": "node has ended"}')
        if "refused" in outcome:
            raise Refused(**outcome["refused"])
        if "broken" in outcome:
            raise RuntimeError(outcome["broken"])
        return outcome["got"]

    def authorization_url(self) -> str:
        return self._call("authorization_url")

    def exchange(self, callback_url: str) -> Tokens:
        if "code=" not in callback_url:
            raise NotOffered("reading the address that X goes back to is left to its caller")
        return Tokens(**self._call("exchange", callback_url))

    def refresh(self, refresh_token: str) -> Tokens:
        return Tokens(**self._call("refresh", refresh_token))

    def me(self):
        return tuple(self._call("me"))

    def post(self, text, reply_to=None):
        return tuple(self._call("post", text, reply_to))

    def read(self, id):
        found = self._call("read", id)
        return Row(**found) if found else None

    def timeline(self, user_id, page_size):
        return [Row(**row) for row in self._call("timeline", user_id, page_size)]

    def delete(self, id):
        return self._call("delete", id)

    def close(self):
        self._process.stdin.close()
        self._process.wait(timeout=20)
