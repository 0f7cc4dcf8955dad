"""Each event has its effect once, whatever fails on the way."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from apps.events import registry
from apps.events.models import Consumer, EventHead, OutboxEvent, ParkedEvent
from apps.events.services.consumers import MAX_ATTEMPTS, consume, consumers_ensure, parked_retry
from apps.events.services.outbox import EVENT_LIFETIME, events_purge
from apps.events.services.places import events_place
from apps.events.types import Event
from tests.apps.events.test_places import ONE, tell


class Recorder:
    """A consumer whose effects are rows of the database: heads of owners, named after events."""

    def __init__(self) -> None:
        self.broken: dict[str, Exception] = {}
        self.seen: list[str] = []

    def __call__(self, events: Sequence[Event]) -> None:
        for event in events:
            EventHead.objects.create(owner=event.id)
            if event.subject_id in self.broken:
                raise self.broken[event.subject_id]
            self.seen.append(event.subject_id)


@pytest.fixture
def recorder(no_events: None, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    found = Recorder()
    monkeypatch.setattr(registry, "_consumers", {"recorder": found})
    consumers_ensure()
    return found


def drain() -> None:
    """Consume all there is, without waiting for the delays after failures."""
    idle = 0
    while idle <= MAX_ATTEMPTS:
        idle = 0 if consume("recorder") else idle + 1
        Consumer.objects.update(moved_at=timezone.now() - timedelta(hours=1))


def effects() -> list[str]:
    """The events whose effect is in the database."""
    rows = OutboxEvent.objects.filter(id__in=EventHead.objects.values("owner")).order_by("sequence")
    return [row.subject_id for row in rows]


def told(*names: str) -> None:
    for name in names:
        tell(ONE, name)
    events_place()


def test_events_are_brought_in_order_and_not_again(recorder: Recorder) -> None:
    told("a", "b", "c")
    assert consume("recorder", batch=2) == 2
    assert consume("recorder", batch=2) == 1
    assert consume("recorder", batch=2) == 0
    assert recorder.seen == effects() == ["a", "b", "c"]


def test_one_that_cannot_be_acted_on_is_parked_and_the_others_have_their_effect_once(recorder: Recorder) -> None:
    told(*"abcdefghijklmnop")
    recorder.broken["k"] = ValueError("no")
    drain()
    assert effects() == list("abcdefghijlmnop")
    parked = ParkedEvent.objects.get()
    assert parked.error == "ValueError: no"
    assert Consumer.objects.get().attempts == 0
    recorder.broken.clear()
    parked_retry(parked_id=parked.id)
    assert effects() == list("abcdefghijklmnop")
    assert not ParkedEvent.objects.exists()


def test_a_failure_is_tried_again_later_and_not_at_once(recorder: Recorder) -> None:
    told("a")
    recorder.broken["a"] = ValueError("no")
    assert consume("recorder") == 0
    tries = Consumer.objects.get().attempts
    assert consume("recorder") == 0
    assert Consumer.objects.get().attempts == tries == 1
    assert MAX_ATTEMPTS > 1
    recorder.broken.clear()
    Consumer.objects.update(moved_at=timezone.now() - timedelta(hours=1))
    assert consume("recorder") == 1
    assert effects() == ["a"]


def test_a_database_that_is_away_parks_nothing(recorder: Recorder) -> None:
    told("a")
    recorder.broken["a"] = OperationalError("away")
    for _ in range(MAX_ATTEMPTS + 1):
        with pytest.raises(OperationalError):
            consume("recorder")
    recorder.broken.clear()
    assert consume("recorder") == 1
    assert not ParkedEvent.objects.exists()


def test_old_events_go_when_every_consumer_has_them_behind_it(recorder: Recorder) -> None:
    told("a", "b")
    later = timezone.now() + EVENT_LIFETIME + timedelta(days=1)
    assert events_purge(now=later) == 0
    consume("recorder", batch=2)
    assert events_purge(now=timezone.now()) == 0
    assert events_purge(now=later) == 2
    told("c")
    assert consume("recorder") == 1
