"""What keeps a memory out of a search, what waits for a batch, and what is left out when time is short."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from apps.core.tenancy.scope import organization_scope
from apps.memory.models import Memory
from apps.memory.services.understanding import unread
from tests.factories.fixtures import ClientFactory

MEMORY = "/api/v1/memory"
Explain = Callable[..., dict[str, Any]]


@pytest.fixture
def client(acme: Organization, client_of: ClientFactory) -> APIClient:
    return client_of(acme)


@pytest.fixture
def memory_id(client: APIClient) -> str:
    texts = [f"Note {number} on the parcels of week {number}." for number in range(4)]
    for text in texts:
        assert client.post(f"{MEMORY}/store", {"content": text}, format="json").status_code == 201
    body = {
        "content": "The annual discount doubled sign-ups.",
        "memory_type": "experiment",
        "occurred_at": "2026-03-02T08:00:00Z",
    }
    stored: str = client.post(f"{MEMORY}/store", body, format="json").json()["memory_id"]
    return stored


@pytest.fixture
def explain(client: APIClient, memory_id: str) -> Explain:
    def ask(**fields: Any) -> dict[str, Any]:
        body = {"query": "annual discount", "memory_id": memory_id, **fields}
        answer = client.post(f"{MEMORY}/explain", body, format="json")
        assert answer.status_code == 200, answer.content
        found: dict[str, Any] = answer.json()
        return found

    return ask


def test_a_result_has_its_place_and_its_score(client: APIClient, memory_id: str, explain: Explain) -> None:
    first = client.post(f"{MEMORY}/search", {"query": "annual discount"}, format="json").json()["results"][0]
    found = explain()
    assert (first["memory_id"], found["gate"], found["rank"]) == (memory_id, None, 1)
    assert (found["score_units"], found["contributions"]) == (first["score_units"], first["contributions"])
    assert found["candidates"] == 5


@pytest.mark.parametrize(
    ("fields", "gate"),
    [
        ({"memory_types": ["insight"]}, "memory_types"),
        ({"occurred_after": "2026-04-01T00:00:00Z"}, "time_window"),
        ({"filters": {"metadata.team": "Care"}}, "filters"),
        ({"threshold": 1.0, "query": "weather in winter"}, "threshold"),
        ({"limit": 1, "query": "parcels of week 2"}, "limit"),
        ({"search_type": "knowledge", "query": "nothing that anybody named"}, "not_found_by_any_channel"),
    ],
)
def test_each_gate_is_named(fields: dict[str, Any], gate: str, explain: Explain) -> None:
    found = explain(**fields)
    assert found["gate"] == gate
    assert (found["rank"] is None) == (gate not in {"threshold", "limit"})


def test_the_trash_and_expiry_are_gates_too(
    client: APIClient, memory_id: str, explain: Explain, acme: Organization
) -> None:
    assert client.delete(f"{MEMORY}/{memory_id}").status_code == 204
    assert explain()["gate"] == "trashed"
    with organization_scope(acme.id):
        past = timezone.now() - timedelta(days=1)
        Memory.objects.filter(id=memory_id).update(deleted_at=None, expires_at=past)
    assert explain()["gate"] == "expired"


def test_an_unknown_id_and_unknown_fields_are_refused(client: APIClient, memory_id: str) -> None:
    body = {"query": "x", "memory_id": str(uuid4())}
    assert client.post(f"{MEMORY}/explain", body, format="json").status_code == 404
    for field in ("wait_for", "explain", "surprise"):
        answer = client.post(f"{MEMORY}/explain", {**body, field: "x"}, format="json")
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, f"/{field}")


def test_a_search_waits_for_a_batch_until_the_models_have_read_it(
    client: APIClient, acme: Organization, run_jobs: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = client.post(f"{MEMORY}/store/batch", {"items": [{"content": "Late parcels."}]}, format="json").json()
    body = {"query": "late parcels", "wait_for": batch["operation_id"]}
    monkeypatch.setattr("apps.memory.api.views.WAIT_FOR_MOST", timedelta(0))
    answer = client.post(f"{MEMORY}/search", body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "operation_running")
    run_jobs()
    with organization_scope(acme.id):
        assert not unread().exists()
    answer = client.post(f"{MEMORY}/search", body, format="json")
    assert [row["content"] for row in answer.json()["results"]] == ["Late parcels."]
    unknown = client.post(f"{MEMORY}/search", {**body, "wait_for": str(uuid4())}, format="json")
    assert unknown.status_code == 404


def test_channels_out_of_time_are_named_and_the_rest_still_adds_up(client: APIClient, memory_id: str) -> None:
    body = {"query": "annual discount in March 2026", "deadline_ms": 1}
    found = client.post(f"{MEMORY}/search", body, format="json").json()
    assert set(found["dropped_channels"]) == {"lexical", "sparse", "conceptual", "knowledge", "temporal"}
    for row in found["results"]:
        assert row["score_units"] == sum(one["contribution_units"] or 0 for one in row["contributions"])
        assert {one["channel"] for one in row["contributions"] if one["weight"]} == {"neural"}
