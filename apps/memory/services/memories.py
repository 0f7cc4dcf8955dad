"""Storing, trashing and restoring memories."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from apps.billing.services import quota_check, quota_release, quota_reserve, usage_record
from apps.billing.types import Meter
from apps.memory.adapters.embedding import default_embedder
from apps.memory.engine.analysis import Analysis, EntityCount, analyse, place
from apps.memory.exceptions import ExternalIdConflict, MemoryNotFound
from apps.memory.models import Chunk, Entity, Memory, Mention
from apps.memory.selectors.contexts import concept_space, context_get
from apps.memory.selectors.memories import memory_get
from apps.memory.services.contexts import context_hold
from apps.memory.types import StoreItem, StoreResult

TRASH_LIFETIME = timedelta(days=30)


def memory_store(*, organization_id: UUID, item: StoreItem, user_id: UUID | None, now: datetime) -> StoreResult:
    """Remember a text: its rows, its quota and its usage row commit together.

    The slow part, the analysis, happens before any row is locked. Raises `ExternalIdConflict` or `QuotaExceeded`.
    """
    _expired_trash(organization_id=organization_id, external_id=item.external_id, now=now)
    known = _known(item)
    if known is not None:
        return known
    size = _size(item)
    quota_check(organization_id=organization_id, meter=Meter.MEMORY_BYTES, quantity=size, now=now)
    space = concept_space(context_get())
    analysis = analyse(item.content, embedder=default_embedder(), space=space)
    try:
        with transaction.atomic():
            # The context may have changed since. One memory in another space makes every search fail.
            present = concept_space(context_hold())
            if present is not space:
                analysis = replace(analysis, concepts=place(analysis.vectors, present))
            memory = _memory_create(item, analysis, size=size, user_id=user_id, now=now)
            _chunks_create(memory, analysis)
            _mentions_create(memory, analysis.entities)
            quota_reserve(organization_id=organization_id, meter=Meter.MEMORY_BYTES, quantity=size, now=now)
            usage_record(
                organization_id=organization_id,
                meter=Meter.MEMORY_STORES,
                quantity=1,
                source="memory.store",
                source_id=str(memory.id),
                now=now,
            )
    except IntegrityError:
        # Another call stored the same external id first.
        known = _known(item)
        if known is None:
            raise
        return known
    return StoreResult(memory.id, created=True)


def memory_trash(*, organization_id: UUID, memory_id: UUID, now: datetime) -> None:
    """Move a memory to the trash, where it stays restorable for 30 days; raises `MemoryNotFound`."""
    with transaction.atomic():
        memory = memory_get(memory_id=memory_id, now=now)
        trashed = Memory.objects.filter(id=memory_id, deleted_at=None).update(deleted_at=now)
        if trashed:
            quota_release(
                organization_id=organization_id, meter=Meter.MEMORY_BYTES, quantity=memory.size_bytes, now=now
            )


def memory_restore(*, organization_id: UUID, memory_id: UUID, now: datetime) -> Memory:
    """Take a memory out of the trash. Raises `MemoryNotFound`, `ExternalIdConflict` or `QuotaExceeded`."""
    memory = Memory.objects.filter(id=memory_id, deleted_at__gt=now - TRASH_LIFETIME).first()
    if memory is None:
        raise MemoryNotFound("There is no memory with this id in the trash.")
    try:
        with transaction.atomic():
            if Memory.objects.filter(id=memory_id).exclude(deleted_at=None).update(deleted_at=None):
                quota_reserve(
                    organization_id=organization_id, meter=Meter.MEMORY_BYTES, quantity=memory.size_bytes, now=now
                )
    except IntegrityError:
        raise ExternalIdConflict("Another memory has taken its external id since.") from None
    memory.deleted_at = None
    return memory


@transaction.atomic
def trash_empty(*, now: datetime) -> int:
    """Delete for good what has been in the trash for 30 days, and entities that nothing names any more."""
    deleted = Memory.objects.filter(deleted_at__lte=now - TRASH_LIFETIME)
    count = deleted.count()
    if count:
        deleted.delete()
        with connection.cursor() as cursor:
            # Every store writes to this table before it names an entity: none may do so while unnamed ones are removed.
            cursor.execute("LOCK TABLE memory_entity IN SHARE ROW EXCLUSIVE MODE")
        Entity.objects.filter(mentions=None, relations_out=None, relations_in=None).delete()
    return count


def _expired_trash(*, organization_id: UUID, external_id: str, now: datetime) -> None:
    """Move an expired memory to the trash: it must not keep its external id from the text that comes after it."""
    if not external_id:
        return
    with transaction.atomic():
        expired = Memory.objects.select_for_update().filter(
            external_id=external_id, deleted_at=None, expires_at__lte=now
        )
        for memory_id, size in expired.values_list("id", "size_bytes"):
            Memory.objects.filter(id=memory_id).update(deleted_at=now)
            quota_release(organization_id=organization_id, meter=Meter.MEMORY_BYTES, quantity=size, now=now)


def _known(item: StoreItem) -> StoreResult | None:
    """Return the memory that has the item's external id and content; raise `ExternalIdConflict` for other content."""
    if not item.external_id:
        return None
    found = (
        Memory.objects.filter(external_id=item.external_id, deleted_at=None).values_list("id", "content_hash").first()
    )
    if found is None:
        return None
    memory_id, content_hash = found
    if content_hash != _hash(item.content):
        raise ExternalIdConflict(f"The external id {item.external_id!r} belongs to a memory with other content.")
    return StoreResult(memory_id, created=False)


def _hash(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


def _size(item: StoreItem) -> int:
    """Return the bytes that an item is metered with: its text and its metadata, as UTF-8."""
    return len(item.content.encode()) + len(json.dumps(item.metadata, ensure_ascii=False).encode())


def _memory_create(item: StoreItem, analysis: Analysis, *, size: int, user_id: UUID | None, now: datetime) -> Memory:
    return Memory.objects.create(
        content=item.content,
        content_hash=_hash(item.content),
        metadata=dict(item.metadata),
        memory_type=item.memory_type,
        source=item.source,
        external_id=item.external_id,
        occurred_at=item.occurred_at or now,
        recorded_at=now,
        expires_at=item.expires_at,
        created_by=user_id,
        size_bytes=size,
        concepts=analysis.concepts,
    )


def _chunks_create(memory: Memory, analysis: Analysis) -> None:
    Chunk.objects.bulk_create(
        Chunk(
            memory=memory,
            ordinal=chunk.ordinal,
            start=chunk.start,
            end=chunk.end,
            text=memory.content[chunk.start : chunk.end],
            embedding=vector,
        )
        for chunk, vector in zip(analysis.chunks, analysis.vectors, strict=True)
    )


def _mentions_create(memory: Memory, entities: Iterable[EntityCount]) -> None:
    # In the order of their keys: two transactions that add the same entities wait for each other, never in a circle.
    found = {entry.mention.key: entry for entry in sorted(entities, key=lambda entry: entry.mention.key)}
    Entity.objects.bulk_create(
        (Entity(key=key, name=entry.mention.name[:200], kind=entry.mention.kind) for key, entry in found.items()),
        ignore_conflicts=True,
    )
    ids = dict(Entity.objects.filter(key__in=found).values_list("key", "id"))
    Mention.objects.bulk_create(
        Mention(
            entity_id=ids[key],
            memory=memory,
            count=entry.count,
            start=entry.mention.start,
            end=entry.mention.end,
        )
        for key, entry in found.items()
    )
