"""Storing memories."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.billing.services import quota_check, quota_release, quota_reserve, usage_record
from apps.billing.types import Meter
from apps.memory.adapters.embedding import default_embedder
from apps.memory.engine.analysis import Analysis, EntityCount, analyse, place
from apps.memory.exceptions import ExternalIdConflict
from apps.memory.models import Chunk, Entity, Memory, MemoryQuerySet, Mention
from apps.memory.selectors.contexts import concept_space, context_get
from apps.memory.services.changes import Change, change_begin
from apps.memory.types import StoreItem, StoreResult


def memory_store(*, organization_id: UUID, item: StoreItem, user_id: UUID | None, now: datetime) -> StoreResult:
    """Remember a text: its rows, its quota and its usage row commit together.

    The slow part, the analysis, happens before any row is locked. Raises `ExternalIdConflict` or `QuotaExceeded`.
    """
    known = _known(item, now=now)
    if known is not None:
        return known
    size = size_of(content=item.content, metadata=item.metadata)
    freed = sum(_expired(item, now=now).values_list("size_bytes", flat=True))
    quota_check(organization_id=organization_id, meter=Meter.MEMORY_BYTES, quantity=size - freed, now=now)
    space = concept_space(context_get())
    analysis = analyse(item.content, embedder=default_embedder(), space=space)
    try:
        with transaction.atomic():
            change = change_begin(count=1)
            # The context may have changed since. One memory in another space makes every search fail.
            present = concept_space(change.context)
            if present is not space:
                analysis = replace(analysis, concepts=place(analysis.vectors, present))
            _expired_trash(organization_id=organization_id, item=item, change=change, now=now)
            memory = _memory_create(item, analysis, change=change, size=size, user_id=user_id, now=now)
            chunks_create(memory=memory, analysis=analysis)
            mentions_create(memory=memory, entities=analysis.entities)
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
        known = _known(item, now=now)
        if known is None:
            raise
        return known
    return StoreResult(memory.id, created=True)


def _expired(item: StoreItem, *, now: datetime) -> MemoryQuerySet:
    """Return the expired memory, if there is one, that still has the item's external id."""
    if not item.external_id:
        return Memory.objects.none()
    return Memory.objects.filter(external_id=item.external_id, deleted_at=None, expires_at__lte=now)


def _expired_trash(*, organization_id: UUID, item: StoreItem, change: Change, now: datetime) -> None:
    """Move an expired memory to the trash: it must not keep its external id from the text that comes after it."""
    for memory_id, size in _expired(item, now=now).select_for_update().values_list("id", "size_bytes"):
        Memory.objects.filter(id=memory_id).update(deleted_at=now, change=change.change)
        quota_release(organization_id=organization_id, meter=Meter.MEMORY_BYTES, quantity=size, now=now)


def _known(item: StoreItem, *, now: datetime) -> StoreResult | None:
    """Return the memory that has the item's external id and content; raise `ExternalIdConflict` for other content."""
    if not item.external_id:
        return None
    found = Memory.objects.live(now).filter(external_id=item.external_id).values_list("id", "content_hash").first()
    if found is None:
        return None
    memory_id, known_hash = found
    if known_hash != hash_of(item.content):
        raise ExternalIdConflict(f"The external id {item.external_id!r} belongs to a memory with other content.")
    return StoreResult(memory_id, created=False)


def hash_of(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


def size_of(*, content: str, metadata: Mapping[str, Any]) -> int:
    """Return the bytes that a memory is metered with: its text and its metadata, as UTF-8."""
    return len(content.encode()) + json_size(metadata)


def json_size(metadata: Mapping[str, Any]) -> int:
    return len(json.dumps(metadata, ensure_ascii=False).encode())


def _memory_create(
    item: StoreItem, analysis: Analysis, *, change: Change, size: int, user_id: UUID | None, now: datetime
) -> Memory:
    return Memory.objects.create(
        number=change.number_from,
        change=change.change,
        content=item.content,
        content_hash=hash_of(item.content),
        metadata=dict(item.metadata),
        memory_type=item.memory_type,
        source=item.source,
        external_id=item.external_id,
        occurred_at=item.occurred_at or now,
        occurred_end=item.occurred_end,
        occurred_given=item.occurred_at is not None,
        recorded_at=now,
        revised_at=now,
        expires_at=item.expires_at,
        created_by=user_id,
        size_bytes=size,
        concepts=analysis.concepts,
    )


def chunks_create(*, memory: Memory, analysis: Analysis) -> None:
    """Write the passages of a memory that has none."""
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


def mentions_create(*, memory: Memory, entities: Iterable[EntityCount]) -> None:
    """Write what a memory without mentions names, and the entities that are new."""
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
