"""Which events of the memory somebody may be told of."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from apps.accounts.permissions import Permission
from apps.core.tenancy.scope import organization_scope
from apps.events.types import Event, Listener
from apps.memory.engine.reader import Reader, Right
from apps.memory.models import Entity, Memory, Operation, SourceFile
from apps.memory.selectors.files import files_open
from apps.memory.selectors.operations import operations_open
from apps.memory.selectors.readers import entities_named, module_reader, opened, reader_of

# Events about memories by themselves, about pairs of them, and about what belongs to memories.
_SUBJECTS = frozenset({"memory", "review", "operation", "file", "entity"})


def events_readable(listener: Listener, events: Sequence[Event]) -> Sequence[Event]:
    """Leave out what happened to what is closed to the listener, or names it; events of other things pass."""
    if not any(event.subject_kind in _SUBJECTS for event in events):
        return events
    now = timezone.now()
    with organization_scope(listener.organization_id):
        principal = listener.principal
        reader = module_reader(listener.module, now=now) if principal is None else reader_of(principal, now=now)
        if reader.everything:
            return events
        if principal is not None and Permission.MEMORY_READ not in principal.permissions:
            return [event for event in events if event.subject_kind not in _SUBJECTS]
        named = {one for event in events for one in _memories(event)}
        known = opened(reader, named)
        closed = {
            *Memory.objects.filter(id__in=named - known.keys()).values_list("id", flat=True),
            *_closed(Operation.objects.all(), operations_open(reader), _subjects(events, "operation")),
            *_closed(SourceFile.objects.all(), files_open(reader), _subjects(events, "file")),
            *_closed(Entity.objects.all(), entities_named(reader.to(Right.DERIVE)), _subjects(events, "entity")),
        }
    return [event for event in events if _is_told(event, reader, known, closed)]


def _is_told(event: Event, reader: Reader, known: Collection[UUID], closed: Collection[UUID]) -> bool:
    match event.subject_kind:
        case "memory":
            subject = UUID(event.subject_id)
            # Of what is gone its events alone say whose it was.
            is_open = subject in known or (subject not in closed and _is_of_open_kind(event, reader))
            return is_open and not any(one in closed for one in _memories(event))
        case "review":
            return all(one in known for one in _memories(event))
        case "operation" | "file" | "entity":
            return UUID(event.subject_id) not in closed
        case _:
            return True


def _is_of_open_kind(event: Event, reader: Reader) -> bool:
    return "module" in event.data and reader.reads(event.data["module"], event.data.get("memory_type", ""))


def _memories(event: Event) -> list[UUID]:
    if event.subject_kind == "memory":
        return [UUID(event.subject_id), *([UUID(str(event.data["by"]))] if event.data.get("by") else [])]
    if event.subject_kind == "review":
        return [UUID(str(event.data[side])) for side in ("older", "newer") if side in event.data]
    return []


def _subjects(events: Sequence[Event], kind: str) -> set[UUID]:
    return {UUID(event.subject_id) for event in events if event.subject_kind == kind}


def _closed(everything: QuerySet[Any], open_ones: QuerySet[Any], ids: Collection[UUID]) -> Collection[UUID]:
    """Return which of these things there are without being open."""
    if not ids:
        return []
    rows = everything.filter(id__in=ids).exclude(id__in=open_ones.filter(id__in=ids).values("id"))
    return list(rows.values_list("id", flat=True))
