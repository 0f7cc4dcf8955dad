"""Bringing back from the archive what satisfies conditions, a thousand at a time."""

from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from apps.accounts.permissions import Role
from apps.core.tenancy.scope import organization_scope
from apps.memory.models import ArchivedMemory
from apps.memory.services import archiving
from apps.memory.services.memories import memory_store
from apps.memory.types import StoreItem
from tests.apps.memory.conftest import Store
from tests.apps.memory.test_archive_damage import damage
from tests.factories.archive_tier import API, archive
from tests.factories.fixtures import ClientFactory


def bring_back(client: APIClient, **asked: Any) -> dict[str, Any]:
    answer = client.post(f"{API}/unarchive", asked, format="json")
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def archived(client: APIClient) -> set[str]:
    return {row["memory_id"] for row in client.get(f"{API}?state=archived&limit=100").json()["results"]}


def test_what_satisfies_the_conditions_of_the_list_comes_back(client: APIClient, store: Store) -> None:
    zebra, note, live = store("A zebra banner won."), store("A quiet week.", memory_type="note"), store("A zebra.")
    other = store("Nothing of that.")
    archive(client, zebra, note, other)
    assert bring_back(client, q="ZEBRA") | {"size_before": 0, "size_after": 0} == {
        "done": 1,
        "unchanged": 0,
        "next": None,
        "size_before": 0,
        "size_after": 0,
        "failed": 0,
        "errors": [],
    }
    assert archived(client) == {note, other}
    assert bring_back(client, filters={"memory_type": {"in": ["note"]}})["done"] == 1
    assert bring_back(client, all=True)["done"] == 1
    assert archived(client) == set()
    assert {row["memory_id"] for row in client.get(API).json()["results"]} == {zebra, note, live, other}


def test_what_is_more_than_one_call_does_is_told_and_comes_with_the_next(
    client: APIClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archiving, "MAX_BULK_IDS", 2)
    ids = [store(f"Note {number} of the harbour shop.") for number in range(5)]
    archive(client, *ids[:2])
    archive(client, *ids[2:4])
    archive(client, ids[4])
    told: list[int] = []
    after: int | None = 0
    for _ in range(3):
        one = bring_back(client, all=True, after=after)
        told.append(one["done"])
        after = one["next"]
    assert (told, after) == ([2, 2, 1], None)
    assert archived(client) == set()


def test_those_that_stay_keep_nobody_behind_them(
    client: APIClient, store: Store, acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archiving, "MAX_BULK_IDS", 2)
    ids = [store(f"Note {number} of the harbour shop.") for number in range(3)]
    archive(client, *ids[:2])
    archive(client, ids[2])
    for memory_id in ids[:2]:
        damage(acme, memory_id)
    first = bring_back(client, all=True)
    assert (first["done"], first["failed"]) == (0, 2)
    second = bring_back(client, all=True, after=first["next"])
    assert (second["done"], second["failed"], second["next"]) == (1, 0, None)
    assert archived(client) == set(ids[:2])


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [
        ({}, "/all"),
        ({"ids": [str(UUID(int=7))], "q": "zebra"}, "/ids"),
        ({"ids": [str(UUID(int=7))], "all": True}, "/ids"),
        ({"ids": [str(UUID(int=7))], "after": 7}, "/ids"),
        ({"after": 7}, "/all"),
        ({"all": True, "after": 2**63}, "/after"),
        ({"all": True, "dry_run": True}, "/dry_run"),
    ],
)
def test_every_memory_has_to_be_meant(client: APIClient, store: Store, asked: dict[str, Any], pointer: str) -> None:
    memory_id = store("A quiet week.")
    archive(client, memory_id)
    answer = client.post(f"{API}/unarchive", asked, format="json")
    assert answer.status_code == 400
    assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]
    assert archived(client) == {memory_id}


def test_conditions_reach_neither_other_organisations_nor_what_is_closed(
    client_of: ClientFactory, acme: Organization, globex: Organization, store: Store
) -> None:
    owner, member = client_of(acme, Role.OWNER), client_of(acme, Role.MEMBER)
    ours = store("A quiet week.")
    with organization_scope(acme.id):
        item = StoreItem(content="A quiet week of alpha.", module="alpha", memory_type="note")
        closed = memory_store(organization_id=acme.id, item=item, user_id=None, now=timezone.now()).memory_id
    archive(owner, ours, str(closed))
    assert bring_back(client_of(globex), all=True)["done"] == 0
    assert client_of(acme, Role.VIEWER).post(f"{API}/unarchive", {"all": True}, format="json").status_code == 403
    assert bring_back(member, q="quiet")["done"] == 1
    with organization_scope(acme.id):
        assert ArchivedMemory.objects.get().memory_id == closed
    assert bring_back(owner, q="quiet")["done"] == 1
