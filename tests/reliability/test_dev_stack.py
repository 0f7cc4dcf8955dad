"""The whole platform over a state folder of its own: it starts, survives kills, stops, and leaves nothing behind."""

import http.client
import os
import signal
import socket

import psutil
import pytest

from deploy.dev.state import LOOPBACK
from tests.reliability.conftest import Stack, eventually

pytestmark = pytest.mark.slow


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
