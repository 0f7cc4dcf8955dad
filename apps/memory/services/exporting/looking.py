"""How far an export has come, and whether somebody still waits for it."""

from collections.abc import Callable
from time import monotonic

from apps.memory.models import Export

_LOOK_SECONDS = 1.0


class ExportGone(Exception):
    """The export was deleted while it was being written."""


class Looking:
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
        """Raise `ExportGone` if another attempt has begun, or nobody waits for this one."""
        mine = Export.objects.filter(id=self._export.id, storage_key=self._export.storage_key)
        if not mine.update(done=self.done, total=self.total):
            raise ExportGone
        self._looked = monotonic()
