"""Texts that memories had once and have no more.

What was found out about a text is kept for the present one alone; an earlier one is read again when a reading as of a
moment needs it.
"""

from collections.abc import Sequence
from typing import TypeGuard
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from apps.memory.engine.duplicates import hash_of
from apps.memory.engine.reading import NamedEntity, read
from apps.memory.models import Entity, Memory, MemoryRows, MemoryState
from apps.memory.selectors.archived import states_complete


def are_states(rows: MemoryRows) -> TypeGuard[QuerySet[MemoryState]]:
    """Tell whether these are states of a moment, not memories as they are."""
    return rows.model is MemoryState


def earlier_texts(rows: MemoryRows) -> list[MemoryState]:
    """Return those of these states whose text is not the memory's present one, by their numbers.

    One whose text is damaged in the archive is among them, without any.
    """
    if not are_states(rows):
        return []
    former = rows.exclude(replaced_at=None)
    present = Memory.objects.filter(id=OuterRef("id"), content=OuterRef("content"))
    edited = list(former.filter(archived_at=None).exclude(Exists(present)))
    archived = list(former.exclude(archived_at=None))
    states_complete(archived, strict=False)
    hashes = dict(Memory.objects.filter(id__in=[one.id for one in archived]).values_list("id", "content_hash"))
    edited += [one for one in archived if hashes.get(one.id) != hash_of(one.content)]
    return sorted(edited, key=lambda state: state.number)


def names_in(state: MemoryState) -> Sequence[NamedEntity]:
    """Read which entities the text of a state names."""
    return read(state.content, metadata=state.metadata, occurred_at=state.occurred_at).entities


def entities_in(states: Sequence[MemoryState]) -> list[tuple[MemoryState, UUID, int]]:
    """Return which known entities the texts of these states name, and how often."""
    found = [(state, entry.mention.key, entry.count) for state in states for entry in names_in(state)]
    ids = dict(Entity.objects.filter(key__in={key for _, key, _ in found}).values_list("key", "id")) if found else {}
    return [(state, ids[key], count) for state, key, count in found if key in ids]
