"""What runs, in `.liftos/run.json`, so that a later start, stop or status finds it even after the launcher was killed.

A process identifier alone proves nothing, as the system uses numbers again. A process is ours when its number and its
start time are the recorded ones, or when it belongs to the process group of a recorded one and carries our run's token
in its environment. Nothing else is ever signalled.
"""

import json
import os
import signal
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import psutil

TOKEN_VARIABLE = "LIFTOS_RUN"  # noqa: S105 - the name of a variable, no secret
# The start time is derived from the boot time, which moves a little when the clock is set.
START_TOLERANCE_SECONDS = 2.0
END_SECONDS = 4.0


@dataclass(frozen=True)
class ProcessRecord:
    """A process by its number and its start time in seconds since the epoch."""

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> "ProcessRecord":
        """Record a running process; raises `psutil.NoSuchProcess` if it has gone."""
        return cls(pid, psutil.Process(pid).create_time())

    def process(self) -> psutil.Process | None:
        """Return the running process that this record means, never another one with its number."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) <= START_TOLERANCE_SECONDS
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.Error:
            return None


@dataclass(frozen=True)
class Run:
    """One run of the platform: its token, its launcher, how far it is, and its processes by name."""

    token: str
    launcher: ProcessRecord
    phase: str = "starting"
    ready: bool = False
    port: int = 0
    url: str = ""
    processes: dict[str, ProcessRecord] = field(default_factory=dict)

    def with_process(self, name: str, record: ProcessRecord) -> "Run":
        return replace(self, processes={**self.processes, name: record})

    def write(self, path: Path) -> None:
        """Replace the file in one step: a reader sees the old or the new one."""
        draft = path.with_suffix(".tmp")
        draft.write_text(json.dumps(asdict(self), indent=2))
        draft.replace(path)

    @classmethod
    def read(cls, path: Path) -> "Run | None":
        """Return the recorded run; None if there is none that can be read."""
        try:
            data = json.loads(path.read_text())
            processes = {name: ProcessRecord(**record) for name, record in data.pop("processes").items()}
            return cls(**{**data, "launcher": ProcessRecord(**data["launcher"]), "processes": processes})
        except (FileNotFoundError, ValueError, TypeError, KeyError, AttributeError):
            return None


def members(record: ProcessRecord, token: str) -> Iterator[psutil.Process]:
    """Yield the processes of a recorded one's group that are ours, itself included."""
    if leader := record.process():
        yield leader
    for process in psutil.process_iter():
        try:
            if process.pid == record.pid or os.getpgid(process.pid) != record.pid:
                continue
            if process.environ().get(TOKEN_VARIABLE) == token:
                yield process
        except (psutil.Error, OSError):
            continue


def kill(record: ProcessRecord, token: str) -> None:
    """Kill what is left of a recorded process and of its group, at once."""
    for process in list(members(record, token)):
        _signal(process, signal.SIGKILL)


def end(records: Iterable[ProcessRecord], token: str) -> int:
    """End recorded processes and their groups, gently at first; return how many there were."""
    found = [process for record in records for process in members(record, token)]
    for process in found:
        _signal(process, signal.SIGTERM)
    _, stubborn = psutil.wait_procs(found, timeout=END_SECONDS)
    for process in stubborn:
        _signal(process, signal.SIGKILL)
    psutil.wait_procs(stubborn, timeout=END_SECONDS)
    return len(found)


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return
