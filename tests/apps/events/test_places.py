"""Events get their places when they are committed: without gaps, and in an order in which nothing appears late."""

import threading
from collections.abc import Callable
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.core.tenancy.scope import public_scope
from apps.events.models import EventHead, OutboxEvent
from apps.events.selectors import ALL, events_after
from apps.events.services.outbox import emit
from apps.events.services.places import events_place
from apps.events.types import SYSTEM

ONE, OTHER = uuid4(), uuid4()


def tell(organization_id: UUID | None, role: str = "x") -> None:
    emit(
        "role.deleted",
        organization_id=organization_id,
        actor=SYSTEM,
        subject=("role", role),
        now=timezone.now(),
        role=role,
    )


def in_thread(work: Callable[[], None]) -> threading.Thread:
    def scoped() -> None:
        try:
            with public_scope():
                work()
        finally:
            connection.close()

    thread = threading.Thread(target=scoped)
    thread.start()
    return thread


def test_places_count_among_all_and_among_those_of_an_organisation(no_events: None) -> None:
    for organization_id in (ONE, None, OTHER, ONE):
        tell(organization_id)
    first = events_place(batch=3)
    rest = events_place()
    assert [event.sequence - first[0].sequence for event in [*first, *rest]] == [0, 1, 2, 3]
    assert [event.position for event in [*first, *rest]] == [1, None, 1, 2]
    assert events_place() == []
    heads = dict(EventHead.objects.filter(owner__in=[ONE, OTHER, ALL]).values_list("owner", "last"))
    assert heads == {ONE: 2, OTHER: 1, ALL: rest[-1].sequence}


def test_what_is_rolled_back_was_never_told(no_events: None) -> None:
    with transaction.atomic():
        tell(ONE)
        transaction.set_rollback(True)
    assert events_place() == []


@pytest.mark.usefixtures("committed_db", "no_events")
def test_an_event_that_commits_late_comes_later_and_leaves_no_gap() -> None:
    begun, may_commit = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            tell(ONE, "slow")
            begun.set()
            assert may_commit.wait(20)

    thread = in_thread(slow)
    assert begun.wait(20)
    tell(ONE, "quick")
    assert [event.subject_id for event in events_place()] == ["quick"]
    may_commit.set()
    thread.join()
    (late,) = events_place()
    assert (late.subject_id, late.position) == ("slow", 2)


def test_many_writers_and_several_relays_at_once(committed_db: str, no_events: None) -> None:
    before = OutboxEvent.objects.filter(organization_id__in=[ONE, OTHER]).count()
    done = threading.Event()
    seen: list[int] = []

    def write() -> None:
        for number in range(50):
            tell((ONE, OTHER, None)[number % 3])

    def relay() -> None:
        while not done.is_set():
            seen.extend(event.sequence for event in events_place(batch=7))

    relays = [in_thread(relay) for _ in range(3)]
    writers = [in_thread(write) for _ in range(4)]
    for thread in writers:
        thread.join()
    with psycopg.connect(committed_db, autocommit=True) as watcher:
        for _ in range(200):
            if not watcher.execute("SELECT count(*) FROM events_outboxevent WHERE sequence IS NULL").fetchone()[0]:  # type: ignore[index]  # count(*) has a row
                break
            threading.Event().wait(0.05)
    done.set()
    for thread in relays:
        thread.join()
    assert before == 0
    assert sorted(seen) == list(range(seen[0], seen[0] + 200))
    for owner in (ONE, OTHER):
        rows = OutboxEvent.objects.filter(organization_id=owner).order_by("sequence").values_list("position", flat=True)
        assert list(rows) == list(range(1, len(rows) + 1))
    told = events_after(sequence=0, limit=1_000)
    assert [event.sequence for event in told] == list(range(1, len(told) + 1))
