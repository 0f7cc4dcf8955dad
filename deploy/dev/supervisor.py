"""Keeps the processes running, with circus: starts them, prefixes their output, restarts what dies, ends all of them.

Circus restarts a process once a second for ever and forgets the children of one that was killed. So here each watcher
stops when its process dies (`respawn=False`); then what is left of its process group is killed, and the watcher is
started again after a delay that grows. Circus's control sockets are in-process ones: nothing else can reach them.
"""

import asyncio
import logging
import os
import shlex
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import psutil
from circus import get_arbiter
from circus.exc import ConflictError
from circus.watcher import Watcher
from tornado.ioloop import IOLoop

from deploy.dev.console import Console, LogStream
from deploy.dev.record import ProcessRecord, kill
from deploy.dev.state import REPOSITORY

CHECK_SECONDS = 0.5
# The delay after a death doubles up to the cap; a process that has lived long enough starts over.
BACKOFF_SECONDS = 1.0
BACKOFF_CAP_SECONDS = 30.0
STABLE_SECONDS = 60.0


# In a process's own environment: it does not get this variable.
UNSET = "\0"


@dataclass(frozen=True)
class ProcessSpec:
    """A process to keep running: its name in the log, its command, and how many seconds it may take to end.

    `environment` is added to that of all processes. The platform starts without a process that is not `required`.
    """

    name: str
    command: tuple[str, ...]
    grace: float = 5.0
    environment: Mapping[str, str] = field(default_factory=dict)
    required: bool = True


@dataclass
class Watched:
    """What the supervisor knows of one process over its restarts."""

    spec: ProcessSpec
    stream: LogStream
    record: ProcessRecord | None = None
    exit_code: int | None = None
    started: float = 0.0
    deaths: int = 0

    def next_delay(self, lived: float) -> float:
        """Count a death after `lived` seconds and return how many seconds to wait before the next start."""
        self.deaths = 1 if lived >= STABLE_SECONDS else self.deaths + 1
        return float(min(BACKOFF_SECONDS * 2 ** (self.deaths - 1), BACKOFF_CAP_SECONDS))


@dataclass
class Supervisor:
    """Runs `specs` until `stop`. `on_spawn` is told the record of each process that starts, restarts included.

    Until `settled` is set, a process that dies is not started again: `failed` names it, and the start has failed.
    """

    specs: tuple[ProcessSpec, ...]
    environment: Mapping[str, str]
    token: str
    console: Console
    on_spawn: Callable[[str, ProcessRecord], None]
    settled: bool = False
    failed: Watched | None = None
    watched: dict[str, Watched] = field(default_factory=dict)
    _arbiter: Any = None
    _stopping: bool = False
    _restarts: set[asyncio.Task[None]] = field(default_factory=set)

    async def start(self) -> None:
        logging.getLogger("tornado.application").addFilter(_is_no_conflict)
        self._arbiter = get_arbiter(
            [],
            controller="inproc://liftos-control",
            pubsub_endpoint="inproc://liftos-events",
            # Empty switches circus's discovery by multicast off; None would choose a group.
            multicast_endpoint="",
            loop=IOLoop.current(),
            check_delay=CHECK_SECONDS,
        )
        for spec in self.specs:
            self._add(spec)
        await self._arbiter.start()

    async def stop(self) -> None:
        """End all processes: gently, after their grace by force; and whatever they have left behind."""
        self._stopping = True
        for task in self._restarts:
            task.cancel()
        if self._arbiter is not None:
            await _exclusive(self._arbiter.stop)
        self.kill_all()

    def kill_all(self) -> None:
        """Kill every process and its group at once."""
        for watched in self.watched.values():
            if watched.record:
                kill(watched.record, self.token)

    def _add(self, spec: ProcessSpec) -> None:
        watched = Watched(spec, LogStream(self.console, spec.name))
        self.watched[spec.name] = watched
        # Not given to get_arbiter, which would replace every `$NAME` inside the environment's values.
        hooks: dict[str, tuple[Callable[..., bool | None], bool]] = {
            "after_spawn": (self._after_spawn, False),
            "before_reap": (self._before_reap, True),
            "after_reap": (self._after_reap, True),
            "after_stop": (self._after_stop, True),
        }
        self._arbiter.add_watcher(
            spec.name,
            shlex.join(spec.command),
            working_dir=str(REPOSITORY),
            env={
                name: value
                for name, value in {**self.environment, "PROCESS_NAME": spec.name, **spec.environment}.items()
                if value != UNSET
            },
            graceful_timeout=spec.grace,
            respawn=False,
            stdout_stream={"stream": watched.stream},
            stderr_stream={"stream": watched.stream},
            hooks=hooks,
        )

    def _after_spawn(self, *, watcher: Watcher, pid: int, **details: Any) -> bool:
        del details
        watched = self.watched[watcher.name]
        watched.started = time.time()
        try:
            watched.record = ProcessRecord.of(pid)
        except psutil.NoSuchProcess:
            # It died at once; its end is noticed at the next check.
            return True
        self.on_spawn(watcher.name, watched.record)
        return True

    def _before_reap(self, *, watcher: Watcher, process_pid: int, **details: Any) -> None:
        """Read what the process wrote last, and let go of its pipes; circus would close them unread."""
        del details
        process = watcher.processes.get(process_pid)
        redirector = watcher.stream_redirector
        if process is None or redirector is None:
            return
        for name, pipe in redirector.get_process_pipes(process):
            if pipe is None or pipe.closed:
                continue
            os.set_blocking(pipe.fileno(), False)
            while data := _read(pipe.fileno()):
                self.watched[watcher.name].stream({"name": name, "data": data, "pid": process_pid})
        redirector.remove_redirections(process)

    def _after_reap(self, *, watcher: Watcher, exit_code: int | None, **details: Any) -> None:
        del details
        self.watched[watcher.name].exit_code = exit_code

    def _after_stop(self, *, watcher: Watcher, **details: Any) -> None:
        del details
        watched = self.watched[watcher.name]
        watched.stream.finish()
        if watched.record:
            kill(watched.record, self.token)
        if self._stopping:
            return
        if not self.settled and watched.spec.required:
            self.failed = self.failed or watched
            return
        delay = watched.next_delay(time.time() - watched.started)
        end = describe_exit(watched.exit_code)
        self.console.log("liftos", f"{watcher.name} {end}; starting it again in {delay:.0f} s")
        task = asyncio.get_running_loop().create_task(self._restart(watcher, delay))
        self._restarts.add(task)
        task.add_done_callback(self._restarts.discard)

    async def _restart(self, watcher: Watcher, delay: float) -> None:
        await asyncio.sleep(delay)
        await _exclusive(watcher.start)


def describe_exit(code: int | None) -> str:
    """Say how a process ended; a negative code is the signal that killed it, as in `subprocess`."""
    if code is None:
        return "ended"
    return f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"


def _is_no_conflict(record: logging.LogRecord) -> bool:
    """Drop the tracebacks of circus's periodic check, which runs into every other command and is repeated anyway."""
    return not (record.exc_info and isinstance(record.exc_info[1], ConflictError))


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except BlockingIOError:
        return b""


async def _exclusive(action: Callable[[], Awaitable[Any]]) -> None:
    """Run a command of circus, which refuses while another one is at work."""
    while True:
        try:
            await action()
        except ConflictError:
            await asyncio.sleep(CHECK_SECONDS / 5)
        else:
            return
