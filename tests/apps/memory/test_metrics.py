"""What a scraper reads, in one process and of several."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from apps.core.ids import new_id
from apps.memory import metrics
from apps.memory.engine.types import SearchType
from apps.memory.metrics import search_observed, stored_observed
from apps.observability.metrics import register_gauge

ROOT = Path(__file__).resolve().parents[3]
COUNT = """
import sys, uuid, django
django.setup()
from apps.memory.engine.types import SearchType
from apps.memory.metrics import search_observed, stored_observed
organization = uuid.UUID(sys.argv[1])
for _ in range(int(sys.argv[2])):
    search_observed(organization_id=organization, search_type=SearchType.HYBRID, seconds=0.03)
stored_observed(organization_id=organization, memory_type="note", count=int(sys.argv[2]))
"""
SCRAPE = """
import django
django.setup()
from django.test import Client
answer = Client().get("/metrics")
assert answer.status_code == 200, answer.content
print(answer.content.decode())
"""


def value(text: str, name: str, **labels: str) -> float | None:
    """Return the value of one line; the order of the labels is the library's own."""
    for line in text.splitlines():
        found = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line)
        if found and found[1] == name and dict(re.findall(r'(\w+)="([^"]*)"', found[2] or "")) == labels:
            return float(found[3])
    return None


def scraped(client: APIClient, **headers: str) -> str:
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=")
    return str(answer.content.decode())


def test_searches_and_stores_are_counted_by_organisation(anonymous: APIClient) -> None:
    one = new_id()
    for seconds in (0.03, 0.3):
        search_observed(organization_id=one, search_type=SearchType.NEURAL, seconds=seconds)
    stored_observed(organization_id=one, memory_type="note", count=3)
    stored_observed(organization_id=one, memory_type="note", count=2)
    text = scraped(anonymous)
    assert value(text, "memory_searches_total", org_id=str(one), search_type="neural") == 2
    assert value(text, "memory_storage_total", org_id=str(one), memory_type="note") == 5
    assert (value(text, "memory_search_duration_seconds_count", search_type="neural") or 0) >= 2
    assert 'org_id="' not in "".join(line for line in text.splitlines() if "duration" in line)


def test_active_contexts_are_counted(anonymous: APIClient, acme: Organization, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        assert metrics.active_contexts() == 2
    assert value(scraped(anonymous), metrics.ACTIVE_CONTEXTS) == 2
    Organization.objects.filter(id=acme.id).update(is_active=False)
    assert value(scraped(anonymous), metrics.ACTIVE_CONTEXTS) == 1


def test_counters_are_told_while_the_database_is_away(anonymous: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def away() -> float:
        asked.append("database")
        raise OperationalError("away")

    monkeypatch.setattr("apps.observability.metrics._figures", {})
    for name in (metrics.ACTIVE_CONTEXTS, "another_of_the_database"):
        register_gauge(name, metrics.ACTIVE_CONTEXTS_TEXT, away)
    register_gauge("of_redis", "Told.", lambda: 7, source="redis")
    stored_observed(organization_id=new_id(), memory_type="note", count=1)
    text = scraped(anonymous)
    assert "memory_storage_total" in text
    assert value(text, metrics.ACTIVE_CONTEXTS) is None
    assert value(text, "of_redis") == 7
    # A scraper does not wait for every figure of what is away.
    assert asked == ["database"]


def test_the_token_is_asked_for(anonymous: APIClient, settings: Any) -> None:
    settings.METRICS_TOKEN = "secret"
    for headers in ({}, {"authorization": "Bearer other"}, {"authorization": "secret"}, {"authorization": "Bearer ü"}):
        answer = anonymous.get("/metrics", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    assert scraped(anonymous, authorization="Bearer secret")


def test_without_a_token_production_does_not_answer(anonymous: APIClient, settings: Any) -> None:
    settings.METRICS_OPEN = False
    answer = anonymous.get("/metrics")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert anonymous.post("/metrics").status_code == 405


def test_several_processes_are_added_up(committed_db: str, tmp_path: Path) -> None:
    folder = tmp_path / "not" / "there yet"
    environment = {
        **os.environ,
        "DATABASE_URL": committed_db,
        "DJANGO_SETTINGS_MODULE": "liftos.settings.test",
        "PROMETHEUS_MULTIPROC_DIR": str(folder),
    }

    def run(source: str, *arguments: str) -> str:
        command = [sys.executable, "-c", source, *arguments]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - our own code
        assert done.returncode == 0, done.stderr
        return done.stdout

    organization = str(new_id())
    run(COUNT, organization, "2")
    run(COUNT, organization, "5")
    text = run(SCRAPE)
    assert value(text, "memory_searches_total", org_id=organization, search_type="hybrid") == 7
    assert value(text, "memory_search_duration_seconds_bucket", search_type="hybrid", le="0.05") == 7
    assert value(text, "memory_storage_total", org_id=organization, memory_type="note") == 7
    assert value(text, metrics.ACTIVE_CONTEXTS) == 2
