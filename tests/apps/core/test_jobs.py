"""Jobs: recorded with the work, run once, tried again, given up; never outside their organisation."""

import ast
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from celery import current_app, shared_task
from django.db import transaction
from kombu.exceptions import OperationalError
from pytest_django import DjangoCaptureOnCommitCallbacks
from redis.exceptions import ConnectionError as RedisConnectionError

from apps.accounts.models import Organization
from apps.core import services
from apps.core.models import Job
from apps.core.tasks import OrganizationTask
from apps.core.tenancy.scope import current_scope, schema_name_for

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
APPS = Path(__file__).resolve().parents[3] / "apps"
seen: list[Any] = []


class Stubborn(OrganizationTask):
    abstract = True

    def gave_up(self, **arguments: Any) -> None:
        seen.append(("gave up", arguments, current_scope().schema_name))


@shared_task(name="tests.note")
def note(*, job_id: UUID, organization_id: UUID, text: str) -> None:
    seen.append((text, organization_id, current_scope().schema_name, Job.objects.get(id=job_id).status))


@shared_task(name="tests.fail", base=Stubborn)
def fail(*, job_id: UUID, organization_id: UUID) -> None:
    raise ZeroDivisionError(f"{job_id} of {organization_id}")


@pytest.fixture(autouse=True)
def _nothing_seen() -> Iterator[None]:
    seen.clear()
    yield
    seen.clear()


def run(job: Job) -> None:
    current_app.tasks[job.name](job_id=str(job.id))


def test_a_job_runs_in_its_organisations_scope_and_leaves_the_table(acme: Organization) -> None:
    job = services.enqueue("tests.note", organization_id=acme.id, text="hello")
    run(job)
    assert seen == [("hello", acme.id, schema_name_for(acme.id), "running")]
    assert not Job.objects.exists()


def test_a_second_message_for_a_job_does_nothing(acme: Organization) -> None:
    job = services.enqueue("tests.note", organization_id=acme.id, text="once")
    run(job)
    run(job)
    assert len(seen) == 1


def test_a_running_job_is_not_taken_by_another_worker(acme: Organization) -> None:
    job = services.enqueue("tests.note", organization_id=acme.id, text="x", now=NOW)
    assert services.job_claim(job_id=job.id, now=NOW) is not None
    assert services.job_claim(job_id=job.id, now=NOW) is None


def test_a_task_without_a_job_does_not_run(acme: Organization) -> None:
    with pytest.raises(TypeError, match="enqueue"):
        current_app.tasks["tests.note"](organization_id=acme.id, text="x")
    run_of_unknown = current_app.tasks["tests.note"](job_id=str(uuid4()))
    assert (run_of_unknown, seen) == (None, [])


def test_a_job_that_names_no_organisation_does_not_run_in_public(db: None) -> None:
    job = services.enqueue("tests.note", organization_id=None, text="x")
    with pytest.raises(ValueError, match="no organisation"):
        run(job)
    assert seen == []


def test_a_job_rolls_back_with_the_work_that_asked_for_it(acme: Organization) -> None:
    with transaction.atomic():
        services.enqueue("tests.note", organization_id=acme.id, text="x")
        transaction.set_rollback(True)
    assert not Job.objects.exists()


def test_a_failed_job_waits_longer_each_time_and_is_given_up_at_last(acme: Organization) -> None:
    job = services.enqueue("tests.fail", organization_id=acme.id)
    delays = []
    for _ in range(services.JOB_MAX_ATTEMPTS):
        with pytest.raises(ZeroDivisionError):
            run(job)
        before, job = job, Job.objects.get(id=job.id)
        assert job.status == Job.Status.QUEUED
        assert job.error.startswith("ZeroDivisionError")
        delays.append(job.available_at)
        del before
    assert delays == sorted(delays)
    run(job)
    job.refresh_from_db()
    assert job.status == Job.Status.FAILED
    assert seen == [("gave up", {"organization_id": acme.id}, schema_name_for(acme.id))]


def test_the_sweep_sends_what_is_due_and_nothing_else(acme: Organization) -> None:
    lost = services.enqueue("tests.note", organization_id=acme.id, text="lost", now=NOW - timedelta(minutes=1))
    fresh = services.enqueue("tests.note", organization_id=acme.id, text="fresh", now=NOW)
    dead = services.enqueue("tests.note", organization_id=acme.id, text="dead", now=NOW - timedelta(minutes=5))
    services.job_claim(job_id=dead.id, now=NOW - timedelta(minutes=4))
    working = services.enqueue("tests.note", organization_id=acme.id, text="working", now=NOW - timedelta(minutes=5))
    services.job_claim(job_id=working.id, now=NOW - timedelta(minutes=4))
    services.job_renew(job_id=working.id, now=NOW)
    given_up = services.enqueue("tests.note", organization_id=acme.id, text="given up", now=NOW - timedelta(hours=1))
    services.job_give_up(job=given_up)
    sent: list[UUID] = []
    services.jobs_send_due(now=NOW, send=lambda job_id, _: sent.append(job_id))
    assert sorted(sent) == sorted([lost.id, dead.id])
    services.jobs_send_due(now=NOW, send=lambda job_id, _: sent.append(job_id))
    assert len(sent) == 2
    assert fresh.id not in sent


@pytest.mark.parametrize("error", [OperationalError("away"), RedisConnectionError("away"), TimeoutError("slow")])
def test_a_broker_that_is_away_loses_nothing_and_fails_nobody(
    error: Exception,
    acme: Organization,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr("celery.Celery.send_task", fail)
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        job = services.enqueue("tests.note", organization_id=acme.id, text="x")
    assert len(callbacks) == 1
    assert Job.objects.get(id=job.id).status == Job.Status.QUEUED


def test_every_name_that_is_enqueued_is_a_task() -> None:
    current_app.loader.import_default_modules()
    names = {
        node.args[0].value
        for path in APPS.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "enqueue"
        and isinstance(node.args[0], ast.Constant)
    }
    assert names >= {"memory.ingest", "accounts.send_verification_mail"}
    assert names <= set(current_app.tasks)


def test_the_schedule_names_tasks_that_exist(settings: Any) -> None:
    current_app.loader.import_default_modules()
    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} <= set(current_app.tasks)


def test_housekeeping_forgets_old_answers_and_failures(acme: Organization, run_jobs: Callable[[], int]) -> None:
    old = services.enqueue("tests.note", organization_id=acme.id, text="x", now=NOW - timedelta(days=31))
    services.job_give_up(job=old)
    recent = services.enqueue("tests.note", organization_id=acme.id, text="x", now=NOW - timedelta(days=29))
    services.job_give_up(job=recent)
    assert services.expired_purge(now=NOW) == 1
    assert list(Job.objects.values_list("id", flat=True)) == [recent.id]
