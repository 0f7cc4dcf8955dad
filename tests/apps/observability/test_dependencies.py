"""Deep health and the status: what is away is said, with what it means, and no question holds up another."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from apps.observability import dependencies
from apps.observability.adapters.pulse import SCHEDULER, WORKER, pulse
from apps.observability.dependencies import health, health_forget, register_dependencies, register_dependency
from apps.observability.models import Incident
from apps.observability.services.incidents import incidents_follow, incidents_purge
from apps.observability.tasks import watch
from apps.observability.types import WELL, Checked, Finding, Health, State
from tests.factories.fixtures import ClientFactory

pytestmark = pytest.mark.usefixtures("flush_redis")

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DOWN = Finding(State.DOWN, "away")


@pytest.fixture(autouse=True)
def _asked_anew() -> Iterator[None]:
    health_forget()
    yield
    health_forget()


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is registered but what the test registers."""
    monkeypatch.setattr(dependencies, "_dependencies", {})


def found(client: APIClient) -> dict[str, dict[str, Any]]:
    answer = client.get("/health/deep")
    return {check["name"]: check for check in answer.json()["checks"]}


def test_every_dependency_is_told_with_what_its_loss_means(anonymous: APIClient) -> None:
    pulse(WORKER)
    pulse(SCHEDULER)
    answer = anonymous.get("/health/deep")
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    checks = {check["name"]: check for check in answer.json()["checks"]}
    ours = {"database", "redis", "workers", "scheduler", "background_work", "mail", "memory", "stripe"}
    assert {name: checks[name]["status"] for name in ours} == dict.fromkeys(ours, "ok")
    assert all(check["latency_ms"] >= 0 for check in checks.values())
    assert all(len(check["consequence"]) > 20 for check in checks.values())


def test_without_signs_of_life_workers_and_scheduler_are_down(anonymous: APIClient) -> None:
    answer = anonymous.get("/health/deep")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    checks = found(anonymous)
    assert [checks[name]["status"] for name in ("workers", "scheduler", "redis")] == ["down", "down", "ok"]
    pulse(WORKER)
    health_forget()
    assert found(anonymous)["workers"]["status"] == "ok"


def test_what_is_vital_takes_everything_down(alone: None, anonymous: APIClient) -> None:
    register_dependency("one", lambda: WELL, "One.", vital=True)
    register_dependency("other", lambda: DOWN, "Other.")
    assert (anonymous.get("/health/deep").status_code, health().state) == (200, State.DEGRADED)
    register_dependency("one", lambda: DOWN, "One.", vital=True)
    health_forget()
    assert (anonymous.get("/health/deep").status_code, health().state) == (503, State.DOWN)


def test_one_that_hangs_holds_up_nothing_and_is_asked_once(
    alone: None, monkeypatch: pytest.MonkeyPatch, anonymous: APIClient
) -> None:
    monkeypatch.setattr(dependencies, "CHECK_SECONDS", 0.2)
    monkeypatch.setattr(dependencies, "FRESH_SECONDS", 0.0)
    asked: list[float] = []
    free = threading.Event()

    def hang() -> Finding:
        asked.append(time.monotonic())
        free.wait(30)
        return WELL

    register_dependency("hanging", hang, "Hangs.")
    register_dependency("other", lambda: WELL, "Other.")
    for _ in range(3):
        checks = found(anonymous)
        assert checks["hanging"]["status"] == "down"
        assert checks["hanging"]["detail"].startswith("no answer within")
        assert checks["other"]["status"] == "ok"
    assert len(asked) == 1
    free.set()
    while found(anonymous)["hanging"]["status"] != "ok":
        assert len(asked) <= 2


def test_whatever_a_check_raises_is_its_finding_without_its_text(alone: None, anonymous: APIClient) -> None:
    def fail() -> Finding:
        raise ValueError("password=hunter2")

    register_dependency("failing", fail, "Fails.")
    answer = anonymous.get("/health/deep")
    assert answer.json()["checks"][0]["detail"] == "ValueError"
    assert b"hunter2" not in answer.content


def test_what_is_far_away_is_asked_seldom_unless_it_is_away(alone: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dependencies, "FRESH_SECONDS", 0.0)
    asked: list[str] = []
    state = {"far": WELL}

    def ask() -> dict[str, Finding]:
        asked.append("far")
        return dict(state)

    register_dependencies("far", ask, lambda name: name, every_seconds=60)
    health()
    health()
    assert len(asked) == 1
    state["far"] = DOWN
    health_forget()
    health()
    health()
    assert len(asked) == 3


def test_deep_health_is_guarded_as_the_metrics_are(anonymous: APIClient, settings: Any) -> None:
    settings.METRICS_TOKEN = "secret"
    for headers in ({}, {"authorization": "Bearer other"}, {"authorization": "Bearer ü"}):
        assert anonymous.get("/health/deep", headers=headers).status_code == 401
    assert anonymous.get("/health/deep", headers={"authorization": "Bearer secret"}).status_code == 200
    settings.METRICS_TOKEN, settings.METRICS_OPEN = "", False
    assert anonymous.get("/health/deep").status_code == 404


def seen(*findings: tuple[str, Finding]) -> Health:
    return Health(State.OK, NOW, tuple(Checked(name, finding, "", 1.0) for name, finding in findings))


def test_incidents_follow_what_is_found(db: None) -> None:
    degraded = Finding(State.DEGRADED, "slow")
    for minute, finding in enumerate((WELL, degraded, DOWN, degraded, WELL, DOWN)):
        incidents_follow(found=seen(("mail", finding), ("redis", WELL)), now=NOW + timedelta(minutes=minute))
        # A second scheduler does the same at the same time.
        incidents_follow(found=seen(("mail", finding), ("redis", WELL)), now=NOW + timedelta(minutes=minute))
    rows = Incident.objects.order_by("started_at").values_list("component", "status", "started_at", "ended_at")
    assert list(rows) == [
        ("mail", "down", NOW + timedelta(minutes=1), NOW + timedelta(minutes=4)),
        ("mail", "down", NOW + timedelta(minutes=5), None),
    ]
    incidents_follow(found=seen(("redis", WELL)), now=NOW + timedelta(minutes=6))
    assert not Incident.objects.filter(ended_at=None).exists()


def test_a_time_in_which_nobody_looked_is_an_incident_of_background_work(db: None) -> None:
    incidents_follow(found=seen(("redis", WELL)), now=NOW)
    incidents_follow(found=seen(("redis", WELL)), now=NOW + timedelta(minutes=10))
    row = Incident.objects.get()
    assert (row.component, row.status) == ("background_work", "down")
    assert (row.started_at, row.ended_at) == (NOW, NOW + timedelta(minutes=10))
    assert incidents_purge(now=NOW + timedelta(days=29)) == 0
    assert incidents_purge(now=NOW + timedelta(days=31)) == 1


def test_the_status_tells_users_what_is_lost_and_since_when(
    alone: None, acme: Organization, client_of: ClientFactory
) -> None:
    client = client_of(acme, "viewer")
    register_dependency("mail", lambda: DOWN, "Mails do not arrive.")
    register_dependency("redis", lambda: WELL, "Live pages stand still.")
    watch()
    Incident.objects.create(component="old", status="down", started_at=NOW - timedelta(days=900), ended_at=NOW)
    body = client.get("/api/v1/status").json()
    opened = Incident.objects.get(component="mail")
    since = opened.started_at.isoformat().replace("+00:00", "Z")
    assert body["status"] == "degraded"
    assert body["components"] == [
        {"name": "mail", "status": "outage", "consequence": "Mails do not arrive.", "since": since},
        {"name": "redis", "status": "operational", "consequence": "", "since": None},
    ]
    assert body["incidents"] == [{"component": "mail", "status": "outage", "started_at": since, "ended_at": None}]
    assert "away" not in str(body)


def test_the_status_is_not_for_strangers(anonymous: APIClient) -> None:
    assert anonymous.get("/api/v1/status").status_code == 401
