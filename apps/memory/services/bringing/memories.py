"""The memories of an archive with their history, batch by batch."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.billing.exceptions import QuotaExceeded
from apps.core.bulk import rows_copy
from apps.memory.adapters.archives import form
from apps.memory.adapters.archives.reading import BadLine
from apps.memory.exceptions import ImportConflict, ItemInvalid
from apps.memory.models import EmbeddingEpoch, Memory, MemoryVersion
from apps.memory.selectors.contexts import context_get
from apps.memory.services.archiving import memories_put_away_again
from apps.memory.services.bringing.sorting import CLOCKS_DIFFER, Fault, last_change, sorted_out
from apps.memory.services.bringing.turn import Turn
from apps.memory.services.bringing.writing import memories_write
from apps.memory.services.changes import change_begin
from apps.memory.services.memories import Analysed, analysed, sketched
from apps.memory.types import StoreItem

_MEMORIES = 100


def memories_bring(turn: Turn) -> None:
    for part in range(turn.one.part, turn.reader.parts + 1):
        if part != turn.one.part:
            with transaction.atomic():
                turn.advance(part=part, line=0, version_line=0)
        _bring_part(turn, part)


def _bring_part(turn: Turn, part: int) -> None:
    member = form.memories_member(part)
    away = _away(islice(turn.reader.lines(member, form.MemoryLine), turn.one.line))
    lines = enumerate(turn.reader.lines(member, form.MemoryLine, skip=turn.one.line), turn.one.line + 1)
    while batch := list(islice(lines, _MEMORIES)):
        _bring_memories(turn, part, member, batch)
        away |= _away(line for _, line in batch)
        turn.pause()
    member = form.versions_member(part)
    start = turn.one.version_line
    versions = enumerate(turn.reader.lines(member, form.VersionLine, skip=start), start + 1)
    while some := list(islice(versions, _MEMORIES)):
        _bring_versions(turn, member, some)
        turn.pause()
    # Now that all of their history is there.
    _put_away(turn, away)


def _away(lines: Iterable[form.MemoryLine | BadLine]) -> dict[UUID, datetime]:
    """Return which memories were archived, and when."""
    good = (line for line in lines if isinstance(line, form.MemoryLine))
    return {line.id: line.archived_at for line in good if line.archived_at is not None}


def _put_away(turn: Turn, away: Mapping[UUID, datetime]) -> None:
    rows = Memory.objects.filter(id__in=away).order_by("number").values_list("id", "number")
    ours = [memory_id for memory_id, number in rows if turn.is_ours(number)]
    for start in range(0, len(ours), _MEMORIES):
        memories_put_away_again(
            organization_id=turn.organization_id,
            archived_at={one: away[one] for one in ours[start : start + _MEMORIES]},
            now=timezone.now(),
        )
        turn.pause()


def _bring_memories(turn: Turn, part: int, member: str, batch: Sequence[tuple[int, form.MemoryLine | BadLine]]) -> None:
    now = timezone.now()
    model = context_get().epoch
    texts = _read_anew(turn, [line for _, line in batch if isinstance(line, form.MemoryLine)], model, now=now)
    refused: QuotaExceeded | None = None
    with transaction.atomic():
        moments = [last_change(line) for _, line in batch if isinstance(line, form.MemoryLine)]
        latest = max((one for one in moments if one <= now + CLOCKS_DIFFER), default=now)
        change = change_begin(now=max(now, latest))
        if change.context.epoch_id != model.id:
            # Switched meanwhile. Rare enough to let the other writers wait.
            lines = [line for _, line in batch if isinstance(line, form.MemoryLine)]
            texts = _read_anew(turn, lines, change.context.epoch, now=now)
        turn.advance(line=batch[-1][0])
        found = sorted_out(batch, turn.manifest, now=now)
        created = 0
        try:
            with transaction.atomic():
                found.faults += memories_write(turn, part, found.fresh, texts, change, now=now)
                created = len(found.fresh) - sum(one.memory_id in _ids(found.fresh) for one in found.faults)
        except (QuotaExceeded, IntegrityError):
            # Not all of them can be had: one after the other, so that the others are.
            for one in found.fresh:
                try:
                    with transaction.atomic():
                        faults = memories_write(turn, part, [one], texts, change, now=now)
                    created += not faults
                except QuotaExceeded as error:
                    refused = error
                    break
                except IntegrityError:
                    reason = "A number or a passage of it is another memory's here."
                    faults = [Fault(one[0], ImportConflict.code, reason, one[1].id)]
                found.faults += faults
        turn.note(member, found.faults, now=now, created=created, skipped=found.skipped)
    if refused is not None:
        raise refused


def _read_anew(
    turn: Turn, lines: Sequence[form.MemoryLine], epoch: EmbeddingEpoch, *, now: datetime
) -> dict[UUID, Analysed]:
    """Read the texts that were read elsewhere in another way, or by other models: by their words, for now."""
    is_alike = turn.manifest.is_read(epoch.model, epoch.dimension)
    unlike = [line for line in lines if not (is_alike and line.is_read and _fits(line, epoch.dimension))]
    known = set(Memory.objects.filter(id__in=[line.id for line in unlike]).values_list("id", flat=True))
    unlike = [line for line in unlike if line.id not in known]
    if not unlike:
        return {}
    items = [StoreItem(content=one.content, metadata=one.metadata, occurred_at=one.occurred_at) for one in unlike]
    texts = sketched([analysed(item, now=now) for item in items])
    return {line.id: text for line, text in zip(unlike, texts, strict=True)}


def _bring_versions(turn: Turn, member: str, batch: Sequence[tuple[int, form.VersionLine | BadLine]]) -> None:
    now = timezone.now()
    good: list[tuple[int, form.VersionLine]] = []
    faults: list[Fault] = []
    for number, line in batch:
        if isinstance(line, BadLine):
            faults.append(Fault(number, ItemInvalid.code, line.detail))
        elif line.replaced_at > now + CLOCKS_DIFFER:
            faults.append(Fault(number, ItemInvalid.code, "It was recorded in the future.", line.memory))
        else:
            good.append((number, line))
    with transaction.atomic():
        change_begin(now=now)
        turn.advance(version_line=batch[-1][0])
        ids = {line.memory for _, line in good}
        # Those of memories that were here before are theirs; they stay as they are.
        rows = Memory.objects.filter(id__in=ids).values_list("id", "number", "revision")
        brought = {memory_id: revision for memory_id, number, revision in rows if turn.is_ours(number)}
        kept = set(MemoryVersion.objects.filter(memory_id__in=brought).values_list("memory_id", "revision"))
        fresh: list[MemoryVersion] = []
        for number, line in good:
            if line.memory not in brought:
                continue
            if (line.memory, line.revision) in kept or line.revision >= brought[line.memory]:
                faults.append(Fault(number, ItemInvalid.code, "It is no former revision.", line.memory))
                continue
            kept.add((line.memory, line.revision))
            fresh.append(MemoryVersion(memory_id=line.memory, **_version_fields(line)))
        rows_copy(fresh)
        turn.note(member, faults, now=now)


def _ids(fresh: Sequence[tuple[int, form.MemoryLine]]) -> set[UUID]:
    return {line.id for _, line in fresh}


def _fits(line: form.MemoryLine, dimension: int) -> bool:
    """Whether all vectors of a memory have as many numbers as its archive says."""
    return all(one.embedding is None or len(one.embedding) == 2 * dimension for one in line.passages)


def _version_fields(line: form.VersionLine) -> dict[str, Any]:
    return {name: value for name, value in line if name != "memory"}
