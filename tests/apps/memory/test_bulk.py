"""Many memories at once: counts that are true, a reason for each one left out, and nothing half done."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.core.cache import caches
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from apps.accounts.permissions import Role
from apps.billing.models import UsageCounter
from apps.core.tenancy.scope import organization_scope, public_scope
from apps.memory.engine.reader import EVERYTHING
from apps.memory.models import Memory, MemoryContext, MemoryVersion
from apps.memory.services import bulk
from apps.memory.services.bulk import memories_bulk
from apps.memory.services.memories import memory_store
from apps.memory.types import BulkAction, BulkFields, MemoryConditions, StoreItem
from tests.apps.memory.conftest import Store
from tests.apps.memory.test_lists import rows_create
from tests.factories.billing import plan_limits_set
from tests.factories.fixtures import ClientFactory

URL = "/api/v1/memory/bulk"
UNKNOWN = "01900000-0000-7000-8000-000000000000"


def act(client: APIClient, action: str, **body: Any) -> dict[str, Any]:
    answer = client.post(URL, {"action": action, **body}, format="json")
    assert answer.status_code == 200, answer.content
    result: dict[str, Any] = answer.json()
    return result


def counts(result: dict[str, Any]) -> tuple[int, int, int]:
    assert len(result["errors"]) == result["failed"]
    return result["done"], result["unchanged"], result["failed"]


def listed(client: APIClient, **query: str) -> list[str]:
    rows = client.get("/api/v1/memory", query_params={"limit": "100", "ordering": "recorded_at", **query})
    return [row["memory_id"] for row in rows.json()["results"]]


def held_bytes(organization: Organization) -> int:
    counter = UsageCounter.objects.filter(organization_id=organization.id, meter="memory_bytes").first()
    return counter.used if counter else 0


def state(organization: Organization) -> Any:
    with organization_scope(organization.id):
        return (
            list(Memory.objects.order_by("id").values()),
            MemoryVersion.objects.count(),
            MemoryContext.objects.get().change,
            held_bytes(organization),
        )


def plain(snapshot: Any) -> str:
    return json.dumps(snapshot, default=str)


def test_ids_go_to_the_trash_and_come_back(client: APIClient, store: Store, acme: Organization) -> None:
    ids = [store(f"Note {n}.") for n in range(4)]
    held = held_bytes(acme)
    result = act(client, "trash", ids=[*ids[:3], ids[0], UNKNOWN])
    assert counts(result) == (3, 0, 1)
    assert result["errors"] == [
        {"memory_id": UNKNOWN, "code": "memory_not_found", "detail": "There is no memory with this id."}
    ]
    assert listed(client) == ids[3:]
    assert listed(client, state="trash") == ids[:3]
    assert counts(act(client, "trash", ids=ids[:3])) == (0, 3, 0)
    with organization_scope(acme.id):
        assert set(Memory.objects.exclude(deleted_at=None).values_list("change", flat=True)) == {5}
    assert counts(act(client, "restore", ids=[*ids, UNKNOWN])) == (3, 1, 1)
    assert (listed(client), held_bytes(acme)) == (ids, held)


def test_conditions_choose_what_to_trash_and_restore(client: APIClient, store: Store) -> None:
    old = store("Old red note.", memory_type="note", occurred_at="2020-01-01T00:00:00Z")
    new = store("New red note.", memory_type="note")
    other = store("New red plan.", memory_type="plan", metadata={"team": "Ops"})
    assert counts(act(client, "trash", memory_type="note", range="30d")) == (1, 0, 0)
    assert listed(client) == [old, other]
    assert counts(act(client, "trash", filters={"metadata.team": "Ops"}, q="RED")) == (1, 0, 0)
    assert listed(client) == [old]
    assert counts(act(client, "restore", memory_type="plan")) == (1, 0, 0)
    assert counts(act(client, "restore", all=True)) == (1, 0, 0)
    assert listed(client) == [old, new, other]
    assert counts(act(client, "trash", all=True, filters={}, to="2021-01-01T00:00:00Z")) == (1, 0, 0)
    assert counts(act(client, "trash", filters={"NOT": {"memory_type": "x"}})) == (2, 0, 0)


def test_updates_merge_metadata_and_keep_revisions(client: APIClient, store: Store, acme: Organization) -> None:
    one = store("One.", metadata={"team": "Ops", "old": 1, "deep": {"a": 1, "b": 2}})
    two = store("Two.", metadata={"team": "Growth", "n": 1})
    three = store("Three.", memory_type="plan", metadata={"team": "Growth"})
    patch = {"memory_type": "plan", "metadata": {"team": "Growth", "old": None, "deep": {"a": None}}}
    assert counts(act(client, "update", ids=[one, two, three], set=patch)) == (3, 0, 0)
    rows = {row["memory_id"]: row for row in client.get("/api/v1/memory").json()["results"]}
    assert rows[one]["metadata"] == {"team": "Growth", "deep": {"b": 2}}
    assert rows[two]["metadata"] == {"team": "Growth", "n": 1, "deep": {}}
    assert rows[three]["metadata"] == {"team": "Growth", "deep": {}}
    assert {row["memory_type"] for row in rows.values()} == {"plan"}
    assert {row["revision"] for row in rows.values()} == {2}
    history = client.get(f"/api/v1/memory/{one}/history").json()["results"]
    assert [row["changed"] for row in history] == [["metadata", "memory_type"], []]
    assert history[1]["metadata"] == {"team": "Ops", "old": 1, "deep": {"a": 1, "b": 2}}
    assert history[0]["recorded_at"] == history[1]["replaced_at"] == rows[one]["revised_at"]
    with organization_scope(acme.id):
        assert held_bytes(acme) == sum(Memory.objects.values_list("size_bytes", flat=True))
    assert counts(act(client, "update", ids=[one, two, three], set=patch)) == (0, 3, 0)
    with organization_scope(acme.id):
        assert MemoryVersion.objects.count() == 3


def test_an_update_of_a_memory_in_the_trash_is_an_error(client: APIClient, store: Store) -> None:
    memory_id = store("Text.")
    client.delete(f"/api/v1/memory/{memory_id}")
    assert counts(act(client, "update", ids=[memory_id], set={"memory_type": "note"})) == (0, 0, 1)


def test_metadata_that_would_outgrow_their_limit_stay(client: APIClient, store: Store) -> None:
    big, small = store("Big.", metadata={"a": "x" * 16_000}), store("Small.")
    result = act(client, "update", all=True, set={"metadata": {"b": "x" * 1_000}})
    assert counts(result) == (1, 0, 1)
    assert [(error["memory_id"], error["code"]) for error in result["errors"]] == [(big, "metadata_too_large")]
    assert client.get(f"/api/v1/memory/{small}").json()["revision"] == 2


def test_a_restored_memory_needs_its_external_id_and_its_bytes(
    client: APIClient, store: Store, acme: Organization
) -> None:
    first = store("First.", external_id="e")
    client.delete(f"/api/v1/memory/{first}")
    second = store("Second.", external_id="e")
    client.delete(f"/api/v1/memory/{second}")
    large, small = store("x" * 100), store("y" * 10)
    act(client, "trash", ids=[large, small])
    plan_limits_set("free", memory_bytes=40)
    caches["process"].clear()
    result = act(client, "restore", ids=[large, small, first, second, UNKNOWN])
    assert counts(result) == (2, 0, 3)
    assert {error["memory_id"]: error["code"] for error in result["errors"]} == {
        second: "external_id_conflict",
        large: "quota_exceeded",
        UNKNOWN: "memory_not_found",
    }
    assert listed(client) == [first, small]
    assert held_bytes(acme) == 8 + 12
    assert {error["code"] for error in act(client, "restore", all=True)["errors"]} == {
        "external_id_conflict",
        "quota_exceeded",
    }


def test_an_update_without_room_for_all_takes_what_fits(client: APIClient, store: Store, acme: Organization) -> None:
    ids = [store(f"Note {n}.") for n in range(3)]
    shrinks = store("Long.", metadata={"k": "x" * 20})
    added = len(b'{"k": "vvvvvvvvvv"}') - len(b"{}")
    plan_limits_set("free", memory_bytes=held_bytes(acme) - 10 + 2 * added)
    caches["process"].clear()
    result = act(client, "update", ids=[*ids, shrinks], set={"metadata": {"k": "v" * 10}})
    assert counts(result) == (3, 0, 1)
    assert result["errors"][0]["code"] == "quota_exceeded"
    with organization_scope(acme.id):
        assert held_bytes(acme) == sum(Memory.objects.values_list("size_bytes", flat=True))


def test_a_dry_run_tells_everything_and_does_nothing(client: APIClient, store: Store, acme: Organization) -> None:
    ids = [store(f"Note {n}.", external_id="e" if n == 0 else f"e{n}") for n in range(4)]
    act(client, "trash", ids=ids[:2])
    store("Other.", external_id="e")
    before = plain(state(acme))
    assert counts(act(client, "trash", all=True, dry_run=True)) == (3, 0, 0)
    assert counts(act(client, "restore", ids=[*ids, UNKNOWN], dry_run=True)) == (1, 2, 2)
    assert counts(act(client, "update", all=True, set={"metadata": {"a": 1}}, dry_run=True)) == (3, 0, 0)
    assert act(client, "trash", all=True, dry_run=True)["dry_run"] is True
    assert plain(state(acme)) == before


BAD: list[tuple[Any, str]] = [
    ({}, "/action"),
    ({"action": "erase", "all": True}, "/action"),
    ({"action": "trash"}, "/all"),
    ({"action": "trash", "filters": {}}, "/all"),
    ({"action": "trash", "all": False}, "/all"),
    ({"action": "trash", "all": "maybe"}, "/all"),
    ({"action": "trash", "ids": []}, "/ids"),
    ({"action": "trash", "ids": [UNKNOWN], "all": True}, "/ids"),
    ({"action": "trash", "ids": [UNKNOWN], "q": "x"}, "/ids"),
    ({"action": "trash", "ids": [UNKNOWN], "filters": {}}, "/ids"),
    ({"action": "trash", "ids": [UNKNOWN] * 1_001}, "/ids"),
    ({"action": "trash", "ids": UNKNOWN}, "/ids"),
    ({"action": "trash", "ids": ["x"]}, "/ids/0"),
    ({"action": "trash", "ids": [10**400]}, "/ids/0"),
    ({"action": "trash", "ids": [None]}, "/ids/0"),
    ({"action": "trash", "filters": {"nope": 1}}, "/filters/nope"),
    ({"action": "trash", "filters": "{}"}, "/all"),
    ({"action": "trash", "filters": [1]}, "/filters"),
    ({"action": "trash", "state": "trash", "all": True}, "/state"),
    ({"action": "trash", "range": 30, "all": True}, "/range"),
    ({"action": "trash", "all": True, "set": {"memory_type": "x"}}, "/set"),
    ({"action": "update", "all": True}, "/set"),
    ({"action": "update", "all": True, "set": {}}, "/set"),
    ({"action": "update", "all": True, "set": {"content": "x"}}, "/set/content"),
    ({"action": "update", "all": True, "set": {"memory_type": "No"}}, "/set/memory_type"),
    ({"action": "update", "all": True, "set": {"metadata": [1]}}, "/set/metadata"),
    ({"action": "update", "all": True, "set": [1]}, "/set"),
    ([], ""),
]


@pytest.mark.parametrize(("body", "pointer"), BAD, ids=range(len(BAD)))
def test_bad_requests_are_named_and_nothing_changes(
    body: Any, pointer: str, client: APIClient, store: Store, acme: Organization
) -> None:
    store("Text.")
    before = plain(state(acme))
    answer = client.post(URL, body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_failed"), answer.content
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert plain(state(acme)) == before


def test_a_viewer_may_not_and_nothing_changes(client_of: ClientFactory, store: Store, acme: Organization) -> None:
    memory_id = store("Text.")
    before = plain(state(acme))
    viewer = client_of(acme, Role.VIEWER)
    for body in (
        {"action": "trash", "ids": [memory_id]},
        {"action": "trash", "all": True},
        {"action": "update", "all": True, "set": {"memory_type": "note"}, "dry_run": True},
    ):
        answer = viewer.post(URL, body, format="json")
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
    assert plain(state(acme)) == before


def test_a_repeated_request_gets_the_first_answer(client: APIClient, store: Store) -> None:
    memory_id = store("Text.")
    body = {"action": "trash", "ids": [memory_id]}
    first, again = (client.post(URL, body, format="json", HTTP_IDEMPOTENCY_KEY="b1") for _ in range(2))
    assert first.json() == again.json()
    assert (first.json()["done"], again["Idempotency-Replayed"]) == (1, "true")


def test_too_many_are_refused_as_a_whole(
    client: APIClient, acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows_create(acme, 5)
    monkeypatch.setattr(bulk, "MAX_BULK_ROWS", 4)
    before = plain(state(acme))
    answer = client.post(URL, {"action": "trash", "all": True}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (413, "too_many_items")
    assert plain(state(acme)) == before
    assert counts(act(client, "trash", memory_type="note")) == (1, 0, 0)
    assert counts(act(client, "trash", all=True)) == (4, 0, 0)


def test_ids_of_another_organisation_name_nothing(
    client: APIClient, store: Store, globex: Organization, acme: Organization
) -> None:
    with organization_scope(globex.id):
        item = StoreItem(content="Theirs.")
        theirs = memory_store(organization_id=globex.id, item=item, user_id=None, now=timezone.now()).memory_id
    before = plain(state(globex))
    for action, more in (("trash", {}), ("restore", {}), ("update", {"set": {"memory_type": "note"}})):
        result = act(client, action, ids=[str(theirs)], **more)
        assert [(error["memory_id"], error["code"]) for error in result["errors"]] == [
            (str(theirs), "memory_not_found")
        ]
    assert plain(state(globex)) == before


def test_many_rows_cost_few_statements(
    acme: Organization, django_assert_max_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows_create(acme, 50)
    monkeypatch.setattr(bulk, "_BATCH", 20)
    everything, now = MemoryConditions(), timezone.now()
    with organization_scope(acme.id):
        for action in (BulkAction.UPDATE, BulkAction.TRASH, BulkAction.RESTORE):
            fields = BulkFields(metadata={"a": 1}) if action is BulkAction.UPDATE else None
            with django_assert_max_num_queries(15):
                result = memories_bulk(
                    reader=EVERYTHING,
                    organization_id=acme.id,
                    action=action,
                    target=everything,
                    fields=fields,
                    user_id=None,
                    now=now,
                )
            assert (result.done, result.errors) == (50, ())
        assert MemoryVersion.objects.count() == 150
        assert MemoryContext.objects.get().change == 3


def test_bulk_actions_and_single_ones_at_the_same_time(committed_db: str) -> None:
    acme = Organization.objects.get(slug="acme")
    rows_create(acme, 40)
    with organization_scope(acme.id):
        MemoryContext.objects.update(last_number=40)
    everything, start = MemoryConditions(), Barrier(3)

    def turns(action: BulkAction) -> None:
        fields = BulkFields(metadata={"k": "v"}) if action is BulkAction.UPDATE else None
        try:
            with public_scope(), organization_scope(acme.id):
                start.wait(10)
                for _ in range(6):
                    memories_bulk(
                        reader=EVERYTHING,
                        organization_id=acme.id,
                        action=action,
                        target=everything,
                        fields=fields,
                        user_id=None,
                        now=timezone.now() + timedelta(seconds=1),
                    )
                    item = StoreItem(content=f"Text about {action}.")
                    memory_store(organization_id=acme.id, item=item, user_id=None, now=timezone.now())
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(turns, BulkAction))
    with organization_scope(acme.id):
        memories_bulk(
            reader=EVERYTHING,
            organization_id=acme.id,
            action=BulkAction.RESTORE,
            target=everything,
            user_id=None,
            now=timezone.now() + timedelta(seconds=2),
        )
        assert Memory.objects.filter(deleted_at=None).count() == 58
        assert MemoryContext.objects.get().change == 2 * 18 + 1
        assert list(Memory.objects.order_by("number").values_list("number", flat=True)) == list(range(1, 59))
