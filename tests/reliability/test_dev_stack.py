"""The whole platform over a state folder of its own: it starts, survives kills, stops, and leaves nothing behind."""

import http.client
import json
import os
import signal
import socket
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

pytestmark = pytest.mark.slow

START_SECONDS = 300
RECOVERY_SECONDS = 60
# What the tests' own services and settings put into the environment.
FOREIGN = {"DATABASE_URL", "REDIS_URL", "JWT_SIGNING_KEY", "DJANGO_SETTINGS_MODULE", "PUBLIC_URL", "JWT_ISSUER"}


@dataclass(frozen=True)
class Stack:
    state: Path
    port: int

    def command(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        inherited = {name: value for name, value in os.environ.items() if name not in FOREIGN}
        return subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", "deploy.dev", *arguments],
            check=False,
            cwd=REPOSITORY,
            env={**inherited, "LIFTOS_STATE_DIR": str(self.state), "PORT": str(self.port)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
        )

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


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0


def kill_and_see_it_return(stack: Stack, name: str) -> None:
    before = stack.pid(name)
    assert before is not None
    children = psutil.Process(before).children(recursive=True)
    os.kill(before, signal.SIGKILL)
    assert eventually(lambda: stack.pid(name) not in {None, before}), f"{name} did not return"
    assert not [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]


def test_the_platform_starts_recovers_and_stops(stack: Stack) -> None:
    started = stack.command("up")
    assert started.returncode == 0, started.stdout + started.stderr
    assert f"http://localhost:{stack.port}/docs" in started.stdout
    assert stack.health() == http.client.OK

    again = stack.command("up")
    assert again.returncode == 0
    assert "Lift OS runs already." in again.stdout

    for name in ("worker", "web"):
        kill_and_see_it_return(stack, name)
    assert eventually(lambda: stack.health() == http.client.OK)
    report = stack.status()
    assert report["running"]
    assert all(report["processes"].values())
    assert all(report["services"].values())

    assert stack.command("down").returncode == 0
    assert eventually(lambda: not stack.processes(), 5), stack.processes()
    assert not any(listens(port) for port in (stack.port, *report["services"].values()))
    assert stack.command("down").stdout.strip() == "Lift OS does not run."


def test_a_killed_launcher_leaves_nothing_that_disturbs_the_next_start(stack: Stack) -> None:
    assert stack.command("up").returncode == 0
    report = stack.status()
    # The worst case: the launcher and a group's leader are gone, and its children live on.
    os.kill(report["launcher"], signal.SIGKILL)
    os.kill(report["processes"]["worker"], signal.SIGKILL)
    orphans = stack.processes()
    assert orphans

    assert stack.command("up").returncode == 0
    assert stack.health() == http.client.OK
    services = {psutil.Process(pid).name() for pid in orphans & stack.processes()}
    assert services <= {"postgres", "redis-server"}

    assert stack.command("down").returncode == 0
    assert eventually(lambda: not stack.processes(), 5), stack.processes()


def test_a_start_that_fails_says_why_and_stops_everything(stack: Stack) -> None:
    stack.state.mkdir()
    # The scheduler cannot write its file where a folder stands.
    (stack.state / "celerybeat.dat").mkdir()
    (stack.state / "celerybeat").mkdir()
    failed = stack.command("up")
    assert failed.returncode == 1
    assert "beat" in failed.stdout
    assert "did not start" in failed.stdout
    assert eventually(lambda: not stack.processes(), 5), stack.processes()
