"""The order of an organisation's writes: numbers without gaps, changes that become visible in turn, no circles."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Event
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from apps.billing.models import UsageCounter
from apps.core.tenancy.migrations import migrate_organizations
from apps.core.tenancy.scope import organization_scope, public_scope, schema_scope
from apps.memory.adapters.vectors import memory_places
from apps.memory.engine.reader import EVERYTHING
from apps.memory.exceptions import MemoryNotFound
from apps.memory.models import Memory, MemoryContext, MemoryRemoval
from apps.memory.selectors.contexts import context_get
from apps.memory.services.changes import change_begin
from apps.memory.services.contexts import context_update
from apps.memory.services.managing import memory_restore, memory_trash
from apps.memory.services.memories import memory_store
from apps.memory.services.purging import trash_empty
from apps.memory.types import StoreItem
from tests.apps.memory.conftest import Store
from tests.factories.vectors import concepts_of


def remember(organization: Organization, content: str, **item: Any) -> UUID:
    stored = memory_store(
        organization_id=organization.id,
        item=StoreItem(content=content, **item),
        user_id=None,
        now=timezone.now(),
    )
    return stored.memory_id


def counters() -> tuple[int, int]:
    context = MemoryContext.objects.get()
    return context.change, context.last_number


def test_each_write_is_a_change_and_stamps_its_rows(in_acme: Organization) -> None:
    now = timezone.now()
    first, second = remember(in_acme, "First."), remember(in_acme, "Second.", external_id="e")
    assert counters() == (2, 2)
    assert list(Memory.objects.order_by("id").values_list("number", "change")) == [(1, 1), (2, 2)]
    remember(in_acme, "Second.", external_id="e")
    assert counters() == (2, 2)
    memory_trash(reader=EVERYTHING, organization_id=in_acme.id, memory_id=first, user_id=None, now=now)
    assert Memory.objects.get(id=first).change == 3
    memory_restore(reader=EVERYTHING, organization_id=in_acme.id, memory_id=first, user_id=None, now=now)
    assert Memory.objects.get(id=first).change == 4
    context_update(domain="retail", now=timezone.now())
    # That moves where memories stand, and nothing else of them.
    assert set(memory_places(context_get().epoch_id).values_list("change", flat=True)) == {5}
    assert set(Memory.objects.values_list("change", flat=True)) == {2, 4}
    for refused in (first, second):
        memory_trash(reader=EVERYTHING, organization_id=in_acme.id, memory_id=refused, user_id=None, now=now)
        with pytest.raises(MemoryNotFound):
            memory_trash(reader=EVERYTHING, organization_id=in_acme.id, memory_id=refused, user_id=None, now=now)
    assert counters() == (7, 2)


def test_what_is_deleted_for_good_leaves_its_number(in_acme: Organization) -> None:
    now = timezone.now()
    kept, gone = remember(in_acme, "Kept."), remember(in_acme, "Gone.")
    memory_trash(reader=EVERYTHING, organization_id=in_acme.id, memory_id=gone, user_id=None, now=now)
    assert trash_empty(now=now) == 0
    assert counters()[0] == 3
    assert trash_empty(now=now + timedelta(days=30, minutes=1)) == 1
    assert list(MemoryRemoval.objects.values_list("number", "change")) == [(2, 4)]
    assert [memory.id for memory in Memory.objects.all()] == [kept]
    remember(in_acme, "Later.")
    assert Memory.objects.get(content="Later.").number == 3


def test_an_expired_memory_that_gives_way_is_part_of_the_change(in_acme: Organization) -> None:
    past = timezone.now() - timedelta(seconds=1)
    expired = remember(in_acme, "Old offer.", external_id="offer", expires_at=past)
    remember(in_acme, "New offer.", external_id="offer")
    assert set(Memory.objects.values_list("change", flat=True)) == {2}
    assert Memory.objects.exclude(deleted_at=None).get().id == expired


def test_whether_the_time_of_the_event_was_given_is_kept(client: APIClient, store: Store, acme: Organization) -> None:
    told = store("Told.", occurred_at="2026-03-02T10:00:00Z", occurred_end="2026-03-02T11:00:00Z")
    untold = store("Untold.")
    with organization_scope(acme.id):
        assert Memory.objects.get(id=told).occurred_given
        memory = Memory.objects.get(id=untold)
    assert not memory.occurred_given
    assert memory.occurred_at == memory.recorded_at == memory.revised_at


def test_a_change_needs_a_transaction(committed_db: str) -> None:
    acme = Organization.objects.get(slug="acme")
    with organization_scope(acme.id):
        with pytest.raises(transaction.TransactionManagementError):
            change_begin(now=timezone.now())
        assert counters() == (0, 0)
        with transaction.atomic():
            first = change_begin(now=timezone.now(), count=3)
            second = change_begin(now=timezone.now())
        assert (first.change, first.number_from, second.change) == (1, 1, 2)
        assert counters() == (2, 3)


def _together(organization: Organization, *works: Callable[[], object]) -> list[object]:
    """Run functions at the same time, each on a thread inside the organisation's scope."""
    start = Barrier(len(works))

    def run(work: Callable[[], object]) -> object:
        try:
            with public_scope(), organization_scope(organization.id):
                start.wait(10)
                return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def test_writers_at_the_same_time_wait_in_turn_and_never_in_a_circle(committed_db: str) -> None:
    acme = Organization.objects.get(slug="acme")
    rounds = 8
    with organization_scope(acme.id):
        subject = remember(acme, "Priya Raman meets Lena Hartwig.")

    def stores(name: str) -> Callable[[], None]:
        def work() -> None:
            for number in range(rounds):
                # Both name the same people, and both change the same counters.
                remember(acme, f"{name} {number}: Lena Hartwig meets Priya Raman.", external_id=f"{name}/{number}")

        return work

    def trashes() -> None:
        for _ in range(rounds):
            memory_trash(
                reader=EVERYTHING, organization_id=acme.id, memory_id=subject, user_id=None, now=timezone.now()
            )
            trash_empty(now=timezone.now())
            memory_restore(
                reader=EVERYTHING, organization_id=acme.id, memory_id=subject, user_id=None, now=timezone.now()
            )

    _together(acme, stores("one"), stores("two"), trashes, lambda: context_update(domain="retail", now=timezone.now()))
    with organization_scope(acme.id):
        rows = list(Memory.objects.order_by("number"))
        assert [row.number for row in rows] == list(range(1, 2 * rounds + 2))
        assert counters() == (1 + 2 * rounds + 2 * rounds + 1, 2 * rounds + 1)
        assert len({len(concepts_of(row.id)) for row in rows}) == 1
        held = UsageCounter.objects.get(organization_id=acme.id, meter="memory_bytes").used
        assert held == sum(row.size_bytes for row in rows)


def test_changes_become_visible_in_the_order_of_their_numbers(committed_db: str) -> None:
    acme = Organization.objects.get(slug="acme")
    begun, go_on = Event(), Event()
    seen: list[int] = []

    def slow() -> None:
        with transaction.atomic():
            change_begin(now=timezone.now())
            begun.set()
            go_on.wait(10)

    def quick() -> None:
        begun.wait(10)
        with transaction.atomic():
            seen.append(change_begin(now=timezone.now()).change)

    def watch() -> None:
        begun.wait(10)
        # The first writer has its number and has not committed: the second cannot overtake it.
        seen.append(counters()[0])
        go_on.set()

    _together(acme, slow, quick, watch)
    assert seen == [0, 2]


def test_memories_that_were_there_before_are_numbered(committed_db: str) -> None:
    acme = Organization.objects.get(slug="acme")
    with organization_scope(acme.id):
        ids = [remember(acme, text) for text in ("Third.", "Second.", "First.")]
        now = timezone.now()
        for days, memory_id in enumerate(ids):
            Memory.objects.filter(id=memory_id).update(recorded_at=now - timedelta(days=days), occurred_at=now)
    with schema_scope(acme.schema_name):
        MigrationExecutor(connection).migrate([("memory", "0001_initial")])
    report = migrate_organizations([acme.schema_name])
    assert (report.migrated, report.failed) == (1, {})
    with organization_scope(acme.id):
        rows = list(Memory.objects.order_by("number"))
        assert [(row.content, row.number, row.revision) for row in rows] == [
            ("First.", 1, 1),
            ("Second.", 2, 1),
            ("Third.", 3, 1),
        ]
        assert [row.revised_at for row in rows] == [row.recorded_at for row in rows]
        assert [row.occurred_given for row in rows] == [True, True, False]
        assert counters() == (0, 3)
        remember(acme, "Fourth.")
        assert Memory.objects.get(number=4).content == "Fourth."
