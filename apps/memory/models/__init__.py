"""The organisation memory. Every table here lives in the schema of one organisation."""

from apps.memory.models.contexts import EmbeddingEpoch, InsightPart, MemoryContext, OrganizationMemory
from apps.memory.models.exports import Export, ExportPart, Import, ImportFault
from apps.memory.models.files import SourceFile
from apps.memory.models.grants import Grant, GrantQuerySet
from apps.memory.models.graph import Entity, Mention, Relation, RelationEvidence
from apps.memory.models.keeping import ArchiveRule, Erasure, LegalHold, RetentionRule
from apps.memory.models.memories import (
    ArchivedMemory,
    Memory,
    MemoryQuerySet,
    MemoryRemoval,
    MemoryRows,
    MemoryState,
    MemoryStateQuerySet,
    MemoryVersion,
    Remembered,
)
from apps.memory.models.operations import Operation, OperationFile, OperationItem
from apps.memory.models.passages import Chunk, MemoryPlace, PassageVector
from apps.memory.models.reviews import Review, ReviewProgress, ReviewQuerySet

__all__ = [
    "ArchiveRule",
    "ArchivedMemory",
    "Chunk",
    "EmbeddingEpoch",
    "Entity",
    "Erasure",
    "Export",
    "ExportPart",
    "Grant",
    "GrantQuerySet",
    "Import",
    "ImportFault",
    "InsightPart",
    "LegalHold",
    "Memory",
    "MemoryContext",
    "MemoryPlace",
    "MemoryQuerySet",
    "MemoryRemoval",
    "MemoryRows",
    "MemoryState",
    "MemoryStateQuerySet",
    "MemoryVersion",
    "Mention",
    "Operation",
    "OperationFile",
    "OperationItem",
    "OrganizationMemory",
    "PassageVector",
    "Relation",
    "RelationEvidence",
    "Remembered",
    "RetentionRule",
    "Review",
    "ReviewProgress",
    "ReviewQuerySet",
    "SourceFile",
]
