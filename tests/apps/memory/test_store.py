"""Storing one text: idempotent, limited, metered."""

from typing import Any
from uuid import UUID

import pytest
from django.core.cache import caches
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from apps.billing.models import UsageCounter, UsageEvent
from apps.core.tenancy.scope import organization_scope
from apps.memory.models import Chunk, Memory, Mention
from tests.apps.memory.conftest import Store
from tests.factories.billing import plan_limits_set
from tests.factories.vectors import passages_without_vector

URL = "/api/v1/memory/store"


def held_bytes(organization: Organization) -> int:
    counter = UsageCounter.objects.filter(organization_id=organization.id, meter="memory_bytes").first()
    return counter.used if counter else 0


def test_a_stored_text_comes_back_as_it_was(client: APIClient, acme: Organization) -> None:
    sent = {
        "content": "  Zoë said: “Harbor Checkout” was 12% faster. 🙂\n\n日本\u200f ",
        "metadata": {"n": 1.5, "deep": {"list": [1, None, True, "x"]}, "quote'\"$": "%s"},
        "memory_type": "experiment",
        "occurred_at": "2026-03-02T10:00:00+02:00",
        "source": "notion",
        "external_id": "exp/1",
    }
    memory_id = client.post(URL, sent, format="json").json()["memory_id"]
    got = client.get(f"/api/v1/memory/{memory_id}").json()
    assert UUID(memory_id).version == 7
    assert {name: got[name] for name in sent} == {**sent, "occurred_at": "2026-03-02T08:00:00Z"}
    with organization_scope(acme.id):
        memory = Memory.objects.get(id=memory_id)
        (chunk,) = Chunk.objects.filter(memory=memory)
        assert not passages_without_vector().exists()
    assert memory.content[chunk.start : chunk.end] == memory.content.strip()
    assert chunk.sparse is not None


def test_the_same_external_id_and_content_are_stored_once(client: APIClient, acme: Organization) -> None:
    body = {"content": "Once.", "external_id": "e1"}
    first, second = (client.post(URL, body, format="json") for _ in range(2))
    assert (first.status_code, first.json()["status"]) == (201, "stored")
    assert (second.status_code, second.json()) == (200, {**first.json(), "status": "duplicate"})
    other = client.post(URL, {"content": "Twice.", "external_id": "e1"}, format="json")
    assert (other.status_code, other.json()["code"]) == (409, "external_id_conflict")
    with organization_scope(acme.id):
        assert Memory.objects.count() == 1


def test_texts_without_external_id_are_not_merged(store: Store) -> None:
    assert store("Same.") != store("Same.")


def test_an_external_id_is_free_again_after_deletion(client: APIClient, store: Store) -> None:
    memory_id = store("First.", external_id="e1")
    client.delete(f"/api/v1/memory/{memory_id}")
    store("Second.", external_id="e1")
    restored = client.post(f"/api/v1/memory/{memory_id}/restore")
    assert (restored.status_code, restored.json()["code"]) == (409, "external_id_conflict")


def test_an_idempotency_key_gives_the_first_answer_again(client: APIClient, acme: Organization) -> None:
    first, second = (client.post(URL, {"content": "x"}, format="json", HTTP_IDEMPOTENCY_KEY="k1") for _ in range(2))
    assert first.json() == second.json()
    assert (first.status_code, second.status_code) == (201, 201)
    assert "Idempotency-Replayed" not in first
    assert second["Idempotency-Replayed"] == "true"
    reused = client.post(URL, {"content": "y"}, format="json", HTTP_IDEMPOTENCY_KEY="k1")
    assert (reused.status_code, reused.json()["code"]) == (422, "idempotency_key_reused")
    with organization_scope(acme.id):
        assert Memory.objects.count() == 1


def test_a_refused_request_does_not_use_up_its_key(client: APIClient) -> None:
    assert client.post(URL, {"content": ""}, format="json", HTTP_IDEMPOTENCY_KEY="k2").status_code == 400
    assert client.post(URL, {"content": "x"}, format="json", HTTP_IDEMPOTENCY_KEY="k2").status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\tkey"])
def test_a_malformed_idempotency_key_is_refused(key: str, client: APIClient) -> None:
    assert client.post(URL, {"content": "x"}, format="json", HTTP_IDEMPOTENCY_KEY=key).status_code == 400


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"content": None}, "/content"),
        ({"content": "   \n"}, "/content"),
        ({"content": 7}, None),
        ({"content": ["a"]}, "/content"),
        ({"content": "x" * 50_001}, "/content"),
        ({"metadata": []}, "/metadata"),
        ({"metadata": "x"}, "/metadata"),
        ({"metadata": {"k": "x" * 17_000}}, "/metadata"),
        ({"memory_type": "With Space"}, "/memory_type"),
        ({"memory_type": "x" * 51}, "/memory_type"),
        ({"memory_type": ""}, "/memory_type"),
        ({"occurred_at": "2026-03-02T10:00:00"}, "/occurred_at"),
        ({"occurred_at": "2026-03-02"}, "/occurred_at"),
        ({"occurred_at": "0001-01-01T00:00:00+14:00"}, "/occurred_at"),
        ({"occurred_at": "9999-12-31T23:59:59-14:00"}, "/occurred_at"),
        ({"occurred_at": "2026-13-40T10:00:00Z"}, "/occurred_at"),
        ({"occurred_at": 1767225600}, "/occurred_at"),
        ({"occurred_end": "2026-03-02T10:00:00Z"}, "/occurred_end"),
        ({"occurred_at": "2026-03-02T10:00:00Z", "occurred_end": "2026-03-02T10:00:00+01:00"}, "/occurred_end"),
        ({"source": "x" * 201}, "/source"),
        ({"external_id": "x" * 201}, "/external_id"),
        ({"external_id": ""}, "/external_id"),
        ({"unknown": 1}, "/unknown"),
        ({"organization_id": "x"}, "/organization_id"),
        ({"module": "lift_causal"}, "/module"),
        ({"recorded_at": "2026-03-02T10:00:00Z"}, "/recorded_at"),
    ],
)
def test_bad_fields_are_named(
    fields: dict[str, Any], pointer: str | None, client: APIClient, acme: Organization
) -> None:
    answer = client.post(URL, {"content": "x", **fields}, format="json")
    if pointer is None:
        assert answer.status_code == 201
        return
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    with organization_scope(acme.id):
        assert Memory.objects.count() == 0


def test_bytes_are_metered_and_given_back(client: APIClient, store: Store, acme: Organization) -> None:
    memory_id = store("Zoë", metadata={"k": "v"})
    size = len("Zoë".encode()) + len(b'{"k": "v"}')
    assert held_bytes(acme) == size
    assert UsageEvent.objects.filter(meter="memory_stores", source_id=memory_id, quantity=1).count() == 1
    client.delete(f"/api/v1/memory/{memory_id}")
    client.delete(f"/api/v1/memory/{memory_id}")
    assert held_bytes(acme) == 0
    client.post(f"/api/v1/memory/{memory_id}/restore")
    client.post(f"/api/v1/memory/{memory_id}/restore")
    assert held_bytes(acme) == size


def test_a_full_plan_refuses_before_anything_is_stored(client: APIClient, store: Store, acme: Organization) -> None:
    plan_limits_set("free", memory_bytes=30)
    # Entitlements are believed for five seconds.
    caches["process"].clear()
    store("A" * 20)
    answer = client.post(URL, {"content": "B" * 20}, format="json")
    body = answer.json()
    assert (answer.status_code, body["code"], body["gate"], body["limit"]) == (402, "quota_exceeded", "quota", 30)
    assert body["available_in"] == ["starter", "professional", "enterprise"]
    assert body["retryable"] is False
    with organization_scope(acme.id):
        assert Memory.objects.count() == 1
        assert Mention.objects.filter(memory__content__startswith="B").count() == 0
    assert held_bytes(acme) == 22
