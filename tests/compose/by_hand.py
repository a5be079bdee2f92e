"""Services as processes: their commands and environments, on ports of this machine."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

PATIENCE_S = 30


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Machine:
    """Where services run: which binary, and what their names lead to."""

    def __init__(self, binary: str, folder: Path, places: dict[str, str]):
        self.binary, self.folder, self.places = binary, folder, places

    def moved(self, text: str) -> str:
        for inside, here in self.places.items():
            text = text.replace(inside, here)
        return text

    def environment(self, service: dict, listen: int | None) -> dict[str, str]:
        given = service.get("environment") or {}
        env = {name: self.moved(str(value)) for name, value in given.items() if value is not None}
        if listen is not None:
            env["DUALPOSTS_LISTEN"] = f"127.0.0.1:{listen}"
        # As in a container: nothing of this machine's environment.
        return {"PATH": os.environ["PATH"], **env}

    def start(self, name: str, service: dict, listen: int | None = None) -> "Running":
        command = [self.binary, *(self.moved(word) for word in service.get("command") or [])]
        return Running(self, name, service, command, self.environment(service, listen))


class Running:
    def __init__(self, machine, name, service, command, env):
        self.name, self.service, self.machine, self.env = name, service, machine, env
        self.log = machine.folder / f"{name}-{len(list(machine.folder.glob('*.log')))}.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(command, env=env, cwd=machine.folder, stdout=log, stderr=log)

    def is_healthy(self) -> bool:
        test = self.service["healthcheck"]["test"]
        assert test[:2] == ["CMD", "dualposts"], test
        asked = [self.machine.binary, *test[2:]]
        return subprocess.run(asked, env=self.env, capture_output=True).returncode == 0

    def wait_until_healthy(self) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not self.is_healthy():
            assert self.process.poll() is None, f"{self.name} ended:\n{self.log.read_text()}"
            assert time.monotonic() < deadline, f"{self.name} is not healthy:\n{self.log.read_text()}"
            time.sleep(0.05)

    def wait_until_done(self) -> None:
        code = self.process.wait(PATIENCE_S)
        assert code == 0, f"{self.name} ended with {code}:\n{self.log.read_text()}"

    def stop(self) -> None:
        """As `docker stop` does, with the patience that the service asks for at most."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(PATIENCE_S)
        assert code == 0, f"{self.name} ended with {code} at SIGTERM:\n{self.log.read_text()}"

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
