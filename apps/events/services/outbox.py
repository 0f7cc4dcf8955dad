"""The one way to record an event, and the end of old ones."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Min

from apps.core.request_context import client, request_id
from apps.events.catalogue import event_check
from apps.events.models import Consumer, OutboxEvent
from apps.events.types import Actor

# How far back the feed reaches. The audit trail keeps what it needs of each event for itself.
EVENT_LIFETIME = timedelta(days=30)
PURGE_BATCH = 5_000


def emit(
    name: str,
    *,
    organization_id: UUID | None,
    actor: Actor,
    subject: tuple[str, UUID | str],
    now: datetime,
    **data: Any,
) -> None:
    """Record an event in the current transaction: it exists exactly if what it tells of does.

    `subject` is the kind and id of what it happened to; `data` are JSON values without secrets, as the catalogue has
    them. Raises `UnknownEvent` for others.
    """
    kind, subject_id = subject
    emit_all(name, [(subject_id, data)], organization_id=organization_id, actor=actor, subject_kind=kind, now=now)


def emit_all(
    name: str,
    happened: Iterable[tuple[UUID | str, Mapping[str, Any]]],
    *,
    organization_id: UUID | None,
    actor: Actor,
    subject_kind: str,
    now: datetime,
) -> None:
    """Record one event for each subject id and its data, as `emit` does."""
    rows = []
    for subject_id, data in happened:
        event_check(name, data)
        rows.append(
            OutboxEvent(
                name=name,
                organization_id=organization_id,
                actor_kind=actor.kind,
                actor_id=actor.id,
                subject_kind=subject_kind,
                subject_id=str(subject_id),
                data=data,
                request_id=request_id()[:64],
                ip=client().ip,
                occurred_at=now,
            )
        )
    OutboxEvent.objects.bulk_create(rows)


def events_purge(*, now: datetime) -> int:
    """Delete events that are older than the feed reaches and that all consumers have behind them; return how many."""
    passed = Consumer.objects.aggregate(last=Min("sequence"))["last"]
    if passed is None:
        return 0
    old = OutboxEvent.objects.filter(sequence__lte=passed, occurred_at__lt=now - EVENT_LIFETIME).order_by("sequence")
    count, _ = OutboxEvent.objects.filter(id__in=old.values("id")[:PURGE_BATCH]).delete()
    return count
