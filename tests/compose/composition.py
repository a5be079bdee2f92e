"""docker-compose.yml as Docker Compose reads it: with .env put in and all that is merged."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = Path(sys.executable).parent / "docker-compose"
# Nothing of the machine's own environment gets into what is read.
QUIET = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}


def env_file(answers: dict[str, str]) -> str:
    """.env.example, filled in: every name that is answered must be in it, set or commented out."""
    text = (ROOT / ".env.example").read_text()
    for name, value in answers.items():
        text, count = re.subn(rf"(?m)^#?{name}=.*$", lambda _: f"{name}={value}", text)
        assert count == 1, f"{name} stands {count} times in .env.example"
    return text


def read(folder: Path, text: str) -> subprocess.CompletedProcess:
    project = folder / "project"
    project.mkdir(exist_ok=True)
    shutil.copy(ROOT / "docker-compose.yml", project)
    (project / ".env").write_text(text)
    command = [COMPOSE, "config", "--format", "json"]
    return subprocess.run(command, cwd=project, env=QUIET, capture_output=True, text=True)


def refuses_without(answers: dict[str, str], folder: Path) -> None:
    """Nothing that is secret has a value of its own."""
    for name in ("POSTGRES_PASSWORD", "DUALPOSTS_SECRET_KEY", "DUALPOSTS_PUBLIC_URL"):
        refused = read(folder, env_file({**answers, name: ""}))
        assert refused.returncode != 0 and name in refused.stderr, (name, refused.stderr)


def services(answers: dict[str, str], folder: Path) -> dict[str, dict]:
    """What Docker Compose would start."""
    config = read(folder, env_file(answers))
    assert config.returncode == 0, config.stderr
    return json.loads(config.stdout)["services"]


def is_confined(name: str, service: dict) -> None:
    """What holds for every service, whatever else it is."""
    assert service.get("read_only") is True, name
    assert service.get("cap_drop") == ["ALL"], name
    assert service.get("security_opt") == ["no-new-privileges:true"], name
    assert "container_name" not in service and "privileged" not in service, name
    assert service["logging"]["options"]["max-size"], name
    networks = set(service["networks"])
    if name in ("postgres", "valkey", "migrate"):
        assert networks == {"inside"}, (name, networks)
    for port in service.get("ports", []):
        assert (name, port.get("host_ip")) == ("api", "127.0.0.1"), (name, port)
    words = " ".join(service.get("command") or [])
    assert "password" not in words.lower() and "secret" not in words.lower(), (name, words)
