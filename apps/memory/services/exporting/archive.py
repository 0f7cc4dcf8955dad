"""An archive as a whole: what of the memory goes into it, and all but the memories themselves."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, TypeVar
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.utils.dateparse import parse_datetime

from apps.memory.adapters.archives import form
from apps.memory.adapters.archives.writing import ArchiveWriter
from apps.memory.adapters.originals import original_open
from apps.memory.engine.filters import parse_filter
from apps.memory.engine.reader import EVERYTHING
from apps.memory.engine.reading import READING
from apps.memory.models import (
    Entity,
    Export,
    Memory,
    MemoryContext,
    MemoryRemoval,
    MemoryRows,
    Mention,
    Relation,
    SourceFile,
)
from apps.memory.selectors.contexts import concept_space
from apps.memory.selectors.memories import memories_matching
from apps.memory.selectors.snapshots import snapshot
from apps.memory.services.exporting.looking import Looking
from apps.memory.services.exporting.memories import Written, memories_write
from apps.memory.services.exporting.rules import rules_write
from apps.memory.types import MemoryConditions, Shelf

_ROWS = 2_000

T = TypeVar("T")


def archive_write(export: Export, file: IO[bytes], *, looking: Looking, now: datetime) -> Written:
    written = Written()
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
        if export.conditions is None:
            rules_write(archive, written, using=using)
        memories_write(export, memories, archive, written, context=context, using=using, looking=looking)
        written.counts["damaged"] = len(written.damaged)
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
                damaged=written.damaged,
                members=archive.members,
            )
        )
    return written


def _told(lines: Iterator[T], looking: Looking) -> Iterator[T]:
    for line in lines:
        yield line
        looking.step(0)


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


def _files_write(export: Export, files: QuerySet[SourceFile], archive: ArchiveWriter, *, looking: Looking) -> int:
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
