"""Which lines of an archive are taken, and why others are not."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import UUID

from apps.core.exceptions import DomainError
from apps.memory.adapters.archives import form
from apps.memory.adapters.archives.reading import BadLine
from apps.memory.exceptions import ExternalIdConflict, ImportConflict, ItemInvalid, MemoryErased
from apps.memory.models import Memory, MemoryRemoval

# The clocks of two servers may differ by so much.
CLOCKS_DIFFER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a line was not taken."""

    line: int
    code: str
    detail: str
    memory_id: UUID | None = None


@dataclass(slots=True)
class SortedOut:
    """The lines of a batch of memories: those to be brought, with their places, and the others."""

    fresh: list[tuple[int, form.MemoryLine]] = field(default_factory=list)
    skipped: int = 0
    faults: list[Fault] = field(default_factory=list)


def sorted_out(
    batch: Sequence[tuple[int, form.MemoryLine | BadLine]], manifest: form.Manifest, *, now: datetime
) -> SortedOut:
    found = SortedOut()
    good: dict[UUID, tuple[int, form.MemoryLine]] = {}
    for number, line in batch:
        if isinstance(line, BadLine):
            found.faults.append(Fault(number, ItemInvalid.code, line.detail))
        elif line.id in good:
            found.faults.append(Fault(number, ItemInvalid.code, "The archive holds the memory twice.", line.id))
        else:
            good[line.id] = (number, line)
    here = _Here.of([line for _, line in good.values()])
    for number, line in good.values():
        if here.hashes.get(line.id) == line.content_hash:
            found.skipped += 1
        elif (reason := here.refusal(line, manifest, now=now)) is not None:
            found.faults.append(Fault(number, reason.code, reason.detail, line.id))
        else:
            found.fresh.append((number, line))
            if line.deleted_at is None:
                here.external_ids.add(line.external_id)
    return found


@dataclass(frozen=True, slots=True)
class _Here:
    """What there is here of some memories of an archive."""

    hashes: Mapping[UUID, str]
    erased: AbstractSet[UUID | None]
    external_ids: set[str]

    @classmethod
    def of(cls, lines: Sequence[form.MemoryLine]) -> Self:
        ids = [line.id for line in lines]
        names = {line.external_id for line in lines if line.deleted_at is None} - {""}
        taken = Memory.objects.filter(external_id__in=names, deleted_at=None).values_list("external_id", flat=True)
        return cls(
            hashes=dict(Memory.objects.filter(id__in=ids).values_list("id", "content_hash")),
            erased=set(MemoryRemoval.objects.filter(memory_id__in=ids).values_list("memory_id", flat=True)),
            external_ids=set(taken),
        )

    def refusal(self, line: form.MemoryLine, manifest: form.Manifest, *, now: datetime) -> DomainError | None:
        """Return why a memory cannot be brought that is not here as it is."""
        if line.id in self.hashes:
            return ImportConflict("The memory is here with another content.")
        if line.id in self.erased:
            return MemoryErased("The memory was deleted here for good.")
        if line.external_id and line.deleted_at is None and line.external_id in self.external_ids:
            return ExternalIdConflict(f"The external id {line.external_id!r} belongs to another memory.")
        if last_change(line) > now + CLOCKS_DIFFER:
            return ItemInvalid("It was recorded in the future.")
        if line.number > manifest.last_number:
            return ItemInvalid("Its number is higher than the last one that the manifest names.")
        return None


def last_change(line: form.MemoryLine) -> datetime:
    return max(line.recorded_at, line.revised_at, line.deleted_at or line.revised_at)


def parted(start: int, batch: Sequence[Any]) -> tuple[list[tuple[int, Any]], list[Fault]]:
    """Return the lines that can be read with their numbers, and the faults of the others."""
    numbered = list(enumerate(batch, start + 1))
    faults = [Fault(at, ItemInvalid.code, line.detail) for at, line in numbered if isinstance(line, BadLine)]
    return [(at, line) for at, line in numbered if not isinstance(line, BadLine)], faults
