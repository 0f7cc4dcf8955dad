"""Storing: what may race it, what expires, what a file may hold, and a broker that is away."""

from datetime import timedelta
from typing import Any

import pytest
from celery import Celery
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import Organization
from apps.billing.models import UsageCounter
from apps.core import services
from apps.core.models import Job
from apps.core.tenancy.scope import organization_scope
from apps.memory.adapters.documents.records import read_jsonl
from apps.memory.models import Memory
from apps.memory.services.contexts import context_update
from apps.memory.services.memories import memory_store, understood
from apps.memory.types import ReadLimits, StoreItem
from tests.factories.fixtures import ClientFactory
from tests.factories.vectors import concepts_of

BATCH = "/api/v1/memory/store/batch"


def held_bytes(organization: Organization) -> int:
    return UsageCounter.objects.get(organization_id=organization.id, meter="memory_bytes").used


def test_a_context_that_changes_during_the_analysis_is_noticed(
    in_acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    def understood_slowly(*args: Any, **kwargs: Any) -> Any:
        text = understood(*args, **kwargs)
        context_update(dimensions=[{"name": "money", "description": "What it costs."}], now=timezone.now())
        return text

    monkeypatch.setattr("apps.memory.services.memories.understood", understood_slowly)
    item = StoreItem(content="Parcels arrive late.")
    stored = memory_store(organization_id=in_acme.id, item=item, user_id=None, now=timezone.now())
    assert len(concepts_of(stored.memory_id)) == 1


def test_an_expired_memory_gives_up_its_external_id_and_its_bytes(in_acme: Organization) -> None:
    now = timezone.now()
    item = StoreItem(content="Offer of the day", external_id="offer", expires_at=now + timedelta(hours=1))
    first = memory_store(organization_id=in_acme.id, item=item, user_id=None, now=now)
    held = held_bytes(in_acme)
    later = now + timedelta(hours=2)
    again = StoreItem(content="Offer of the day", external_id="offer")
    second = memory_store(organization_id=in_acme.id, item=again, user_id=None, now=later)
    assert second.created
    assert second.memory_id != first.memory_id
    assert Memory.objects.live(later).get(external_id="offer").id == second.memory_id
    assert held_bytes(in_acme) == held


def test_a_line_of_jsonl_ends_only_at_a_line_feed() -> None:
    data = '{"content": "one\u2028two\x85three"}\r\n{"content": "four"}'.encode()
    assert [read.row for read in read_jsonl(data, ReadLimits())] == [
        {"content": "one\u2028two\x85three"},
        {"content": "four"},
    ]


def test_a_second_file_or_field_is_refused(acme: Organization, client_of: ClientFactory) -> None:
    client = client_of(acme)
    one, two = (SimpleUploadedFile(name, b"text") for name in ("a.txt", "b.txt"))
    answer = client.post(BATCH, {"file": [one, two]}, format="multipart")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "too_many_files")
    one.seek(0)
    answer = client.post(BATCH, {"file": one, "other": "x"}, format="multipart")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/other")


def test_a_batch_is_accepted_while_the_broker_is_away(
    acme: Organization,
    client_of: ClientFactory,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    # Nothing listens on port 1. The sweep sends the job again when the broker is back.
    monkeypatch.setattr(services, "current_app", Celery(broker="redis://127.0.0.1:1/0", set_as_current=False))
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        answer = client_of(acme).post(BATCH, {"items": [{"content": "text"}]}, format="json")
    assert answer.status_code == 202
    assert Job.objects.filter(name="memory.ingest", organization_id=acme.id).exists()


def test_the_memory_of_another_organisation_is_untouched_by_expiry(acme: Organization, globex: Organization) -> None:
    now = timezone.now()
    item = StoreItem(content="Same id", external_id="offer", expires_at=now + timedelta(hours=1))
    for organization in (acme, globex):
        with organization_scope(organization.id):
            memory_store(organization_id=organization.id, item=item, user_id=None, now=now)
    later = now + timedelta(hours=2)
    with organization_scope(acme.id):
        memory_store(organization_id=acme.id, item=item, user_id=None, now=later)
    with organization_scope(globex.id):
        assert Memory.objects.get(external_id="offer").deleted_at is None
