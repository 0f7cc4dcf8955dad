"""A whole platform of the test's own, over a state folder of its own."""

import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from deploy.dev.record import Run
from deploy.dev.state import LOOPBACK, REPOSITORY, free_port

START_SECONDS = 300
RECOVERY_SECONDS = 60
# What the tests' own services and settings put into the environment.
FOREIGN = {
    "ENVIRONMENT",
    "DATABASE_URL",
    "REDIS_URL",
    "JWT_SIGNING_KEY",
    "DJANGO_SETTINGS_MODULE",
    "PUBLIC_URL",
    "JWT_ISSUER",
}


@dataclass(frozen=True)
class Stack:
    state: Path
    port: int

    def command(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return self.python("-m", "deploy.dev", *arguments)

    def python(self, *arguments: str, **more: str) -> "subprocess.CompletedProcess[str]":
        """Run our Python as somebody would at a terminal beside the platform."""
        return subprocess.run(  # noqa: S603 - our own command
            [sys.executable, *arguments],
            check=False,
            cwd=REPOSITORY,
            env={**self.environment(), **more},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
        )

    def environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if name not in FOREIGN}
        return {**inherited, "LIFTOS_STATE_DIR": str(self.state), "PORT": str(self.port)}

    def status(self) -> dict[str, Any]:
        report: dict[str, Any] = json.loads(self.command("status", "--json").stdout)
        return report

    def pid(self, name: str) -> int | None:
        run = Run.read(self.state / "run.json")
        process = run.processes[name].process() if run else None
        return process.pid if process else None

    def health(self) -> int:
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=15)
        try:
            connection.request("GET", "/health/ready")
            return connection.getresponse().status
        except OSError:
            return 0
        finally:
            connection.close()

    def processes(self) -> set[int]:
        """All processes that belong to this state folder."""
        found = set()
        for process in psutil.process_iter():
            try:
                ours = process.environ().get("LIFTOS_STATE_DIR") == str(self.state)
                if ours or str(self.state) in " ".join(process.cmdline()):
                    found.add(process.pid)
            except psutil.Error:
                continue
        return found - {os.getpid()}


@pytest.fixture
def stack() -> Iterator[Stack]:
    # Not in pytest's own folder, which every other run of pytest closes to the user that PostgreSQL runs as.
    with tempfile.TemporaryDirectory(prefix="liftos-test-") as folder:
        stack = Stack(Path(folder) / "state", free_port())
        yield stack
        stack.command("down")


def eventually(condition: Callable[[], bool], seconds: float = RECOVERY_SECONDS) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.2)
    return False
