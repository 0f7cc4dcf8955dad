"""What happens to a memory after it is stored: edits, what replaces it, the trash, and the way back."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.billing.services.quotas import quota_check, quota_release, quota_reserve
from apps.billing.types import Meter
from apps.core.exceptions import InvalidInput, PreconditionFailed
from apps.core.tenancy.scope import current_scope
from apps.memory.engine.duplicates import hash_of
from apps.memory.engine.reader import Reader, Right
from apps.memory.exceptions import ExternalIdConflict, MemoryNotFound, SupersessionConflict
from apps.memory.models import Memory, MemoryContext
from apps.memory.selectors.contexts import context_get
from apps.memory.selectors.memories import memory_check, memory_get
from apps.memory.selectors.revisions import same_value
from apps.memory.services.changes import Change, change_begin
from apps.memory.services.memories import (
    FINDINGS,
    Analysed,
    analysed,
    findings_replace,
    replaced,
    size_of,
    understood_if_possible,
)
from apps.memory.services.revisions import memories_move, revisions_keep
from apps.memory.services.telling import memories_tell
from apps.memory.services.vectors import understanding_start
from apps.memory.types import MemoryFields, StoreItem

# What the reading of a memory depends on.
_READ_FIELDS = frozenset({"content", "metadata", "occurred_at"})


def memory_edit(
    *,
    organization_id: UUID,
    memory_id: UUID,
    reader: Reader,
    fields: MemoryFields,
    revisions: Collection[int] | None = None,
    reason: str = "",
    user_id: UUID | None,
    now: datetime,
) -> Memory:
    """Make the next revision of a memory and keep the one that it replaces; an edit that changes nothing makes none.

    `revisions` are those that the edit was made for; None means any. The slow part, the analysis of the text, happens
    before any row is locked. Raises `MemoryNotFound`, `MemoryClosed`, `PreconditionFailed`, `InvalidInput`
    or `QuotaExceeded`.
    """
    seen = _checked(memory_get(memory_id=memory_id, reader=reader.to(Right.WRITE), now=now), fields, revisions)
    if not _changed(seen, fields):
        return seen
    grown = _size_with(seen, fields) - seen.size_bytes
    if grown > 0:
        quota_check(organization_id=organization_id, meter=Meter.MEMORY_BYTES, quantity=grown, now=now)
    context = context_get()
    text = _reread(seen, fields, context, now=now)
    with transaction.atomic():
        change = change_begin(now=now)
        memory = _checked(memory_get(memory_id=memory_id, reader=reader.to(Right.WRITE), now=now), fields, revisions)
        changed = _changed(memory, fields)
        if not changed:
            return memory
        if memory.revision != seen.revision:
            # Somebody else has changed it meanwhile. Rare enough to let the other writers wait.
            text = _reread(memory, fields, context, now=now)
        if text is not None:
            text = replaced(text, seen=context, present=change.context)
        held = memory.size_bytes
        revisions_keep(memory_ids=[memory_id], change=change, user_id=user_id, reason=reason)
        memory.archived_at = None
        _apply(memory, fields, change=change, text=text)
        if text is not None and text.understanding is None:
            understanding_start(organization_id=organization_id, now=now)
        _quota_move(organization_id=organization_id, quantity=memory.size_bytes - held, now=now)
        memories_tell("memory.updated", [memory], now=now, changed=sorted(changed))
    return memory


def memory_trash(
    *, organization_id: UUID, memory_id: UUID, reader: Reader, reason: str = "", user_id: UUID | None, now: datetime
) -> None:
    """Move a memory to the trash, where it stays restorable for 30 days; raises `MemoryNotFound`."""
    memory_get(memory_id=memory_id, reader=reader.to(Right.WRITE), now=now)
    with transaction.atomic():
        change = change_begin(now=now)
        memory = memory_get(memory_id=memory_id, reader=reader.to(Right.WRITE), now=now)
        # Of an archived one less is held than it will have there.
        held = memory.size_bytes
        memory = _moved(memory, change=change, user_id=user_id, reason=reason, deleted_at=change.moment)
        quota_release(organization_id=organization_id, meter=Meter.MEMORY_BYTES, quantity=held, now=now)
        memories_tell("memory.trashed", [memory], now=now)


def memory_restore(
    *, organization_id: UUID, memory_id: UUID, reader: Reader, reason: str = "", user_id: UUID | None, now: datetime
) -> Memory:
    """Take a memory out of the trash. Raises `MemoryNotFound`, `ExternalIdConflict` or `QuotaExceeded`."""
    _trashed(memory_id, reader, now=now)
    try:
        with transaction.atomic():
            change = change_begin(now=now)
            memory = _trashed(memory_id, reader, now=now)
            memory = _moved(memory, change=change, user_id=user_id, reason=reason, deleted_at=None)
            quota_reserve(
                organization_id=organization_id, meter=Meter.MEMORY_BYTES, quantity=memory.size_bytes, now=now
            )
            memories_tell("memory.restored", [memory], now=now)
    except IntegrityError:
        raise ExternalIdConflict("Another memory has taken its external id since.") from None
    return memory


@transaction.atomic
def memory_supersede(
    *, memory_id: UUID, reader: Reader, by: UUID, reason: str = "", user_id: UUID | None, now: datetime
) -> Memory:
    """Say that another memory replaces this one, from when on that one happened.

    What is replaced is kept out of lists and searches, but for those of a time when it held. Raises `MemoryNotFound`,
    or `SupersessionConflict` when it would replace itself, be it over others.
    """
    change = change_begin(now=now)
    memory = memory_get(memory_id=memory_id, reader=reader.to(Right.WRITE), now=now)
    other = memory_get(memory_id=by, reader=reader, now=now)
    if memory.superseded_by == by:
        return memory
    _check_successor(memory, other)
    # From before it happened, when it never held.
    since = max(other.occurred_at, memory.occurred_at)
    held = memory.size_bytes
    memory = _moved(memory, change=change, user_id=user_id, reason=reason, superseded_by=by, superseded_at=since)
    _grown(memory, held, now=now)
    memories_tell("memory.superseded", [memory], now=now, by=str(by))
    return memory


@transaction.atomic
def memory_unsupersede(
    *, memory_id: UUID, reader: Reader, reason: str = "", user_id: UUID | None, now: datetime
) -> Memory:
    """Say that nothing replaces this memory after all. Raises `MemoryNotFound`."""
    change = change_begin(now=now)
    memory = memory_get(memory_id=memory_id, reader=reader.to(Right.WRITE), now=now)
    if memory.superseded_at is None:
        return memory
    held = memory.size_bytes
    memory = _moved(memory, change=change, user_id=user_id, reason=reason, superseded_by=None, superseded_at=None)
    _grown(memory, held, now=now)
    memories_tell("memory.reinstated", [memory], now=now)
    return memory


def _moved(memory: Memory, *, change: Change, user_id: UUID | None, reason: str, **columns: Any) -> Memory:
    """Bring a memory into its next revision, and return it."""
    memories_move(memory_ids=[memory.id], change=change, user_id=user_id, reason=reason, **columns)
    memory.refresh_from_db()
    return memory


def _check_successor(memory: Memory, successor: Memory) -> None:
    seen, at = {memory.id}, successor
    while at.id not in seen:
        seen.add(at.id)
        following = at.superseded_by and Memory.objects.filter(id=at.superseded_by).first()
        if not following:
            return
        at = following
    raise SupersessionConflict("A memory cannot replace itself, be it over others.")


def _checked(memory: Memory, fields: MemoryFields, revisions: Collection[int] | None) -> Memory:
    """Return the memory if the edit may be made to it."""
    if revisions is not None and memory.revision not in revisions:
        raise PreconditionFailed(f"The memory is at revision {memory.revision} by now.")
    end = fields.get("occurred_end", memory.occurred_end)
    if end is not None and end < fields.get("occurred_at", memory.occurred_at):
        pointer = "/occurred_end" if fields.get("occurred_end") else "/occurred_at"
        raise InvalidInput("It ends before it begins.", pointer=pointer, item_code="ends_before_it_begins")
    return memory


def _changed(memory: Memory, fields: MemoryFields) -> set[str]:
    return {name for name, value in fields.items() if not same_value(getattr(memory, name), value)}


def _size_with(memory: Memory, fields: MemoryFields) -> int:
    return size_of(content=fields.get("content", memory.content), metadata=fields.get("metadata", memory.metadata))


def _reread(memory: Memory, fields: MemoryFields, context: MemoryContext, *, now: datetime) -> Analysed | None:
    """Analyse the text as it will be; None if the edit changes nothing that reading depends on."""
    if not _changed(memory, fields) & _READ_FIELDS:
        return None
    item = StoreItem(
        content=fields.get("content", memory.content),
        metadata=fields.get("metadata", memory.metadata),
        occurred_at=fields.get("occurred_at", memory.occurred_at),
    )
    return understood_if_possible(analysed(item, now=now), context)


def _apply(memory: Memory, fields: MemoryFields, *, change: Change, text: Analysed | None) -> None:
    """Write the next revision of a memory; `text` is what was found out about it, if that has changed."""
    for name, value in fields.items():
        setattr(memory, name, value)
    memory.occurred_given |= "occurred_at" in fields
    memory.size_bytes = size_of(content=memory.content, metadata=memory.metadata)
    memory.revision += 1
    memory.revised_at = change.moment
    memory.change = change.change
    written = [*fields, "occurred_given", "size_bytes", "revision", "revised_at", "change"]
    if text is not None:
        memory.content_hash = hash_of(memory.content)
        findings_replace(memory, text, change=change)
        written += ["content_hash", *FINDINGS]
    memory.save(update_fields=written)


def _quota_move(*, organization_id: UUID, quantity: int, now: datetime) -> None:
    """Take or give back the bytes by which what is held has changed."""
    if quantity > 0:
        quota_reserve(organization_id=organization_id, meter=Meter.MEMORY_BYTES, quantity=quantity, now=now)
    elif quantity < 0:
        quota_release(organization_id=organization_id, meter=Meter.MEMORY_BYTES, quantity=-quantity, now=now)


def _grown(memory: Memory, held: int, *, now: datetime) -> None:
    """Account for a memory that was archived, and has come back with its new revision."""
    organization_id = current_scope().organization_id
    if organization_id is None or memory.size_bytes == held:
        return
    _quota_move(organization_id=organization_id, quantity=memory.size_bytes - held, now=now)


def _trashed(memory_id: UUID, reader: Reader, *, now: datetime) -> Memory:
    memory = Memory.objects.trashed(now).select_related("file").filter(id=memory_id).first()
    if memory is None:
        raise MemoryNotFound("There is no memory with this id in the trash.")
    memory_check(memory_id, reader.to(Right.WRITE))
    return memory
