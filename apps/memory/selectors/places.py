"""Every place in which something of a memory may lie, and how much of it lies there.

`docs/guides/memory.md` has the same list in words; a new place belongs into both, and into `erasure_clear`.
"""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q

from apps.core.services import answers_naming
from apps.memory.adapters.cached_values import cached_count
from apps.memory.adapters.originals import original_exists
from apps.memory.adapters.vectors import vectors_count
from apps.memory.models import (
    ArchivedMemory,
    Chunk,
    Entity,
    Export,
    Import,
    InsightPart,
    Memory,
    MemoryVersion,
    Mention,
    OperationItem,
    Relation,
    RelationEvidence,
    Review,
    SourceFile,
)
from apps.memory.selectors.exports import UNFINISHED, exports_holding


@dataclass(frozen=True, slots=True)
class Subject:
    """What an erasure is about, in ids and keys: memories, and what nothing but them supports.

    `change` is the number of the change that deletes them: what was computed of all memories before may tell of them.
    """

    organization_id: str
    memory_ids: list[str]
    entity_ids: list[str]
    relation_ids: list[str]
    originals: list[str]
    # Archives: exports that hold a memory, and what is being imported, which may.
    exports: list[str]
    imports: list[str]
    change: int

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def subject_of(*, organization_id: UUID, memory_ids: Collection[UUID], change: int) -> Subject:
    """Return the subject of an erasure that is about to begin."""
    others = Mention.objects.exclude(memory__in=memory_ids)
    entities = Entity.objects.filter(mentions__memory__in=memory_ids).exclude(id__in=others.values("entity_id"))
    evidence = RelationEvidence.objects.exclude(memory__in=memory_ids)
    relations = (
        Relation.objects.filter(evidence__memory__in=memory_ids, properties={})
        .exclude(id__in=evidence.values("relation_id"))
        .distinct()
    )
    relation_ids = list(relations.values_list("id", flat=True))
    # Some are named by a relation that stays.
    named = Relation.objects.exclude(id__in=relation_ids)
    entities = entities.exclude(id__in=named.values("source_id")).exclude(id__in=named.values("target_id"))
    files = SourceFile.objects.filter(memories__in=memory_ids, deleted_at=None)
    return Subject(
        organization_id=str(organization_id),
        memory_ids=sorted(map(str, memory_ids)),
        entity_ids=sorted(map(str, entities.distinct().values_list("id", flat=True))),
        relation_ids=sorted(map(str, relation_ids)),
        originals=sorted(files.distinct().values_list("storage_key", flat=True)),
        exports=sorted(Export.objects.filter(id__in=exports_holding(memory_ids)).values_list("storage_key", flat=True)),
        imports=sorted(Import.objects.filter(status__in=UNFINISHED).values_list("storage_key", flat=True)),
        change=change,
    )


def places_count(subject: Subject) -> dict[str, int]:
    """Return by place how many pieces of the subject lie there."""
    ids = subject.memory_ids
    of_memory = Q(memory__in=ids)
    return {
        "memories": Memory.objects.filter(id__in=ids).count(),
        "archived texts": ArchivedMemory.objects.filter(of_memory).count(),
        "versions": MemoryVersion.objects.filter(of_memory).count(),
        "passages": Chunk.objects.filter(of_memory).count(),
        **vectors_count([UUID(one) for one in ids]),
        "mentions": Mention.objects.filter(of_memory).count(),
        "evidence": RelationEvidence.objects.filter(of_memory).count(),
        "reviews": Review.objects.filter(Q(older__in=ids) | Q(newer__in=ids)).count(),
        "relations": Relation.objects.filter(id__in=subject.relation_ids).count(),
        "entities": Entity.objects.filter(id__in=subject.entity_ids).count(),
        "ingestion payloads": OperationItem.objects.filter(memory_id__in=ids, payload__isnull=False).count(),
        "original files": sum(original_exists(key) for key in subject.originals),
        "exports": sum(original_exists(key) for key in subject.exports if key),
        "archives being imported": sum(original_exists(key) for key in subject.imports if key),
        "insights": InsightPart.objects.filter(change__lt=subject.change).count(),
        "remembered answers": len(answers_naming(UUID(subject.organization_id), ids)),
        "cached values": cached_count(UUID(subject.organization_id)),
    }


def subject_read(data: Mapping[str, Any]) -> Subject:
    return Subject(**data)
