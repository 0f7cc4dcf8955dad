"""What stands near a memory."""

from uuid import uuid4

from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from apps.core.tenancy.scope import organization_scope
from apps.memory.services.operations import operation_create, operation_process
from tests.apps.memory.conftest import Store

PRICING = "Priya Raman tested a lower price for the annual plan, and more customers chose to pay yearly."
DISCOUNT = "A discount on yearly subscriptions, says Priya Raman, raised the share of customers who pay once a year."
BOILER = "The boiler of the old office broke down in January and was replaced by a heat pump."


def related(client: APIClient, memory_id: str, **query: int) -> list[dict[str, object]]:
    answer = client.get(f"/api/v1/memory/{memory_id}/related", query)
    assert answer.status_code == 200, answer.content
    results: list[dict[str, object]] = answer.json()["results"]
    return results


def test_nearest_in_meaning_comes_first_with_the_names_that_are_shared(client: APIClient, store: Store) -> None:
    pricing, discount, boiler = store(PRICING), store(DISCOUNT), store(BOILER)
    results = related(client, pricing)
    assert [one["memory_id"] for one in results] == [discount, boiler]
    assert results[0]["shared_entities"] == ["Priya Raman"]
    assert results[1]["shared_entities"] == []
    assert [one["is_duplicate"] for one in results] == [False, False]
    assert [one["memory_id"] for one in related(client, pricing, limit=1)] == [discount]


def test_near_duplicates_are_marked(client: APIClient, store: Store) -> None:
    pricing = store(PRICING)
    store(PRICING.replace("lower", "reduced"))
    assert [one["is_duplicate"] for one in related(client, pricing)] == [True]


def test_a_memory_that_no_model_has_read_has_neighbours(client: APIClient, store: Store, acme: Organization) -> None:
    near = store(DISCOUNT)
    store(BOILER)
    with organization_scope(acme.id):
        operation = operation_create(
            organization_id=acme.id, rows=[{"content": PRICING}], user_id=None, now=timezone.now()
        )
        operation_process(organization_id=acme.id, operation_id=operation.id)
        (memory_id,) = operation.items.values_list("memory_id", flat=True)
    assert related(client, str(memory_id))[0]["memory_id"] == near


def test_what_is_in_the_trash_is_no_neighbour_and_has_none(client: APIClient, store: Store) -> None:
    pricing, discount = store(PRICING), store(DISCOUNT)
    client.delete(f"/api/v1/memory/{discount}")
    assert related(client, pricing) == []
    assert client.get(f"/api/v1/memory/{discount}/related").status_code == 404
    assert client.get(f"/api/v1/memory/{uuid4()}/related").status_code == 404
