"""What changed in the memory between two moments of the clock of recording."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.core.api.pagination import cursor_decode, cursor_encode, cursor_invalid
from apps.memory.engine.reader import Reader
from apps.memory.models import MemoryRemoval, MemoryState
from apps.memory.selectors.archived import states_complete
from apps.memory.selectors.earlier import are_states
from apps.memory.selectors.memories import memory_present
from apps.memory.selectors.revisions import action_between, fields_changed
from apps.memory.selectors.visible import memories_visible
from apps.memory.types import AsOf, DifferenceKind, RevisionAction

_ORDER = "number"
_DIGITS = 19


def diff_page(
    *, reader: Reader, since: datetime, until: datetime, memory_type: str | None, cursor: str | None, limit: int
) -> dict[str, Any]:
    """Return a page of the memories that are read otherwise at `until` than at `since`, in the order of storing.

    Who puts `after` in the place of `before` for all of them has what was live at `until`. A type keeps those that had
    it at one of the moments; what was deleted for good has none any more, and only who reads everything is told of it.
    Raises `InvalidInput`.
    """
    last = _position(cursor) if cursor else 0
    results: list[dict[str, Any]] = []
    more = True
    while more and len(results) < limit:
        numbers = _touched(last, since=since, until=until, limit=limit)
        found = _differences(numbers, reader, since=since, until=until, memory_type=memory_type)
        taken = found[: limit - len(results)]
        results += [difference for _, difference in taken]
        more = len(taken) < len(found) or len(numbers) == limit
        last = taken[-1][0] if len(taken) < len(found) else max(numbers, default=last)
    return {"results": results, "next": cursor_encode(_ORDER, str(last)) if more else None}


def _position(cursor: str) -> int:
    (text,) = cursor_decode(cursor, order=_ORDER, length=1)
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS):
        raise cursor_invalid()
    return int(text)


def _touched(last: int, *, since: datetime, until: datetime, limit: int) -> list[int]:
    """Return the next numbers of memories to which anything happened between the moments."""
    states = MemoryState.objects.filter(
        Q(revised_at__gt=since, revised_at__lte=until) | Q(expires_at__gt=since, expires_at__lte=until),
        number__gt=last,
    )
    removals = MemoryRemoval.objects.filter(removed_at__gt=since, removed_at__lte=until, number__gt=last)
    rows: list[QuerySet[Any]] = [states, removals]
    found = {
        number for one in rows for number in one.order_by("number").values_list("number", flat=True).distinct()[:limit]
    }
    return sorted(found)[:limit]


def _differences(
    numbers: Sequence[int], reader: Reader, *, since: datetime, until: datetime, memory_type: str | None
) -> list[tuple[int, dict[str, Any]]]:
    before, after = (_read(numbers, moment, reader) for moment in (since, until))
    last = {
        state.number: state
        for state in MemoryState.objects.filter(
            Q(replaced_at=None) | Q(replaced_at__gt=until), revised_at__lte=until, number__in=numbers
        )
    }
    states_complete([*before.values(), *after.values()], strict=False)
    formers = _formers([state for number, state in after.items() if number not in before])
    removed = MemoryRemoval.objects.filter(number__in=numbers).values_list("number", "memory_id")
    # Nobody knows any more whose they were.
    removals = {number: memory_id for number, memory_id in removed if memory_id is not None and reader.everything}
    found: list[tuple[int, dict[str, Any]]] = []
    for number in numbers:
        one, other = before.get(number), after.get(number)
        if number in removals:
            if memory_type is None:
                found.append((number, _erased(removals[number])))
        elif (one or other) and memory_type in {None, *(state.memory_type for state in (one, other) if state)}:
            difference = _difference(one, other, formers.get(number), last.get(number))
            if difference:
                found.append((number, difference))
    return found


def _read(numbers: Sequence[int], moment: datetime, reader: Reader) -> dict[int, MemoryState]:
    rows = memories_visible(reader=reader, now=moment, as_of=AsOf(recorded=moment)).filter(number__in=numbers)
    return {state.number: state for state in rows} if are_states(rows) else {}


def _formers(states: Sequence[MemoryState]) -> dict[int, MemoryState]:
    """Return by number the states that came before these."""
    revisions = {state.number: state.revision - 1 for state in states}
    rows = MemoryState.objects.filter(number__in=revisions).exclude(replaced_at=None)
    return {state.number: state for state in rows if revisions[state.number] == state.revision}


def _difference(
    before: MemoryState | None, after: MemoryState | None, former: MemoryState | None, last: MemoryState | None
) -> dict[str, Any] | None:
    present = after or before
    if present is None:
        return None
    changed = fields_changed(after, before) if before and after else []
    if before and after and before.revision == after.revision:
        return None
    kind = DifferenceKind.CHANGED if before and after else DifferenceKind.ADDED if after else DifferenceKind.REMOVED
    return {
        "memory_id": str(present.id),
        "kind": kind.value,
        "cause": _cause(before, after, former, last).value,
        "changed": list(changed),
        "before": before and memory_present(before),
        "after": after and memory_present(after),
    }


def _cause(
    before: MemoryState | None, after: MemoryState | None, former: MemoryState | None, last: MemoryState | None
) -> RevisionAction:
    if before and after:
        return RevisionAction.EDITED
    if after:
        return action_between(former, after)
    if last is None or last.deleted_at is not None:
        return RevisionAction.TRASHED
    return RevisionAction.SUPERSEDED if last.superseded_at is not None else RevisionAction.EXPIRED


def _erased(memory_id: UUID) -> dict[str, Any]:
    return {
        "memory_id": str(memory_id),
        "kind": DifferenceKind.REMOVED.value,
        "cause": RevisionAction.ERASED.value,
        "changed": [],
        "before": None,
        "after": None,
    }
