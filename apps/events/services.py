"""The one way to record an event."""

from datetime import datetime
from typing import Any
from uuid import UUID

from apps.core.request_context import client, request_id
from apps.events.catalogue import EVENTS
from apps.events.models import OutboxEvent
from apps.events.types import Actor


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

    `subject` is the kind and id of what it happened to; `data` are JSON values without secrets. Raises `KeyError` for a
    name that the catalogue lacks.
    """
    if name not in EVENTS:
        raise KeyError(name)
    kind, subject_id = subject
    OutboxEvent.objects.create(
        name=name,
        organization_id=organization_id,
        actor_kind=actor.kind,
        actor_id=actor.id,
        subject_kind=kind,
        subject_id=str(subject_id),
        data=data,
        request_id=request_id()[:64],
        ip=client().ip,
        occurred_at=now,
    )
