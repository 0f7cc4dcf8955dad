"""One worker's turn at an import: how far it has come, and what is noted of it."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from time import monotonic
from typing import Any
from uuid import UUID

from django.db.models import F

from apps.memory.adapters.archives.reading import ArchiveReader
from apps.memory.models import Import, ImportFault
from apps.memory.selectors.exports import UNFINISHED
from apps.memory.services.bringing.sorting import Fault

_ROWS = 500
# Faults beyond these are counted only.
MOST_FAULTS = 10_000


class TurnLost(Exception):
    """The import was cancelled, or another worker has been faster."""


class OutOfTime(Exception):
    """The turn is over."""


class Turn:
    """One worker's turn at an import."""

    def __init__(
        self,
        one: Import,
        reader: ArchiveReader,
        organization_id: UUID,
        on_wait: Callable[[], None],
        budget: timedelta | None,
    ) -> None:
        self.one, self.reader, self.organization_id = one, reader, organization_id
        self.on_wait, self._began, self._budget = on_wait, monotonic(), budget
        self.manifest = reader.manifest
        self.given = reader.context()

    def pause(self) -> None:
        """Between two steps: keep the lease, and give way when the turn is over."""
        self.on_wait()
        if self._budget is not None and monotonic() - self._began > self._budget.total_seconds():
            raise OutOfTime

    def advance(self, **position: Any) -> None:
        """Note how far the import has come, and hold its row; raise `TurnLost` unless it stands where we left it."""
        one = self.one
        mine = Import.objects.filter(
            id=one.id,
            status__in=UNFINISHED,
            step=one.step,
            part=one.part,
            line=one.line,
            version_line=one.version_line,
        )
        if not mine.update(status=Import.Status.RUNNING, **position):
            raise TurnLost
        for name, value in position.items():
            setattr(one, name, value)

    def note(self, member: str, faults: Sequence[Fault], *, now: datetime, **counts: int) -> None:
        """Count, and keep the faults as long as they are not too many."""
        counts["failed"] = counts.get("failed", 0) + len(faults)
        if any(counts.values()):
            Import.objects.filter(id=self.one.id).update(**{name: F(name) + count for name, count in counts.items()})
        room = MOST_FAULTS - self.one.failed
        self.one.failed += len(faults)
        ImportFault.objects.bulk_create(
            ImportFault(
                of=self.one,
                member=member,
                line=one.line,
                memory_id=one.memory_id,
                code=one.code,
                detail=one.detail,
                created_at=now,
            )
            for one in faults[: max(room, 0)]
        )

    def is_ours(self, number: int) -> bool:
        """Whether a memory with this number was brought by this import."""
        first = self.one.first_number
        return self.one.keeps_numbers or first <= number < first + self.one.total

    def batches(self, member: str, kind: type[Any]) -> Iterator[tuple[int, list[Any]]]:
        """Yield the lines that are left of a member, with how many are before them."""
        start = self.one.line
        lines = self.reader.lines(member, kind, skip=start)
        while batch := list(islice(lines, _ROWS)):
            yield start, batch
            start += len(batch)
