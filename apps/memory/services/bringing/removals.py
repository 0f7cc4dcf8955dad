"""What an archive says of memories that were deleted for good."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.memory.adapters.archives import form
from apps.memory.exceptions import ItemInvalid
from apps.memory.models import Memory, MemoryRemoval
from apps.memory.services.bringing.sorting import CLOCKS_DIFFER, Fault, parted
from apps.memory.services.bringing.turn import Turn
from apps.memory.services.changes import change_begin


def removals_bring(turn: Turn) -> None:
    for start, batch in turn.batches(form.REMOVALS, form.RemovalLine):
        now = timezone.now()
        good, faults = parted(start, batch)
        with transaction.atomic():
            change = change_begin(now=now)
            turn.advance(line=start + len(batch))
            ids = {line.memory for _, line in good}
            known: set[UUID | None] = set(Memory.objects.filter(id__in=ids).values_list("id", flat=True))
            known |= set(MemoryRemoval.objects.filter(memory_id__in=ids).values_list("memory_id", flat=True))
            numbers = {_number(turn, at, line) for at, line in good}
            taken = set(Memory.objects.filter(number__in=numbers).values_list("number", flat=True))
            taken |= set(MemoryRemoval.objects.filter(number__in=numbers).values_list("number", flat=True))
            rows: list[MemoryRemoval] = []
            for at, line in good:
                if line.memory in known:
                    continue
                number = _number(turn, at, line)
                if number in taken or line.removed_at > now + CLOCKS_DIFFER:
                    faults.append(Fault(at, ItemInvalid.code, "It cannot have been removed so.", line.memory))
                    continue
                known.add(line.memory)
                taken.add(number)
                rows.append(
                    MemoryRemoval(
                        number=number, change=change.change, memory_id=line.memory, removed_at=line.removed_at
                    )
                )
            MemoryRemoval.objects.bulk_create(rows)
            turn.note(form.REMOVALS, faults, now=now)
        turn.pause()


def _number(turn: Turn, at: int, line: form.RemovalLine) -> int:
    if turn.one.keeps_numbers:
        return line.number
    return turn.one.first_number + turn.one.total + at - 1
