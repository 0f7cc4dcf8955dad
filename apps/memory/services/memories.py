"""Storing memories."""

import json
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import numpy as np
from django.db import IntegrityError, transaction
from numpy.typing import NDArray

from apps.billing.services.quotas import quota_check, quota_release, quota_reserve
from apps.billing.services.usage import usage_record
from apps.billing.types import Meter, Usage
from apps.core.bulk import rows_copy
from apps.memory.adapters.embedders import embedder_named
from apps.memory.adapters.sketching import default_sketcher
from apps.memory.adapters.sparse import default_encoder
from apps.memory.engine import packing
from apps.memory.engine.concepts import ConceptSpace
from apps.memory.engine.duplicates import distinct_terms, fingerprint, hash_of
from apps.memory.engine.reading import READING, Reading, Understanding, place, read, understand
from apps.memory.engine.terms import Hashes
from apps.memory.exceptions import EmbedderUnavailable, ExternalIdConflict, ModelUnknown
from apps.memory.metrics import stored_observed
from apps.memory.models import Chunk, Memory, MemoryContext, MemoryQuerySet
from apps.memory.selectors.contexts import concept_space, context_get
from apps.memory.services.changes import Change, change_begin
from apps.memory.services.duplicates import duplicates_find
from apps.memory.services.entities import memories_name, memories_state
from apps.memory.services.revisions import memories_move
from apps.memory.services.telling import memories_tell
from apps.memory.services.vectors import places_forget, understanding_start, understandings_write
from apps.memory.types import StoreItem, StoreResult

_log = logging.getLogger(__name__)

# The columns of a memory that say what was found out about it.
FINDINGS = ("named", "times", "thread", "reading", "understood", "fingerprint")


@dataclass(frozen=True, slots=True, eq=False)
class Analysed:
    """A text with what was found out about it. As long as no model was asked it may have sketches, float32 (n, w)."""

    reading: Reading
    understanding: Understanding | None = None
    sketches: NDArray[np.float32] | None = None

    @property
    def terms(self) -> Hashes:
        """The distinct terms of all passages."""
        return distinct_terms([hashes for hashes, _ in self.reading.terms])


def memory_store(*, organization_id: UUID, item: StoreItem, user_id: UUID | None, now: datetime) -> StoreResult:
    """Remember a text: its rows, its quota and its usage row commit together.

    The slow part, the analysis, happens before any row is locked. Raises `ExternalIdConflict` or `QuotaExceeded`.
    """
    known = known_as(item, now=now)
    if known is not None:
        return known
    size = size_of(content=item.content, metadata=item.metadata)
    freed = sum(_expired({item.external_id} - {""}, now=now).values_list("size_bytes", flat=True))
    quota_check(organization_id=organization_id, meter=Meter.MEMORY_BYTES, quantity=size - freed, now=now)
    context = context_get()
    text = understood_if_possible(analysed(item, now=now), context)
    try:
        with transaction.atomic():
            change = change_begin(now=now, count=1)
            text = replaced(text, seen=context, present=change.context)
            if item.external_id:
                _expired_trash(organization_id=organization_id, external_ids={item.external_id}, change=change, now=now)
            (memory,) = memories_write(
                items=[item], numbers=[change.number_from], texts=[text], change=change, user_id=user_id, now=now
            )
            quota_reserve(organization_id=organization_id, meter=Meter.MEMORY_BYTES, quantity=size, now=now)
            stores_record(organization_id=organization_id, memories=[memory], now=now)
            if text.understanding is None:
                understanding_start(organization_id=organization_id, now=now)
            (duplicate,) = duplicates_find(
                organization_id=organization_id, memories=[memory], terms=[text.terms], change=change, now=now
            )
    except IntegrityError:
        # Another call stored the same external id first.
        known = known_as(item, now=now)
        if known is None:
            raise
        return known
    return StoreResult(memory.id, created=True, duplicate_of=duplicate)


def memories_store(
    *, organization_id: UUID, items: Sequence[StoreItem], numbers: Sequence[int], user_id: UUID | None, now: datetime
) -> list[StoreResult]:
    """Remember many texts by their words, all or none; `services.understanding` has the models read them later.

    `numbers` are taken from the context beforehand. Raises `ExternalIdConflict`, `QuotaExceeded`, or `IntegrityError`
    when two texts claim one external id.
    """
    results = _known_places(items, now=now)
    fresh = [place for place in range(len(items)) if place not in results]
    texts = sketched([analysed(items[place], now=now) for place in fresh])
    size = sum(size_of(content=items[place].content, metadata=items[place].metadata) for place in fresh)
    with transaction.atomic():
        change = change_begin(now=now)
        names = {items[place].external_id for place in fresh} - {""}
        expired = set(_expired(names, now=now).values_list("external_id", flat=True)) if names else set()
        if expired:
            _expired_trash(organization_id=organization_id, external_ids=expired, change=change, now=now)
        memories = memories_write(
            items=[items[place] for place in fresh],
            numbers=[numbers[place] for place in fresh],
            texts=texts,
            change=change,
            user_id=user_id,
            now=now,
        )
        if memories:
            quota_reserve(organization_id=organization_id, meter=Meter.MEMORY_BYTES, quantity=size, now=now)
            stores_record(organization_id=organization_id, memories=memories, now=now)
        duplicates = duplicates_find(
            organization_id=organization_id,
            memories=memories,
            terms=[text.terms for text in texts],
            change=change,
            now=now,
        )
    written = [
        StoreResult(memory.id, created=True, duplicate_of=one) for memory, one in zip(memories, duplicates, strict=True)
    ]
    results.update(zip(fresh, written, strict=True))
    return [results[place] for place in range(len(items))]


def analysed(item: StoreItem, *, now: datetime) -> Analysed:
    """Read a text, without asking the models."""
    return Analysed(read(item.content, metadata=item.metadata, occurred_at=item.occurred_at or now))


def sketched(texts: Sequence[Analysed]) -> list[Analysed]:
    """Add sketches, for texts that the models will not read soon: together, which is cheaper."""
    sketches = default_sketcher().sketch([one for text in texts for one in text.reading.inputs])
    ends = np.cumsum([len(text.reading.inputs) for text in texts])
    return [
        replace(text, sketches=sketches[end - len(text.reading.inputs) : end])
        for text, end in zip(texts, ends, strict=True)
    ]


def understood(text: Analysed, space: ConceptSpace) -> Analysed:
    """Ask the models about a text that was read: the slow part of storing."""
    return replace(text, understanding=understanding_of(text.reading.inputs, space), sketches=None)


def understood_if_possible(text: Analysed, context: MemoryContext) -> Analysed:
    """Ask the models about a text; if the one for vectors does not answer, it is found by its words until it does."""
    try:
        return understood(text, concept_space(context))
    except (EmbedderUnavailable, ModelUnknown) as error:
        _log.warning("a text was not read by the embedding model: %s", error.detail)
        return sketched([replace(text, understanding=None)])[0]


def understanding_of(inputs: Sequence[str], space: ConceptSpace) -> Understanding:
    """Ask the models, for vectors the one that has fitted the space. Raises `EmbedderUnavailable`."""
    embedder = embedder_named(space.embedder_name)
    return understand(inputs, embedder=embedder, encoder=default_encoder(), space=space)


def replaced(text: Analysed, *, seen: MemoryContext, present: MemoryContext) -> Analysed:
    """Bring what was found out under a context that was seen earlier under the present one.

    One memory with vectors of another model, or in another space, would make every search fail. Another model has to
    read the text anew, which is rare enough to let the other writers wait.
    """
    if text.understanding is None:
        return text
    if seen.epoch_id != present.epoch_id:
        return understood_if_possible(text, present)
    return replace(text, understanding=moved(text.understanding, space=concept_space(seen), present=present))


def moved(found: Understanding, *, space: ConceptSpace, present: MemoryContext) -> Understanding:
    """Place in the present space what the same model has placed in one that may be no longer."""
    now = concept_space(present)
    return found if now is space else replace(found, concepts=place(found.vectors, now))


def memories_write(
    *,
    items: Sequence[StoreItem],
    numbers: Sequence[int],
    texts: Sequence[Analysed],
    change: Change,
    user_id: UUID | None,
    now: datetime,
) -> list[Memory]:
    """Write new memories with all that was found out about them. Only within the change."""
    memories = [
        _row(item, text, number=number, change=change, user_id=user_id, now=now)
        for item, number, text in zip(items, numbers, texts, strict=True)
    ]
    memories_name(memories=memories, named=[text.reading.entities for text in texts], change=change)
    rows_copy(memories)
    passages_write(memories=memories, texts=texts, change=change)
    memories_state(memories=memories, statements=[text.reading.statements for text in texts])
    return memories


def passages_write(*, memories: Sequence[Memory], texts: Sequence[Analysed], change: Change) -> None:
    """Write the passages of memories that have none, with their vectors."""
    chunks = [_chunks(memory, text) for memory, text in zip(memories, texts, strict=True)]
    rows_copy([chunk for rows in chunks for chunk in rows])
    understandings_write(
        (
            (memory.id, [row.id for row in rows], text.understanding)
            for memory, rows, text in zip(memories, chunks, texts, strict=True)
            if text.understanding is not None
        ),
        change=change,
    )


def findings_replace(memory: Memory, text: Analysed, *, change: Change) -> None:
    """Write passages, mentions and relations anew, and set `FINDINGS` on the memory, unsaved."""
    # Vectors go with their passages.
    memory.chunks.only("id").delete()
    places_forget([memory.id])
    memory.mentions.all().delete()
    memory.evidence.all().delete()
    findings_set(memory, text)
    memories_name(memories=[memory], named=[text.reading.entities], change=change)
    passages_write(memories=[memory], texts=[text], change=change)
    memories_state(memories=[memory], statements=[text.reading.statements])


def stores_record(*, organization_id: UUID, memories: Sequence[Memory], now: datetime) -> None:
    """Write the usage rows and events of stored memories, and count them once they are committed."""
    memories_tell("memory.stored", memories, now=now)
    usage_record(
        organization_id=organization_id,
        meter=Meter.MEMORY_STORES,
        quantity=1,
        usage=Usage("memory.store", operation="store"),
        source_ids=[str(memory.id) for memory in memories],
        now=now,
    )
    for memory_type, count in Counter(memory.memory_type for memory in memories).items():
        transaction.on_commit(
            partial(stored_observed, organization_id=organization_id, memory_type=memory_type, count=count)
        )


def _expired(external_ids: AbstractSet[str], *, now: datetime) -> MemoryQuerySet:
    """Return the expired memories that still have these external ids."""
    return Memory.objects.filter(external_id__in=external_ids, deleted_at=None, expires_at__lte=now)


def _expired_trash(*, organization_id: UUID, external_ids: AbstractSet[str], change: Change, now: datetime) -> None:
    """Move expired memories to the trash: they must not keep their external ids from the texts that come after them."""
    columns = ("id", "size_bytes", "memory_type", "module", "revision")
    expired = list(_expired(external_ids, now=now).select_for_update().only(*columns))
    memories_move(memory_ids=[one.id for one in expired], change=change, user_id=None, deleted_at=change.moment)
    for memory in expired:
        memory.revision += 1
        quota_release(organization_id=organization_id, meter=Meter.MEMORY_BYTES, quantity=memory.size_bytes, now=now)
    memories_tell("memory.trashed", expired, now=now)


def _known_places(items: Sequence[StoreItem], *, now: datetime) -> dict[int, StoreResult]:
    """Return what is stored already, by its place among the items; raise `ExternalIdConflict` for another one."""
    names = {item.external_id for item in items} - {""}
    if not names:
        return {}
    rows = Memory.objects.kept(now).filter(external_id__in=names).only("external_id", "content_hash", "module")
    known = {memory.external_id: memory for memory in rows}
    return {
        place: _same(item, known[item.external_id]) for place, item in enumerate(items) if item.external_id in known
    }


def known_as(item: StoreItem, *, now: datetime) -> StoreResult | None:
    """Return the memory that has the item's external id and content; raise `ExternalIdConflict` for other content."""
    return _known_places([item], now=now).get(0)


def _same(item: StoreItem, known: Memory) -> StoreResult:
    # Whether a module has said the same is for nobody else to find out.
    if known.content_hash != hash_of(item.content) or known.module not in {"", item.module}:
        raise ExternalIdConflict(f"The external id {item.external_id!r} belongs to another memory.")
    return StoreResult(known.id, created=False)


def size_of(*, content: str, metadata: Mapping[str, Any]) -> int:
    """Return the bytes that a memory is metered with: its text and its metadata, as UTF-8."""
    return len(content.encode()) + json_size(metadata)


def json_size(metadata: Mapping[str, Any]) -> int:
    return len(json.dumps(metadata, ensure_ascii=False).encode())


def _row(
    item: StoreItem,
    text: Analysed,
    *,
    number: int,
    change: Change,
    user_id: UUID | None,
    now: datetime,
) -> Memory:
    content_hash = hash_of(item.content)
    memory = Memory(
        number=number,
        change=change.change,
        content=item.content,
        content_hash=content_hash,
        metadata=dict(item.metadata),
        memory_type=item.memory_type,
        module=item.module,
        source=item.source,
        external_id=item.external_id,
        occurred_at=item.occurred_at or now,
        occurred_end=item.occurred_end,
        occurred_given=item.occurred_at is not None,
        recorded_at=change.moment,
        revised_at=change.moment,
        expires_at=item.expires_at,
        created_by=user_id,
        size_bytes=size_of(content=item.content, metadata=item.metadata),
        file_id=item.file_id,
        place={**item.place, "of": content_hash[:16]} if item.file_id else {},
    )
    findings_set(memory, text)
    return memory


def findings_set(memory: Memory, text: Analysed) -> None:
    """Set on a memory, unsaved, what was found out about its text as a whole, the names aside."""
    reading = text.reading
    memory.thread, memory.reading = reading.thread, READING
    memory.fingerprint = fingerprint(text.terms)
    memory.times = packing.pack(list(np.array(reading.times, dtype=np.float64).reshape(-1, 2).T), packing.TIMES)
    memory.understood = text.understanding is not None


def _chunks(memory: Memory, text: Analysed) -> list[Chunk]:
    rows = []
    for place_, (chunk, terms) in enumerate(zip(text.reading.chunks, text.reading.terms, strict=True)):
        row = Chunk(
            memory_id=memory.id,
            ordinal=chunk.ordinal,
            start=chunk.start,
            end=chunk.end,
            terms=packing.pack(terms, packing.TERMS),
        )
        if text.understanding is not None:
            row.sparse = packing.pack(text.understanding.sparse[place_], packing.SPARSE)
        elif text.sketches is not None:
            row.sketch = packing.pack((text.sketches[place_],), packing.SKETCH)
        rows.append(row)
    return rows
