"""Archived memories: their texts, which lie packed beside the stubs, and what the archive saves."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Func, IntegerField, Sum
from django.db.models.functions import Greatest

from apps.memory.engine.packed_texts import DamagedError, texts_unpack
from apps.memory.exceptions import ArchiveDamaged
from apps.memory.models import (
    ArchivedMemory,
    ArchiveRule,
    Memory,
    MemoryQuerySet,
    MemoryRows,
    MemoryState,
    MemoryVersion,
    Remembered,
)

# How many packed rows are unpacked at once.
_BATCH = 500


def archived_texts(memory_ids: Iterable[UUID], *, using: str | None = None) -> dict[UUID, dict[int, str] | None]:
    """Return the texts of archived memories by revision; None for one whose packed row is damaged."""
    rows = ArchivedMemory.objects.using(using).filter(memory__in=set(memory_ids))
    found: dict[UUID, dict[int, str] | None] = {}
    for memory_id, packed, expected in rows.values_list("memory_id", "texts", "texts_sha256").iterator(_BATCH):
        try:
            found[memory_id] = texts_unpack(packed, expected)
        except DamagedError:
            found[memory_id] = None
    return found


def damaged(memory_id: UUID) -> ArchiveDamaged:
    return ArchiveDamaged(f"What the archive holds of the memory {memory_id} is not what was put there.")


def state_text(memory_id: UUID, revision: int, texts: Mapping[UUID, dict[int, str] | None]) -> str | None:
    """Return the text of a state that was read as archived, None if there is none any more.

    Raises `ArchiveDamaged`.
    """
    if memory_id in texts:
        found = texts[memory_id]
        if found is None or revision not in found:
            raise damaged(memory_id)
        return found[revision]
    # Brought back since it was read.
    states = MemoryState.objects.filter(id=memory_id, revision=revision, archived_at=None)
    return states.values_list("content", flat=True).first()


def states_complete(states: Sequence[Remembered], *, strict: bool = True, using: str | None = None) -> None:
    """Give states of archived memories their texts in the place of stubs.

    One that is damaged raises `ArchiveDamaged`, or stays a stub, and says so.
    """
    stubs = [one for one in states if one.is_stub]
    if not stubs:
        return
    texts = archived_texts((one.pk for one in stubs), using=using)
    for one in stubs:
        try:
            text = state_text(one.pk, one.revision, texts)
        except ArchiveDamaged:
            if strict:
                raise
            continue
        if text is not None:
            one.content, one.is_stub = text, False


def versions_complete(versions: Sequence[MemoryVersion], *, using: str | None = None) -> None:
    """Give former revisions their texts, which those of archived memories are without. Raises `ArchiveDamaged`."""
    emptied = [one for one in versions if not one.content]
    if not emptied:
        return
    texts = archived_texts((one.memory_id for one in emptied), using=using)
    for one in emptied:
        one.content = state_text(one.memory_id, one.revision, texts) or ""


def results_complete(results: Sequence[dict[str, Any]]) -> None:
    """Do the same for memories as the API shows them; one that is damaged stays a stub, and says so."""
    stubs = [one for one in results if one["is_stub"]]
    if not stubs:
        return
    texts = archived_texts(UUID(one["memory_id"]) for one in stubs)
    for one in stubs:
        try:
            text = state_text(UUID(one["memory_id"]), one["revision"], texts)
        except ArchiveDamaged:
            continue
        if text is not None:
            one["content"], one["is_stub"] = text, False


def ids_containing(rows: MemoryRows, text: str) -> list[UUID]:
    """Return the archived ones among these states whose whole text has this part, in capitals or not."""
    wanted = text.upper()
    states = dict(rows.exclude(archived_at=None).values_list("id", "revision"))
    found: list[UUID] = []
    for memory_id, texts in archived_texts(states).items():
        if texts is not None and wanted in texts.get(states[memory_id], "").upper():
            found.append(memory_id)
    return found


def archivable(now: datetime) -> MemoryQuerySet:
    """Return what may be archived: what is read by the models, and neither in the trash nor expired."""
    return Memory.objects.kept(now).filter(archived_at=None, understood=True)


def archive_due(*, now: datetime) -> list[tuple[ArchiveRule, MemoryQuerySet]]:
    """Return each rule with the memories that it is time for."""
    rules = list(ArchiveRule.objects.order_by("memory_type"))
    own = [rule.memory_type for rule in rules if rule.memory_type]
    due = []
    for rule in rules:
        rows = archivable(now).alias(touched=Greatest("occurred_at", "revised_at"))
        rows = rows.filter(touched__lte=now - timedelta(days=rule.days))
        due.append(
            (rule, rows.filter(memory_type=rule.memory_type) if rule.memory_type else rows.exclude(memory_type__in=own))
        )
    return due


def archive_figures() -> dict[str, int]:
    """Return how many memories are archived, and what that takes: in bytes of the plan, and packed away in all."""
    packed = Func(F("texts"), function="octet_length", output_field=IntegerField()) + Func(
        F("findings"), function="octet_length", output_field=IntegerField()
    )
    found = ArchivedMemory.objects.filter(memory__deleted_at=None).aggregate(
        memories=Count("memory_id"),
        size_before=Sum("size_before", default=0),
        size_after=Sum("memory__size_bytes", default=0),
        unpacked_bytes=Sum("unpacked_bytes", default=0),
        packed_bytes=Sum(packed, default=0),
    )
    return {name: int(value) for name, value in found.items()}


def archive_present(*, now: datetime) -> dict[str, Any]:
    return {
        "rules": [
            {"memory_type": rule.memory_type or None, "days": rule.days, "due": rows.count()}
            for rule, rows in archive_due(now=now)
        ],
        **archive_figures(),
    }
