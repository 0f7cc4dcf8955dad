"""Reading, listing, deleting and restoring."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from apps.core.tenancy.scope import organization_scope
from apps.memory.models import Chunk, Entity, Memory
from apps.memory.tasks import empty_trashes
from tests.apps.memory.conftest import Search, Store

URL = "/api/v1/memory"


def listed(client: APIClient, **query: Any) -> dict[str, Any]:
    answer = client.get(URL, query_params=query)
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body


def test_pages_hold_every_row_once_while_rows_arrive(client: APIClient, store: Store) -> None:
    before = [store(f"Note {n}.") for n in range(7)]
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = listed(client, limit="2", **({"cursor": cursor} if cursor else {}))
        seen += [row["memory_id"] for row in page["results"]]
        cursor = page["next"]
        if cursor is None:
            break
        store("Meanwhile.")
    assert seen == before[::-1]
    assert page["total"] == 10


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "101"},
        {"limit": "x"},
        {"cursor": "???"},
        {"cursor": "AAAA"},
        {"page": "2"},
        {"occurred_after": "yesterday"},
        {"filters": "{"},
        {"filters": "[]"},
        {"filters": '{"nope": 1}'},
        {"filters": '{"metadata.a": {"like": "x"}}'},
        {"memory_type": "NO"},
        {"entity_id": "x"},
        {"cluster": "-1"},
        {"hour_of_week": "168"},
    ],
)
def test_bad_queries_are_refused(query: dict[str, str], client: APIClient) -> None:
    answer = client.get(URL, query_params=query)
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_failed")


def test_windows_include_their_start_and_exclude_their_end(client: APIClient, store: Store) -> None:
    for day in (1, 2, 3):
        store(f"Day {day}.", occurred_at=f"2026-05-0{day}T00:00:00Z")
    rows = listed(client, occurred_after="2026-05-01T00:00:00Z", occurred_before="2026-05-03T00:00:00Z")["results"]
    assert sorted(row["content"] for row in rows) == ["Day 1.", "Day 2."]


def test_deleted_memories_are_gone_until_restored(client: APIClient, store: Store, search: Search) -> None:
    kept, gone = store("The blue lighthouse stays."), store("The red lighthouse goes.")
    assert client.delete(f"{URL}/{gone}").status_code == 204
    assert client.get(f"{URL}/{gone}").json()["code"] == "memory_not_found"
    assert client.delete(f"{URL}/{gone}").status_code == 404
    assert [row["memory_id"] for row in listed(client)["results"]] == [kept]
    for search_type in ("neural", "conceptual", "knowledge", "hybrid"):
        assert gone not in [row["memory_id"] for row in search("red lighthouse", search_type=search_type)]
    assert client.get(f"{URL}/insights").json()["total_memories"] == 1
    assert client.post(f"{URL}/{gone}/restore").json()["memory_id"] == gone
    assert search("red lighthouse")[0]["memory_id"] == gone
    assert client.post(f"{URL}/{gone}/restore").status_code == 404


def test_the_trash_is_kept_for_thirty_days(client: APIClient, store: Store, acme: Organization) -> None:
    memory_id = store("Old.")
    with organization_scope(acme.id):
        Memory.objects.filter(id=memory_id).update(deleted_at=timezone.now() - timedelta(days=31))
    assert client.post(f"{URL}/{memory_id}/restore").status_code == 404


def test_the_trash_is_emptied_after_thirty_days(
    client: APIClient, store: Store, acme: Organization, run_jobs: Callable[[], int]
) -> None:
    old, recent = store("Old note of Priya Raman."), store("Recent note of Lena Hartwig.")
    for memory_id in (old, recent):
        client.delete(f"{URL}/{memory_id}")
    with organization_scope(acme.id):
        Memory.objects.filter(id=old).update(deleted_at=timezone.now() - timedelta(days=31))
    empty_trashes()
    run_jobs()
    with organization_scope(acme.id):
        assert [str(memory.id) for memory in Memory.objects.all()] == [recent]
        assert Chunk.objects.count() == 1
        assert [entity.name for entity in Entity.objects.all()] == ["Lena Hartwig"]


def test_expired_memories_are_not_found_any_more(client: APIClient, store: Store, search: Search) -> None:
    soon = (timezone.now() + timedelta(hours=1)).isoformat()
    past = (timezone.now() - timedelta(seconds=1)).isoformat()
    kept, gone = store("The lighthouse opens.", expires_at=soon), store("The lighthouse closes.", expires_at=past)
    assert [row["memory_id"] for row in search("lighthouse")] == [kept]
    assert [row["memory_id"] for row in listed(client)["results"]] == [kept]
    assert client.get(f"{URL}/{gone}").status_code == 404


def test_a_page_costs_the_same_number_of_queries_whatever_its_size(
    client: APIClient, store: Store, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(6):
        store(f"Note {n}.")
    listed(client)
    for limit in ("2", "6"):
        # Count and page.
        with django_assert_num_queries(2):
            listed(client, limit=limit)
