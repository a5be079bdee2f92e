"""The simulator as a process, and its control paths."""

import subprocess
import tempfile
from dataclasses import dataclass

import requests


@dataclass
class App:
    client_id: str
    # `None`: a public client.
    client_secret: str | None


class Simulator:
    """A running `dualposts simulator` with what it printed. Ends with the block."""

    def __init__(self, binary: str):
        self._command = [binary, "simulator", "--listen", "127.0.0.1:0"]
        self._http = requests.Session()
        self._http.trust_env = False

    def __enter__(self) -> "Simulator":
        # A file, for a pipe that nobody reads would stop it when it is full.
        self._log = tempfile.TemporaryFile("w+")
        self._process = subprocess.Popen(
            self._command, stdout=subprocess.PIPE, stderr=self._log, text=True
        )
        self.exports: dict[str, str] = {}
        for line in self._process.stdout:
            if line.startswith("export "):
                name, _, value = line.removeprefix("export ").strip().partition("=")
                self.exports[name] = value
            if "live posts" in line:
                return self
        self._process.wait()
        self._log.seek(0)
        raise SystemExit(f"the simulator did not start: {self._log.read()}")

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(timeout=20)
        self._log.close()

    @property
    def url(self) -> str:
        return self.exports["DUALPOSTS_X_API_URL"]

    @property
    def authorize_url(self) -> str:
        return self.exports["DUALPOSTS_X_AUTHORIZE_URL"]

    def app(self) -> App:
        """The app that is registered from the start."""
        return App(self.exports["DUALPOSTS_X_CLIENT_ID"], self.exports["DUALPOSTS_X_CLIENT_SECRET"])

    def public_app(self) -> App:
        """Registers an app without a secret, beside the other one, until the next reset."""
        app = {"client_id": "UHVibGljQXBwMDAwMDAwMDAwMDAwMDE6MTpjaQ", "client_secret": None}
        self.set(x={"oauth": {"apps": [{}, app]}})
        return App(**app)

    def _ask(self, method: str, path: str, body=None):
        answer = self._http.request(method, f"{self.url}/_sim/{path}", json=body, timeout=20)
        if answer.status_code != 200:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json()

    def reset(self):
        """No posts, no spent windows, no faults, nobody answers the consent page by itself."""
        self._ask("POST", "reset")
        self._ask("DELETE", "faults")
        self.set(auto_consent="off", x={"create_per_user": 100, "oauth": {"apps": [{}]}})

    def set(self, **settings):
        self._ask("POST", "settings", settings)

    def fault(self, **rule):
        self._ask("POST", "faults", rule)

    def account(self) -> dict:
        """The one account on X."""
        return next(row for row in self._ask("GET", "accounts") if row["platform"] == "x")

    def posts(self) -> list[dict]:
        """What is live on X, oldest first."""
        return self._ask("GET", "posts?platform=x")

    def revoke(self):
        """As when the user removes the app in X's settings."""
        self._ask("POST", "revoke", {"platform": "x", "username": self.account()["username"]})
