"""What is counted of requests, proofs of identity, refusals and background work."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone
from prometheus_client import REGISTRY
from redis import Redis
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from apps.billing.exceptions import QuotaExceeded
from apps.billing.services.quotas import quota_check
from apps.billing.types import Meter
from apps.core.models import Job
from apps.core.services import enqueue
from apps.observability.adapters.pulse import SCHEDULER, pulse
from apps.observability.handlers import worker_lives
from tests.factories.fixtures import ClientFactory
from tests.factories.organizations import OWNERS, PASSWORD

pytestmark = pytest.mark.usefixtures("flush_redis")


class Counted:
    """How much a figure has grown since the test began."""

    def __init__(self) -> None:
        self._before: dict[Any, float] = {}

    def watch(self, name: str, **labels: str) -> None:
        self._before[name, *sorted(labels.items())] = REGISTRY.get_sample_value(name, labels) or 0.0

    def grown(self, name: str, **labels: str) -> float:
        return (REGISTRY.get_sample_value(name, labels) or 0.0) - self._before[name, *sorted(labels.items())]


@pytest.fixture
def counted() -> Counted:
    return Counted()


def scraped(client: APIClient) -> list[str]:
    return str(client.get("/metrics").content.decode()).splitlines()


def test_requests_are_counted_by_view_and_never_by_what_clients_choose(anonymous: APIClient, counted: Counted) -> None:
    seen = {"view": "health", "method": "GET", "status": "200"}
    odd = {"view": "health", "method": "other", "status": "405"}
    nowhere = {"view": "unmatched", "method": "GET", "status": "404"}
    for labels in (seen, odd, nowhere):
        counted.watch("http_requests_total", **labels)
    counted.watch("http_request_duration_seconds_count", view="health", method="GET")
    for _ in range(3):
        anonymous.get("/health")
    anonymous.generic("BREW", "/health")
    anonymous.get("/health", headers={"Content-Length": "many"})
    anonymous.get("/admin%00/\ud7ff")
    assert counted.grown("http_requests_total", **seen) == 4
    assert counted.grown("http_request_duration_seconds_count", view="health", method="GET") == 4
    assert counted.grown("http_requests_total", **odd) == 1


def test_proofs_of_identity_are_counted_by_way_and_outcome(
    anonymous: APIClient, acme: Organization, client_of: ClientFactory, counted: Counted
) -> None:
    cases = [
        ("password", "success"),
        ("password", "failure"),
        ("refresh_token", "success"),
        ("refresh_token", "failure"),
    ]
    cases += [("access_token", "success"), ("access_token", "failure"), ("api_key", "failure")]
    for method, outcome in cases:
        counted.watch("auth_attempts_total", method=method, outcome=outcome)
    login = {"email": OWNERS["acme"], "password": PASSWORD}
    tokens = anonymous.post("/api/v1/auth/token", login, format="json").json()
    anonymous.post("/api/v1/auth/token", {**login, "password": "wrong"}, format="json")
    for _ in range(2):
        anonymous.post("/api/v1/auth/token/refresh", {"refresh": tokens["refresh"]}, format="json")
    client_of(acme).get("/api/v1/memory")
    anonymous.get("/api/v1/memory", headers={"Authorization": "Bearer nonsense"})
    anonymous.get("/api/v1/memory", headers={"X-API-Key": "nonsense"})
    grown = {case: counted.grown("auth_attempts_total", method=case[0], outcome=case[1]) for case in cases}
    assert grown == dict.fromkeys(cases, 1)


def test_refused_quotas_are_counted(in_acme: Organization, counted: Counted) -> None:
    counted.watch("quota_refusals_total", meter="api_calls")
    with pytest.raises(QuotaExceeded):
        quota_check(organization_id=in_acme.id, meter=Meter.API_CALLS, quantity=10**15, now=timezone.now())
    assert counted.grown("quota_refusals_total", meter="api_calls") == 1


def test_waiting_work_is_told_by_its_age(anonymous: APIClient, acme: Organization) -> None:
    assert "jobs_oldest_waiting_seconds 0.0" in scraped(anonymous)
    job = enqueue("accounts.send_password_changed_mail", organization_id=None, user_id="x")
    Job.objects.filter(id=job.id).update(created_at=timezone.now() - timedelta(minutes=5))
    later = enqueue("accounts.send_password_changed_mail", organization_id=None, user_id="x")
    # Waits for its next attempt, which is no delay of ours.
    Job.objects.filter(id=later.id).update(
        attempts=3, created_at=timezone.now() - timedelta(hours=1), available_at=timezone.now() + timedelta(minutes=1)
    )
    lines = scraped(anonymous)
    assert 'jobs{status="queued"} 2.0' in lines
    assert 'jobs{status="failed"} 0.0' in lines
    (age,) = [float(line.split()[1]) for line in lines if line.startswith("jobs_oldest_waiting_seconds ")]
    assert 300 <= age < 330
    assert not mail.outbox


def test_the_queue_and_signs_of_life(anonymous: APIClient, settings: Any) -> None:
    assert not [line for line in scraped(anonymous) if line.startswith("heartbeat_age_seconds{")]
    pulse(SCHEDULER)
    worker_lives()
    redis = Redis.from_url(settings.CELERY_BROKER_URL)
    redis.rpush("celery", "a", "b", "c")
    redis.close()
    lines = scraped(anonymous)
    assert "celery_queue_length 3.0" in lines
    ages = {line.partition(" ")[0]: float(line.partition(" ")[2]) for line in lines if line.startswith("heartbeat_age")}
    assert set(ages) == {'heartbeat_age_seconds{process="worker"}', 'heartbeat_age_seconds{process="scheduler"}'}
    assert all(age < 5 for age in ages.values())


def test_statements_are_counted_and_timed(anonymous: APIClient, acme: Organization, counted: Counted) -> None:
    labels = {"alias": "default", "vendor": "postgresql"}
    counted.watch("django_db_execute_total", **labels)
    counted.watch("django_db_query_duration_seconds_count", **labels)
    assert Organization.objects.count() == 2
    assert counted.grown("django_db_execute_total", **labels) == 1
    assert counted.grown("django_db_query_duration_seconds_count", **labels) == 1
