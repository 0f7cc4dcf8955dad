"""Exports: the memory, or a part of it, in an archive in our storage.

An archive is written in one go by a job that reads everything as of one moment. A job that was killed begins anew: the
row names the place of its archive before anything is written there, so what it left is erased, and nobody has seen it.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby, islice
from tempfile import TemporaryFile
from time import monotonic
from typing import IO, Any, TypeVar
from uuid import UUID

import numpy as np
from django.core.files import File
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from apps.core.ids import new_id
from apps.core.services import enqueue
from apps.core.tenancy.scope import schema_name_for
from apps.memory.adapters.archives import form
from apps.memory.adapters.archives.writing import ArchiveWriter
from apps.memory.adapters.originals import (
    EXPORTS,
    archive_put,
    archives_of,
    original_erase,
    original_kept_at,
    original_open,
)
from apps.memory.adapters.vectors import places_of, vectors_packed
from apps.memory.engine.filters import parse_filter
from apps.memory.engine.reader import EVERYTHING
from apps.memory.engine.reading import READING
from apps.memory.exceptions import ExportNotReady, TooManyExports
from apps.memory.models import (
    ArchivedMemory,
    Chunk,
    Entity,
    Export,
    ExportPart,
    Import,
    Memory,
    MemoryContext,
    MemoryRemoval,
    MemoryRows,
    MemoryVersion,
    Mention,
    Relation,
    RelationEvidence,
    SourceFile,
)
from apps.memory.selectors.archived import versions_complete
from apps.memory.selectors.contexts import concept_space
from apps.memory.selectors.exports import NUMBERS, export_get, exports_kept
from apps.memory.selectors.memories import memories_matching
from apps.memory.selectors.snapshots import snapshot
from apps.memory.services.changes import change_begin
from apps.memory.services.files import SWEPT_AFTER
from apps.memory.services.telling import memory_tell
from apps.memory.services.unpacking import archived_read, made_current
from apps.memory.types import EXPORT_LIFETIME, MAX_EXPORTS, MemoryConditions, Shelf

WRITE_EXPORT = "memory.write_export"
ERASE_ORIGINAL = "memory.erase_original"
# Texts of so many memories are in memory at once, and so many rows of what is small.
_MEMORIES = 100
_ROWS = 2_000
_LOOK_SECONDS = 1.0
_PART = 1 << 20


T = TypeVar("T")


class _NotWanted(Exception):
    """The export was deleted while it was being written."""


@dataclass(slots=True)
class _Written:
    """What has been written so far."""

    counts: dict[str, int] = field(default_factory=dict)
    numbers: list[bytes] = field(default_factory=list)


def export_create(
    *,
    organization_id: UUID,
    conditions: Mapping[str, Any] | None,
    include_versions: bool,
    include_files: bool,
    user_id: UUID | None,
    now: datetime,
) -> Export:
    """Have an archive written. `conditions` None means everything; see `conditions_read`. Raises `TooManyExports`."""
    with transaction.atomic():
        # The row of the context, so that of two calls at once one waits for the other.
        change_begin(now=now)
        kept = exports_kept(now)
        if kept.filter(status__in=[Export.Status.QUEUED, Export.Status.RUNNING]).exists():
            raise TooManyExports("An export is being written. Wait for its end, or delete it.")
        if kept.count() >= MAX_EXPORTS:
            raise TooManyExports(f"{MAX_EXPORTS} exports are kept. Delete one first.")
        export = Export.objects.create(
            conditions=None if conditions is None else dict(conditions),
            include_versions=include_versions,
            include_files=include_files,
            created_by=user_id,
            created_at=now,
        )
        memory_tell("export.requested", ("export", export.id), now=now, whole=conditions is None)
        enqueue(WRITE_EXPORT, organization_id=organization_id, export_id=str(export.id), now=now)
    return export


def conditions_read(stored: Mapping[str, Any]) -> tuple[MemoryConditions, Shelf]:
    """Return the conditions as an export keeps them: the words of the list's, with the filter as JSON."""
    return (
        MemoryConditions(
            memory_type=stored.get("memory_type"),
            filter=parse_filter(stored["filters"]) if "filters" in stored else None,
            text=stored.get("q", ""),
            occurred_after=parse_datetime(stored.get("occurred_after", "")),
            occurred_before=parse_datetime(stored.get("occurred_before", "")),
            entity_id=UUID(stored["entity_id"]) if "entity_id" in stored else None,
            cluster=stored.get("cluster"),
            hour_of_week=stored.get("hour_of_week"),
        ),
        Shelf(stored.get("state", Shelf.LIVE)),
    )


def export_write(
    *, organization_id: UUID, export_id: UUID, on_wait: Callable[[], None] = lambda: None, now: datetime
) -> None:
    """Write the archive of an export and put it into the storage. What a former attempt left is erased first."""
    key = f"{schema_name_for(organization_id)}/{EXPORTS}/{new_id()}"
    with transaction.atomic():
        export = Export.objects.select_for_update().filter(id=export_id).first()
        if export is None or export.status in {Export.Status.SUCCEEDED, Export.Status.FAILED}:
            return
        left, export.storage_key = export.storage_key, key
        export.status, export.done, export.total = Export.Status.RUNNING, 0, 0
        export.save(update_fields=["storage_key", "status", "done", "total"])
    if left:
        original_erase(left)
    looking = _Looking(export, on_wait)
    try:
        with TemporaryFile() as file:
            written = _archive_write(export, file, looking=looking, now=now)
            digest, size = _measured(file)
            looking.look()
            archive_put(key, File(file), on_wait=on_wait)
        wanted = _finish(export_id, key, written, digest=digest, size=size, now=timezone.now())
    except _NotWanted:
        wanted = False
    if not wanted:
        original_erase(key)


def export_fail(*, export_id: UUID, now: datetime) -> None:
    """Say that the archive will not be written."""
    with transaction.atomic():
        export = Export.objects.select_for_update().filter(id=export_id).first()
        if export is None or export.finished_at is not None:
            return
        export.status, export.finished_at, export.expires_at = Export.Status.FAILED, now, now + EXPORT_LIFETIME
        export.error = "The archive could not be written. Ask for another one."
        export.save(update_fields=["status", "finished_at", "expires_at", "error"])
        _tell("export.finished", export, now=now, status=export.status)
    if export.storage_key:
        original_erase(export.storage_key)


def export_fetch(*, export_id: UUID, now: datetime) -> tuple[Export, "File[Any]"]:
    """Open the archive of an export, and tell that somebody did. Raises `ExportNotFound` or `ExportNotReady`."""
    export = export_get(export_id=export_id, now=now)
    if export.status != Export.Status.SUCCEEDED:
        raise ExportNotReady("The archive is not written yet." if export.finished_at is None else export.error)
    try:
        content = original_open(export.storage_key)
    except FileNotFoundError:
        raise ExportNotReady("The archive is not in the storage.") from None
    with transaction.atomic():
        _tell("export.downloaded", export, now=now)
    return export, content


@transaction.atomic
def export_delete(*, organization_id: UUID, export_id: UUID, now: datetime) -> None:
    """Delete an export with its archive; one that is being written stops. Raises `ExportNotFound`."""
    export_get(export_id=export_id, now=now)
    for export in Export.objects.select_for_update().filter(id=export_id):
        _delete(export, organization_id=organization_id, now=now)


@transaction.atomic
def exports_expire(*, organization_id: UUID, now: datetime) -> int:
    """Delete the exports whose time is over; return how many."""
    expired = list(Export.objects.select_for_update().filter(expires_at__lte=now).order_by("id"))
    for export in expired:
        _delete(export, organization_id=organization_id, now=now)
    return len(expired)


def archives_sweep(*, organization_id: UUID, now: datetime) -> int:
    """Erase the archives that no row names, which a crash has left; return how many."""
    keys = set(archives_of(schema_name_for(organization_id)))
    keys -= set(Export.objects.values_list("storage_key", flat=True))
    keys -= set(Import.objects.values_list("storage_key", flat=True))
    lost = [key for key in sorted(keys) if original_kept_at(key) < now - SWEPT_AFTER]
    for key in lost:
        original_erase(key)
    return len(lost)


def _delete(export: Export, *, organization_id: UUID, now: datetime) -> None:
    if export.storage_key:
        enqueue(ERASE_ORIGINAL, organization_id=organization_id, key=export.storage_key, now=now)
    _tell("export.deleted", export, now=now)
    export.delete()


def _tell(name: str, export: Export, *, now: datetime, **more: Any) -> None:
    held = {"memories": export.counts.get("memories", 0), "size_bytes": export.size_bytes}
    memory_tell(name, ("export", export.id), now=now, **held, **more)


class _Looking:
    """Tells how far an export has come, and stops it if it was deleted."""

    def __init__(self, export: Export, on_wait: Callable[[], None]) -> None:
        self._export, self._on_wait = export, on_wait
        self._looked = monotonic()
        self.done = self.total = 0

    def step(self, count: int) -> None:
        self.done += count
        self._on_wait()
        if monotonic() - self._looked > _LOOK_SECONDS:
            self.look()

    def look(self) -> None:
        """Raise `_NotWanted` if another attempt has begun, or nobody waits for this one."""
        mine = Export.objects.filter(id=self._export.id, storage_key=self._export.storage_key)
        if not mine.update(done=self.done, total=self.total):
            raise _NotWanted
        self._looked = monotonic()


def _finish(export_id: UUID, key: str, written: _Written, *, digest: str, size: int, now: datetime) -> bool:
    """Say that the archive is there; False if nobody waits for it any more."""
    with transaction.atomic():
        export = Export.objects.select_for_update().filter(id=export_id, storage_key=key).first()
        if export is None:
            return False
        export.status, export.counts = Export.Status.SUCCEEDED, written.counts
        export.done = export.total = written.counts["memories"]
        export.size_bytes, export.sha256 = size, digest
        export.finished_at, export.expires_at = now, now + EXPORT_LIFETIME
        export.save()
        ExportPart.objects.bulk_create(
            ExportPart(export=export, first_number=int(part[0]), last_number=int(part[-1]), numbers=packed)
            for packed in written.numbers
            if len(part := np.frombuffer(packed, dtype=NUMBERS))
        )
        _tell("export.finished", export, now=now, status=export.status)
    return True


def _measured(file: IO[bytes]) -> tuple[str, int]:
    digest = hashlib.sha256()
    file.seek(0)
    while part := file.read(_PART):
        digest.update(part)
    return digest.hexdigest(), file.tell()


def _archive_write(export: Export, file: IO[bytes], *, looking: _Looking, now: datetime) -> _Written:
    written = _Written()
    with snapshot() as using, ArchiveWriter(file) as archive:
        memories = _memories(export, using, now=now)
        looking.total = memories.count()
        context = MemoryContext.objects.using(using).select_related("epoch").get()
        archive.lines(form.CONTEXT, [_context_line(context)])
        parts = _whole(using) if export.conditions is None else _related(memories, using)
        written.counts["entities"] = archive.lines(form.ENTITIES, _told(_entity_lines(parts.entities), looking))
        written.counts["relations"] = archive.lines(form.RELATIONS, _told(_relation_lines(parts.relations), looking))
        written.counts["files"] = _files_write(export, parts.files, archive, looking=looking)
        written.counts["removals"] = archive.lines(form.REMOVALS, _told(_removal_lines(parts.removals), looking))
        _memories_write(export, memories, archive, written, context=context, using=using, looking=looking)
        archive.finish(
            form.Manifest(
                format=form.FORMAT,
                version=form.VERSION,
                exported_at=now,
                conditions=export.conditions,
                include_versions=export.include_versions,
                include_files=export.include_files,
                reading=READING,
                vectors=form.vectors_of(context.epoch.model, context.epoch.dimension),
                counts=written.counts,
                last_number=context.last_number,
                last_entity=context.last_entity,
                members=archive.members,
            )
        )
    return written


def _told(lines: Iterator[T], looking: _Looking) -> Iterator[T]:
    for line in lines:
        yield line
        looking.step(0)


def _memories(export: Export, using: str, *, now: datetime) -> MemoryRows:
    if export.conditions is None:
        return Memory.objects.using(using)
    conditions, shelf = conditions_read(export.conditions)
    return memories_matching(conditions, reader=EVERYTHING, shelf=shelf, now=now).using(using)


@dataclass(frozen=True, slots=True)
class _Related:
    """What else goes into an archive than memories."""

    entities: QuerySet[Entity]
    relations: QuerySet[Relation]
    files: QuerySet[SourceFile]
    removals: QuerySet[MemoryRemoval]


def _whole(using: str) -> _Related:
    return _Related(
        Entity.objects.using(using).all(),
        Relation.objects.using(using).all(),
        SourceFile.objects.using(using).all(),
        MemoryRemoval.objects.using(using).exclude(memory_id=None).exclude(removed_at=None),
    )


def _related(memories: MemoryRows, using: str) -> _Related:
    """Return what the memories name: entities with what these are other names of, what is stated, and their files."""
    ids: Any = memories.order_by().values("id")
    relations = Relation.objects.using(using).filter(evidence__memory__in=ids).distinct()
    named = Entity.objects.using(using).filter(
        Q(id__in=Mention.objects.using(using).filter(memory__in=ids).values("entity"))
        | Q(id__in=relations.values("source"))
        | Q(id__in=relations.values("target"))
    )
    entities = Entity.objects.using(using).filter(Q(id__in=named.values("id")) | Q(id__in=named.values("alias_of")))
    files = SourceFile.objects.using(using).filter(memories__in=ids).distinct()
    return _Related(entities, relations, files, MemoryRemoval.objects.using(using).none())


def _context_line(context: MemoryContext) -> form.ContextLine:
    space = concept_space(context)
    return form.ContextLine(
        domain=context.domain,
        custom_dimensions=[form.DimensionLine(**one) for one in context.custom_dimensions],
        dimensions=[form.DimensionLine(name=one.name, description=one.description) for one in space.dimensions],
        calibration=[
            form.CalibrationLine.model_construct(
                dimension=one.name,
                axis=axis.astype("<f2").tobytes(),
                midpoint=float(midpoint),
                slope=float(slope),
            )
            for one, axis, midpoint, slope in zip(
                space.dimensions, space.axes, space.midpoints, space.slopes, strict=True
            )
        ],
    )


def _entity_lines(entities: QuerySet[Entity]) -> Iterator[form.EntityLine]:
    # What stands for itself comes before its other names.
    rows = entities.order_by(F("alias_of").asc(nulls_first=True), "number").select_related("alias_of")
    for one in rows.iterator(chunk_size=_ROWS):
        yield form.EntityLine.model_construct(
            id=one.id,
            number=one.number,
            key=one.key,
            name=one.name,
            kind=one.kind,
            type=one.type,
            alias_of=one.alias_of.key if one.alias_of else None,
            properties=one.properties,
        )


def _relation_lines(relations: QuerySet[Relation]) -> Iterator[form.RelationLine]:
    rows = relations.order_by("id").select_related("source", "target")
    for one in rows.iterator(chunk_size=_ROWS):
        yield form.RelationLine.model_construct(
            source=one.source.key, target=one.target.key, kind=one.kind, properties=one.properties
        )


def _removal_lines(removals: QuerySet[MemoryRemoval]) -> Iterator[form.RemovalLine]:
    for one in removals.order_by("number").iterator(chunk_size=_ROWS):
        yield form.RemovalLine.model_construct(memory=one.memory_id, number=one.number, removed_at=one.removed_at)


def _files_write(export: Export, files: QuerySet[SourceFile], archive: ArchiveWriter, *, looking: _Looking) -> int:
    """Write the originals that are there, and a line for each."""
    held: set[UUID] = set()
    if export.include_files:
        for one in files.filter(deleted_at=None).order_by("id").iterator(chunk_size=_ROWS):
            looking.step(0)
            try:
                with original_open(one.storage_key) as content:
                    archive.content(form.file_member(one.id), content)
            except FileNotFoundError:
                # Deleted since the moment that the export is of.
                continue
            held.add(one.id)
    lines = (
        form.FileLine.model_construct(
            id=one.id,
            name=one.name,
            media_type=one.media_type,
            size_bytes=one.size_bytes,
            sha256=one.sha256,
            module=one.module,
            created_by=one.created_by,
            created_at=one.created_at,
            deleted_at=one.deleted_at,
            content=one.id in held,
        )
        for one in files.order_by("id").iterator(chunk_size=_ROWS)
    )
    return archive.lines(form.FILES, lines)


def _memories_write(
    export: Export,
    memories: MemoryRows,
    archive: ArchiveWriter,
    written: _Written,
    *,
    context: MemoryContext,
    using: str,
    looking: _Looking,
) -> None:
    written.counts |= {"memories": 0, "versions": 0}
    last, part = 0, 1
    while True:
        numbers = list(
            memories.filter(number__gt=last).order_by("number").values_list("number", flat=True)[: form.PART_MEMORIES]
        )
        if not numbers:
            return
        last = numbers[-1]
        written.counts["memories"] += archive.lines(
            form.memories_member(part), _memory_lines(numbers, context=context, using=using, looking=looking)
        )
        if export.include_versions:
            versions = MemoryVersion.objects.using(using).filter(memory__number__in=numbers)
            if versions.exists():
                written.counts["versions"] += archive.lines(
                    form.versions_member(part), _version_lines(versions, using=using, looking=looking)
                )
        written.numbers.append(np.array(numbers, dtype=NUMBERS).tobytes())
        part += 1


def _version_lines(versions: QuerySet[MemoryVersion], *, using: str, looking: _Looking) -> Iterator[form.VersionLine]:
    for one in _texts_filled(versions.order_by("memory__number", "revision"), using=using):
        looking.step(0)
        yield form.VersionLine.model_construct(
            memory=one.memory_id,
            **_state(one),
            recorded_at=one.recorded_at,
            replaced_at=one.replaced_at,
            changed_by=one.changed_by,
            reason=one.reason,
        )


def _texts_filled(versions: QuerySet[MemoryVersion], *, using: str) -> Iterator[MemoryVersion]:
    rows = versions.iterator(chunk_size=_MEMORIES)
    while some := list(islice(rows, _MEMORIES)):
        versions_complete(some, using=using)
        yield from some


def _state(one: Memory | MemoryVersion) -> dict[str, Any]:
    return {
        "content": one.content,
        "metadata": one.metadata,
        "memory_type": one.memory_type,
        "source": one.source,
        "occurred_at": one.occurred_at,
        "occurred_end": one.occurred_end,
        "expires_at": one.expires_at,
        "deleted_at": one.deleted_at,
        "superseded_by": one.superseded_by,
        "superseded_at": one.superseded_at,
        "revision": one.revision,
    }


def _memory_lines(
    numbers: Sequence[int], *, context: MemoryContext, using: str, looking: _Looking
) -> Iterator[form.MemoryLine]:
    for start in range(0, len(numbers), _MEMORIES):
        some = numbers[start : start + _MEMORIES]
        rows = list(Memory.objects.using(using).filter(number__in=some).select_related("file").order_by("number"))
        ids = [one.id for one in rows]
        passages = _by_memory(Chunk.objects.using(using).filter(memory__in=ids).order_by("memory_id", "ordinal"))
        vectors = vectors_packed(context.epoch_id, ids, using=using)
        places = places_of(context.epoch_id, ids, using=using)
        archived = ArchivedMemory.objects.using(using).filter(memory__in=ids).select_related("memory")
        away = {row.memory_id: archived_read(row, using=using) for row in archived}
        mentions = _by_memory(
            Mention.objects.using(using).filter(memory__in=ids).select_related("entity").order_by("memory_id", "id")
        )
        evidence = _by_memory(
            RelationEvidence.objects.using(using)
            .filter(memory__in=ids)
            .select_related("relation__source", "relation__target")
            .order_by("memory_id", "id")
        )
        for row in rows:
            one, parts = row, passages.get(row.id, [])
            if row.id in away:
                whole = made_current(away[row.id], context)
                one, parts = whole.memory, whole.findings.passages
                vectors |= {key: vector.astype("<f2").tobytes() for key, vector in whole.findings.vectors.items()}
                if whole.concepts is not None:
                    places[one.id] = whole.concepts
            yield form.MemoryLine.model_construct(
                id=one.id,
                number=one.number,
                **_state(one),
                content_hash=one.content_hash,
                module=one.module,
                external_id=one.external_id,
                occurred_given=one.occurred_given,
                recorded_at=one.recorded_at,
                revised_at=one.revised_at,
                created_by=one.created_by,
                archived_at=one.archived_at,
                file=form.FileName.model_construct(id=row.file.id, sha256=row.file.sha256) if row.file else None,
                place=one.place,
                fingerprint=one.fingerprint,
                thread=one.thread,
                reading=one.reading,
                understood=one.understood,
                concepts=[float(value) for value in places.get(one.id, ())],
                times=bytes(one.times),
                passages=[_passage_line(passage, vectors.get(passage.id)) for passage in parts],
                mentions=[
                    form.MentionLine.model_construct(
                        entity=said.entity.key,
                        count=said.count,
                        is_subject=said.is_subject,
                        start=said.start,
                        end=said.end,
                    )
                    for said in mentions.get(one.id, ())
                ],
                evidence=[
                    form.EvidenceLine.model_construct(
                        source=said.relation.source.key,
                        target=said.relation.target.key,
                        kind=said.relation.kind,
                        start=said.start,
                        end=said.end,
                    )
                    for said in evidence.get(one.id, ())
                ],
            )
        looking.step(len(rows))


def _passage_line(row: Chunk, vector: bytes | None) -> form.PassageLine:
    return form.PassageLine.model_construct(
        id=row.id,
        ordinal=row.ordinal,
        start=row.start,
        end=row.end,
        terms=bytes(row.terms),
        sketch=None if row.sketch is None else bytes(row.sketch),
        sparse=None if row.sparse is None else bytes(row.sparse),
        embedding=vector,
    )


def _by_memory(rows: Iterable[Any]) -> dict[UUID, list[Any]]:
    return {memory_id: list(group) for memory_id, group in groupby(rows, key=lambda row: row.memory_id)}
