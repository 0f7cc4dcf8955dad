"""Each thing that the platform needs is stopped in turn: deep health says so, and says so no more when it is back."""

import json
import os
import signal
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest
from redis import Redis

from deploy.dev.state import LOOPBACK, next_free_port, read_env
from tests.reliability.conftest import Stack, eventually

pytestmark = pytest.mark.slow

APP = """
    from pathlib import Path
    from lift_sdk import create_app, requires

    app = create_app(Path(__file__).parent)

    @app.get("/api/v1/notes", dependencies=[requires("scribe:read")])
    def notes() -> list[str]:
        return []
"""


@pytest.fixture
def platform(stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stack:
    folder = tmp_path / "scribe"
    folder.mkdir()
    (folder / "app.py").write_text(textwrap.dedent(APP))
    manifest = {
        "module_id": "scribe",
        "name": "Scribe",
        "version": "1.0.0",
        "base_url": f"http://localhost:{next_free_port(9400)}",
        "permissions": ["scribe:read"],
    }
    (folder / "module.json").write_text(json.dumps(manifest))
    monkeypatch.setenv("MODULE_FOLDERS", str(tmp_path))
    started = stack.command("up")
    assert started.returncode == 0, started.stdout + started.stderr
    return stack


class Deep:
    def __init__(self, http: httpx2.Client) -> None:
        self._http = http
        self.status = 0
        self.said: dict[str, Any] = {}

    def ask(self) -> dict[str, str]:
        """Return the status of each dependency; nothing while the gateway itself cannot be reached."""
        try:
            answer = self._http.get("/health/deep")
            self.said = answer.json()
        except (httpx2.HTTPError, ValueError):
            return {}
        self.status = answer.status_code
        return {check["name"]: check["status"] for check in self.said.get("checks", [])}

    def all_well(self) -> bool:
        found = self.ask()
        return bool(found) and set(found.values()) == {"ok"}

    def not_well(self) -> set[str]:
        return {name for name, status in self.ask().items() if status != "ok"}


class Status:
    """What a member of an organisation is told."""

    def __init__(self, http: httpx2.Client, stack: Stack) -> None:
        self._http = http
        login = {"email": "viewer@northwind.example", "password": read_env(stack.state / "dev.env")["DEMO_PASSWORD"]}
        tokens = http.post("/api/v1/auth/token", json=login).json()
        self._headers = {"Authorization": f"Bearer {tokens['access']}"}
        self.said: dict[str, Any] = {}

    def open_incidents(self) -> set[str]:
        self.said = self._http.get("/api/v1/status", headers=self._headers).json()
        return {one["component"] for one in self.said["incidents"] if one["ended_at"] is None}


def frozen(pids: list[int]) -> None:
    """Stop processes without ending them: what is started again at once would be back before anybody has asked."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)


def thawed(pids: list[int]) -> None:
    for pid in pids:
        os.kill(pid, signal.SIGCONT)


def family(pid: int | None) -> list[int]:
    assert pid is not None
    return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]


def pids_of(stack: Stack, name: str) -> list[int]:
    if name in {"database", "redis"}:
        services = stack.status()["services"]
        port = services["postgresql" if name == "database" else "redis"]
        owners = {
            one.pid
            for one in psutil.net_connections("tcp")
            if one.status == "LISTEN" and one.laddr.port == port and one.pid
        }
        (owner,) = owners
        return family(owner)
    return family(stack.pid(name))


@pytest.fixture
def http(platform: Stack) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=f"http://{LOOPBACK}:{platform.port}", timeout=30) as client:
        yield client


def test_each_dependency_is_missed_while_it_is_away_and_no_longer(platform: Stack, http: httpx2.Client) -> None:
    deep = Deep(http)
    # A module counts once it has passed its contract check.
    everything = {"module:lift_causal", "module:scribe", "sign_in:local", "stripe"}
    assert eventually(lambda: deep.all_well() and everything <= set(deep.ask()), 60), deep.ask()
    status = Status(http, platform)
    before = {name: platform.pid(name) for name in ("web", "gateway")}
    cases = {
        # The process that is stopped, and what is then said of which dependencies.
        "scribe": {"module:scribe"},
        "identity": {"sign_in:local"},
        "stripe": {"stripe"},
        "worker": {"workers"},
        "beat": {"scheduler"},
        "redis": {"redis", "workers", "scheduler"},
        "database": {"database", "memory", "background_work"},
    }
    for name, missed in cases.items():
        pids = pids_of(platform, name)
        frozen(pids)
        try:
            assert eventually(lambda missed=missed: missed <= deep.not_well(), 90), (name, deep.ask())  # type: ignore[misc]  # bound at once
            assert deep.status == (503 if name == "database" else 200), (name, deep.ask())
            assert deep.said["status"] == ("down" if name == "database" else "degraded")
            told = {check["name"]: check["consequence"] for check in deep.said["checks"]}
            assert all(told[one] for one in missed)
            if name in {"scribe", "identity", "stripe"}:
                assert deep.not_well() <= missed, (name, deep.ask())
                # Whoever writes it down looks every ten seconds.
                assert eventually(lambda missed=missed: status.open_incidents() == missed, 40), status.said  # type: ignore[misc]  # as above
        finally:
            thawed(pids)
        assert eventually(deep.all_well, 120), (name, deep.ask())
        if name in {"scribe", "identity", "stripe"}:
            assert eventually(lambda: not status.open_incidents(), 40), status.said
    with Redis.from_url(read_env(platform.state / "dev.env")["REDIS_URL"]) as redis:
        redis.flushall()
    assert eventually(deep.all_well, 60), deep.said
    # Nothing of ours had to be started again.
    assert {name: platform.pid(name) for name in before} == before
