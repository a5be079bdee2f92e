"""The product as a process, over its API."""

import json
import os
import re
import subprocess
import tempfile
import urllib.error
import urllib.request


class Product:
    """A running `dualposts up` with its simulator and a data folder of its own. Ends with the block."""

    def __init__(self, binary: str, dead_proxy: bool):
        """`dead_proxy`: its environment names a proxy that nobody runs."""
        self._proxy = "http://127.0.0.1:9" if dead_proxy else None
        self._binary = os.path.abspath(binary)
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def __enter__(self) -> "Product":
        self._folder = tempfile.TemporaryDirectory(prefix="dualposts-receivers-")
        # A file, for a pipe that nobody reads would stop it when it is full.
        self._log = tempfile.TemporaryFile("w+")
        settings = {
            "DUALPOSTS_DATA_DIR": self._folder.name,
            "DUALPOSTS_LISTEN": "127.0.0.1:0",
            "DUALPOSTS_SIMULATOR": "on",
            "DUALPOSTS_SIMULATOR_LISTEN": "127.0.0.1:0",
            "DUALPOSTS_WEBHOOKS_ALLOW_PRIVATE": "on",
        }
        if self._proxy:
            # Must not be used for webhooks. The simulated platforms can not be reached then.
            settings |= {"HTTP_PROXY": self._proxy, "http_proxy": self._proxy, "NO_PROXY": ""}
        self._process = subprocess.Popen(
            [self._binary, "up"],
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env={"PATH": os.environ.get("PATH", "")} | settings,
        )
        self.url = self.key = None
        for line in self._process.stdout:
            if found := re.search(r"API +(http://\S+)/v1", line):
                self.url = found[1]
            if found := re.search(r"API key +(\S+)", line):
                self.key = found[1]
            if "Post something" in line or "No account is connected" in line:
                return self
        self._process.wait()
        self._log.seek(0)
        raise SystemExit(f"the product did not start: {self._log.read()}")

    def __exit__(self, *_):
        self._process.stdout.close()
        self._process.terminate()
        self._process.wait(timeout=30)
        self._log.close()
        self._folder.cleanup()

    def ask(self, method: str, path: str, body=None):
        """The status and the JSON of an answer."""
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"},
        )
        try:
            with self._opener.open(request, timeout=20) as answer:
                text = answer.read()
                return answer.status, json.loads(text) if text else None
        except urllib.error.HTTPError as refused:
            return refused.code, json.loads(refused.read())
