"""Which events of the memory somebody may be told of."""

from collections.abc import Sequence
from uuid import UUID

from django.utils import timezone

from apps.core.tenancy.scope import organization_scope
from apps.events.types import Event, Listener
from apps.memory.engine.reader import Reader
from apps.memory.selectors.readers import module_reader, opened, reader_of

# Events about memories by themselves, and about pairs of them.
_SUBJECTS = frozenset({"memory", "review"})


def events_readable(listener: Listener, events: Sequence[Event]) -> Sequence[Event]:
    """Leave out what happened to memories that are closed to the listener; events of other things pass."""
    if not any(event.subject_kind in _SUBJECTS for event in events):
        return events
    now = timezone.now()
    with organization_scope(listener.organization_id):
        principal = listener.principal
        reader = module_reader(listener.module, now=now) if principal is None else reader_of(principal, now=now)
        if reader.everything:
            return events
        unclear = {one for event in events if not _plainly_open(event, reader) for one in _memories(event)}
        known = opened(reader, unclear)
    return [event for event in events if _plainly_open(event, reader) or all(one in known for one in _memories(event))]


def _plainly_open(event: Event, reader: Reader) -> bool:
    """Whether the kind of memory that the event names is open, whichever memory it is."""
    if event.subject_kind == "memory":
        return "module" in event.data and reader.reads(event.data["module"], event.data.get("memory_type", ""))
    return event.subject_kind not in _SUBJECTS


def _memories(event: Event) -> list[UUID]:
    if event.subject_kind == "memory":
        return [UUID(event.subject_id)]
    return [UUID(str(event.data[side])) for side in ("older", "newer") if side in event.data]
