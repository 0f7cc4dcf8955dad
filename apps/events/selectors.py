"""Reading events: by their place in the order of all, and as an organisation's feed."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from apps.events.catalogue import EVENTS
from apps.events.exceptions import CursorExpired
from apps.events.models import Consumer, EventHead, OutboxEvent, ParkedEvent
from apps.events.types import Actor, ActorKind, Event

# The owner of the head that counts the events of all.
ALL = UUID(int=0)
IN_FEED = frozenset(name for name, kind in EVENTS.items() if kind.in_feed)


def event_of(row: OutboxEvent) -> Event:
    """Return the event of a row that has its place."""
    if row.sequence is None:
        raise ValueError(f"event {row.id} has no place yet")
    return Event(
        id=row.id,
        name=row.name,
        organization_id=row.organization_id,
        actor=Actor(ActorKind(row.actor_kind), row.actor_id),
        subject_kind=row.subject_kind,
        subject_id=row.subject_id,
        data=row.data,
        request_id=row.request_id,
        ip=row.ip,
        occurred_at=row.occurred_at,
        sequence=row.sequence,
        position=row.position,
    )


def events_after(*, sequence: int, limit: int) -> list[Event]:
    """Return the next committed events of all organisations."""
    rows = OutboxEvent.objects.filter(sequence__gt=sequence).order_by("sequence")[:limit]
    return [event_of(row) for row in rows]


def events_by_id(*, event_ids: Collection[UUID]) -> dict[UUID, Event]:
    return {row.id: event_of(row) for row in OutboxEvent.objects.filter(id__in=event_ids).exclude(sequence=None)}


def feed_types(types: Collection[str] | None, *, areas: Collection[str] = ()) -> frozenset[str]:
    """Return the names of the feed's events that are asked for, None for all; `areas` narrow them, if there are any."""
    wanted = IN_FEED if types is None else IN_FEED & frozenset(types)
    return frozenset(name for name in wanted if not areas or name.partition(".")[0] in areas)


def feed_head(*, organization_id: UUID) -> int:
    """Return the position of the organisation's last event, 0 if there was none."""
    return EventHead.objects.filter(owner=organization_id).values_list("last", flat=True).first() or 0


def feed_after(*, organization_id: UUID, position: int, types: Collection[str], limit: int) -> list[Event]:
    """Return the organisation's next events of some types behind a position, oldest first.

    Raises `CursorExpired` if events behind the position are no longer kept.
    """
    _reachable(organization_id, position)
    rows = feed(organization_id=organization_id, types=types).filter(position__gt=position)
    return [event_of(row) for row in rows.order_by("position")[:limit]]


def feed(*, organization_id: UUID, types: Collection[str]) -> QuerySet[OutboxEvent]:
    rows = OutboxEvent.objects.filter(organization_id=organization_id, position__isnull=False)
    return rows if set(types) >= IN_FEED else rows.filter(name__in=types)


def _reachable(organization_id: UUID, position: int) -> None:
    # First: what is placed meanwhile must not look as if it had been purged.
    head = feed_head(organization_id=organization_id)
    rows = OutboxEvent.objects.filter(organization_id=organization_id, position__gt=position)
    following = rows.order_by("position").values_list("position", flat=True).first()
    # Behind the head there is nothing yet; elsewhere, the next place must still be taken.
    if position > head or (position < head and following != position + 1):
        raise CursorExpired("What follows this cursor is no longer kept. Read the present state, and go on from now.")


def outbox_waiting() -> tuple[int, datetime | None]:
    """Return how many events have no place yet, and since when the oldest waits."""
    waiting = OutboxEvent.objects.filter(sequence=None).order_by("id")
    oldest = waiting.values_list("occurred_at", flat=True).first()
    return (waiting.count(), oldest) if oldest else (0, None)


def consumers_lag() -> dict[str, int]:
    """Return how many events each consumer still has before it."""
    last = EventHead.objects.filter(owner=ALL).values_list("last", flat=True).first() or 0
    return {name: last - done for name, done in Consumer.objects.values_list("name", "sequence")}


def parked_count() -> int:
    return ParkedEvent.objects.count()


def consumers_seen_at() -> dict[str, datetime]:
    """Return when somebody last looked for events on behalf of each consumer, or brought it one."""
    rows = Consumer.objects.values_list("name", "seen_at", "moved_at")
    return {name: max(filter(None, (seen_at, moved_at))) for name, seen_at, moved_at in rows}
