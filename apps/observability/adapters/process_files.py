"""The files that processes count into, and what becomes of them when a process has died.

Each process holds a lock on a file of its own name for as long as it lives, so the system itself says who is dead: also
for processes of other containers that share the folder, and whatever number a new process gets. What the dead have
counted is folded into one file; else it would either vanish or leave files without end.

A fold is a file that is complete before it gets its name, beside a list of what it holds. Whoever finds that list first
removes what is listed, so a fold that is interrupted counts nothing twice.
"""

import fcntl
import json
import os
import socket
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import prometheus_client.values
from prometheus_client.mmap_dict import MmapedDict

_ALIVE = ".alive"
_FOLDED = "folded"
# Their figures add up over processes, dead ones too; those of gauges die with theirs.
_LASTING = ("counter", "histogram", "summary")


class _Identity:
    """The name of this process in the folder, which a fork does not share. The library's file names split at `_`."""

    def __init__(self, folder: Path, process: str) -> None:
        self._folder = folder
        self._process = process
        self._pid = 0
        self._descriptor = -1
        self.name = ""

    def __call__(self) -> str:
        if self._pid != os.getpid():
            self._take()
        return self.name

    def _take(self) -> None:
        if self._descriptor >= 0:
            # The parent's, which a fork has inherited; the parent still holds it.
            os.close(self._descriptor)
        self._pid = os.getpid()
        host = socket.gethostname().replace("_", "-")
        self.name = f"{host}-{self._pid}"
        path = self._folder / f"{self.name}{_ALIVE}"
        while True:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
            with suppress(FileNotFoundError):
                if path.stat().st_ino == os.fstat(self._descriptor).st_ino:
                    break
            # Somebody took it for that of a dead process in between.
            os.close(self._descriptor)
        os.ftruncate(self._descriptor, 0)
        os.write(self._descriptor, self._process.encode())


@dataclass(frozen=True, slots=True)
class Counted:
    """The files that hold all figures, and how many processes of each name live."""

    files: list[str]
    processes: Counter[str]


def counting_begin(path: str, *, process: str) -> None:
    """Have this process, and what is forked from it, count into files that can be told from those of dead ones.

    Call it before the first instrument is made.
    """
    folder = Path(path)
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        identity = _Identity(folder, process)
    prometheus_client.values.ValueClass = prometheus_client.values.MultiProcessValue(identity)  # type: ignore[no-untyped-call]  # untyped upstream


@contextmanager
def dead_folded(folder: Path) -> Iterator[Counted]:
    """Fold what dead processes have left, and yield what there is; nobody folds meanwhile."""
    with _alone(folder):
        _finish_interrupted(folder)
        processes = _fold(folder)
        yield Counted([str(path) for path in sorted(folder.glob("*.db"))], processes)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _fold(folder: Path) -> Counter[str]:
    alive: dict[str, str] = {}
    dead: list[tuple[Path, int]] = []
    for path in folder.glob(f"*{_ALIVE}"):
        with suppress(FileNotFoundError):
            descriptor = os.open(path, os.O_RDWR)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                alive[path.name.removesuffix(_ALIVE)] = os.read(descriptor, 100).decode()
                os.close(descriptor)
            else:
                dead.append((path, descriptor))
    try:
        left = [path for path in folder.glob("*.db") if _owner(path) not in alive]
        for kind in _LASTING:
            of_kind = [path for path in left if path.name.startswith(f"{kind}_")]
            if any(_owner(path) != _FOLDED for path in of_kind):
                _fold_kind(folder, kind, of_kind)
        for path in left:
            if path.name.startswith("gauge_"):
                path.unlink(missing_ok=True)
        for path, _ in dead:
            path.unlink(missing_ok=True)
    finally:
        for _, descriptor in dead:
            os.close(descriptor)
    return Counter(alive.values())


def _fold_kind(folder: Path, kind: str, files: list[Path]) -> None:
    sums: dict[str, float] = defaultdict(float)
    for path in files:
        for key, value, _, _ in MmapedDict.read_all_values_from_file(path):  # type: ignore[no-untyped-call]  # untyped upstream
            sums[key] += value
    fresh = folder / f"{kind}.fresh"
    fresh.unlink(missing_ok=True)
    written = MmapedDict(str(fresh))  # type: ignore[no-untyped-call]  # as above
    for key, value in sums.items():
        written.write_value(key, value, 0.0)  # type: ignore[no-untyped-call]  # as above
    written.close()  # type: ignore[no-untyped-call]  # as above
    (folder / f"{kind}.json").write_text(json.dumps([path.name for path in files]))
    # From here on it is done, whatever happens: the new file holds what the listed ones do.
    fresh.replace(folder / f"{kind}.ready")
    _finish(folder, kind)


def _finish_interrupted(folder: Path) -> None:
    for kind in _LASTING:
        if (folder / f"{kind}.ready").exists():
            _finish(folder, kind)


def _finish(folder: Path, kind: str) -> None:
    """Remove what a ready fold holds, then give it its name; every step may be done twice."""
    for name in json.loads((folder / f"{kind}.json").read_text()):
        (folder / name).unlink(missing_ok=True)
    (folder / f"{kind}.ready").replace(folder / f"{kind}_{_FOLDED}.db")


def _owner(path: Path) -> str:
    return path.stem.rpartition("_")[2]
