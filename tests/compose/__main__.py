"""The whole system of docker-compose.yml, started by hand, used, and stopped.

    scripts/with-services.sh python tests/compose BINARY FOLDER
"""

import json
import os
import secrets
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

from by_hand import Machine, free_port
from composition import ROOT, is_confined, refuses_without, services

KEY = "dp_composed_" + secrets.token_urlsafe(24)


def call(base: str, path: str, body: dict | None = None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    request = urllib.request.Request(base + path, data, headers)
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


def until(what: str, condition):
    deadline = time.monotonic() + 30
    while not (found := condition()):
        assert time.monotonic() < deadline, f"waited too long until {what}"
        time.sleep(0.05)
    return found


def publish(api: str, text: str) -> None:
    accounts = until("the demo accounts are connected", lambda: call(api, "/v1/accounts")["data"][1:] and
                     call(api, "/v1/accounts")["data"])
    post = call(api, "/v1/posts", {"text": text, "accounts": [account["id"] for account in accounts]})
    path = f"/v1/posts/{post['id']}"
    until(f"{text!r} is published", lambda: call(api, path)["status"] == "published")


def main(binary: str, folder: Path) -> None:
    key = subprocess.run([binary, "keys", "generate-secret"], env={"PATH": os.environ["PATH"]},
                         capture_output=True, text=True, check=True).stdout.strip()
    ports = {name: free_port() for name in ("api", "simulator", "second")}
    answers = {
        "POSTGRES_PASSWORD": secrets.token_hex(24),
        "DUALPOSTS_SECRET_KEY": key,
        "DUALPOSTS_PUBLIC_URL": f"http://127.0.0.1:{ports['api']}",
        "DUALPOSTS_BOOTSTRAP_API_KEY": KEY,
        "COMPOSE_PROFILES": "simulator",
        "DUALPOSTS_SIMULATOR": "on",
        **{f"DUALPOSTS_{name}_URL": "http://simulator:8090" for name in ("THREADS_API", "X_API", "X_WEB")},
    }
    refuses_without(answers, folder)
    composed = services(answers, folder)
    for name, service in composed.items():
        is_confined(name, service)
    print("Docker Compose takes docker-compose.yml, and refuses it without its secrets")

    postgres, redis = urlsplit(os.environ["TEST_POSTGRES_URL"]), urlsplit(os.environ["TEST_REDIS_URL"])
    sql = f"CREATE ROLE dualposts LOGIN PASSWORD '{answers['POSTGRES_PASSWORD']}'"
    for statement in (sql, "CREATE DATABASE dualposts OWNER dualposts"):
        subprocess.run(["psql", "-qX", os.environ["TEST_POSTGRES_URL"], "-c", statement], check=True)
    data = folder / "data"
    data.mkdir()
    machine = Machine(binary, folder, {
        "@postgres:5432": f"@{postgres.hostname}:{postgres.port}",
        "//valkey:6379": f"//{redis.hostname}:{redis.port}",
        "//simulator:8090": f"//127.0.0.1:{ports['simulator']}",
        "0.0.0.0:8090": f"127.0.0.1:{ports['simulator']}",
        "/data": str(data),
    })
    # What the servers of the test stand for is healthy already.
    settled = {"postgres", "valkey"}
    running = []

    def start(name: str, listen: int | None = None):
        for needed, how in composed[name]["depends_on"].items():
            if needed not in settled:
                settle(needed, how["condition"])
        running.append(machine.start(name, composed[name], listen))
        return running[-1]

    def settle(name: str, condition: str) -> None:
        started = start(name)
        if condition == "service_completed_successfully":
            started.wait_until_done()
            running.remove(started)
        else:
            started.wait_until_healthy()
        settled.add(name)

    try:
        composed["simulator"].setdefault("depends_on", {})
        api = start("api", ports["api"])
        worker = start("worker")
        for one in (api, worker):
            one.wait_until_healthy()
        here = f"http://127.0.0.1:{ports['api']}"
        publish(here, "Composed")

        second = start("worker")
        second.wait_until_healthy()
        publish(here, "Scaled")

        # One after the other is replaced: the new one is healthy before the old one is told to stop.
        newer = start("api", ports["second"])
        newer.wait_until_healthy()
        api.stop()
        running.remove(api)
        assert not api.is_healthy(), "nobody listens any more"
        for old in (worker, second):
            start("worker").wait_until_healthy()
            old.stop()
            running.remove(old)
        here = f"http://127.0.0.1:{ports['second']}"
        publish(here, "Replaced")

        simulator = f"http://127.0.0.1:{ports['simulator']}"
        live = [(post["platform"], post["text"]) for post in call(simulator, "/_sim/posts")]
        wanted = [(platform, text) for platform in ("threads", "x") for text in ("Composed", "Scaled", "Replaced")]
        assert sorted(live) == sorted(wanted), live
        for one in reversed(list(running)):
            one.stop()
            running.remove(one)
    finally:
        for one in running:
            one.kill()
    print("docker-compose.yml's services, started by hand: published on both platforms, scaled, replaced, stopped")


if __name__ == "__main__":
    started = time.monotonic()
    main(sys.argv[1], Path(sys.argv[2]))
    print(f"{time.monotonic() - started:.0f} s. 1 passed, 0 failed")
