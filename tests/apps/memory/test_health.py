"""How an organisation's memory says that it is."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import Organization
from apps.core.tenancy.scope import organization_scope
from apps.memory.models import Memory, Operation
from tests.factories.fixtures import ClientFactory

pytestmark = pytest.mark.usefixtures("flush_redis")
PATH = "/api/v1/memory/health"


def test_an_empty_memory_is_well(acme: Organization, client_of: ClientFactory) -> None:
    answer = client_of(acme, "viewer").get(PATH)
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "memories": 0,
        "waiting": 0,
        "oldest_waiting_seconds": None,
        "failed_operations": 0,
        "last_stored_at": None,
        "embedding_model": "all-MiniLM-L6-v2-onnx-int8-channels",
        "index": {"loaded": False, "bytes": 0},
        "problems": [],
    }


def test_what_waits_and_what_failed_is_told_with_its_consequence(
    acme: Organization, globex: Organization, client_of: ClientFactory
) -> None:
    client, now = client_of(acme), timezone.now()
    for number in range(3):
        client.post("/api/v1/memory/store", {"content": f"The harbour {number} opens at six."}, format="json")
    client.post("/api/v1/memory/search", {"query": "harbour"}, format="json")
    body = client.get(PATH).json()
    assert (body["status"], body["memories"], body["waiting"]) == ("ok", 3, 0)
    assert body["index"]["loaded"]
    assert body["index"]["bytes"] > 0
    assert body["last_stored_at"] is not None
    with organization_scope(acme.id):
        first = Memory.objects.order_by("number")[0]
        Memory.objects.filter(id=first.id).update(understood=False, revised_at=now - timedelta(minutes=10))
        Operation.objects.create(status="succeeded", total=2, done=1, failed=1, created_at=now)
        Operation.objects.create(status="failed", total=2, created_at=now - timedelta(days=8))
    body = client.get(PATH).json()
    assert (body["status"], body["waiting"], body["failed_operations"]) == ("degraded", 1, 1)
    assert 600 <= body["oldest_waiting_seconds"] < 660
    assert [problem["code"] for problem in body["problems"]] == ["texts_wait", "operations_failed"]
    assert all(problem["consequence"] for problem in body["problems"])
    assert client_of(globex).get(PATH).json()["memories"] == 0
