"""Reads a file in a process of its own, bounded in all that it may use; see `child` for what it gives up by itself."""

import json
import logging
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

import apps
from apps.memory.adapters.documents.rows import Read, Unreadable
from apps.memory.types import ReadLimits

_CHILD = "apps.memory.adapters.documents.child"
_ROOT = Path(apps.__path__[0]).parent
_LOOK_EVERY = 0.5
_PART = 1 << 16
_TOO_SLOW = "The file takes longer to be read than is allowed."
_TOO_MUCH = "More comes out of the file than is allowed."
_ENDED = "The file is damaged, or needs more to be read than is allowed."
_PLACE = {"page": int, "line": int, "row": int, "sheet": str, "starts": list}

_log = logging.getLogger(__name__)


def read_limited(
    file: IO[bytes], *, ending: str, limits: ReadLimits, on_wait: Callable[[], None] = lambda: None
) -> Iterator[Read]:
    """Yield what a file holds, row by row; what cannot be read is among them, with its reason.

    `file` is an open file of the operating system, at its beginning. `on_wait` is called at least twice a second. The
    process ends with the iteration, whether that is complete or closed early.
    """
    command = [sys.executable, "-E", "-s", "-X", "utf8", "-m", _CHILD, ending, json.dumps(asdict(limits))]
    process = subprocess.Popen(  # noqa: S603 - our own module, and no text of the file's sender
        command,
        cwd=_ROOT,
        env={},
        stdin=file,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        # A group of its own, which is ended as a whole.
        start_new_session=True,
    )
    try:
        yield from _first_rows(_messages(process, limits=limits, on_wait=on_wait), limits.rows)
    finally:
        _end(process)


def _first_rows(reads: Iterator[Read], most: int) -> Iterator[Read]:
    for count, read in enumerate(reads):
        if count == most:
            yield Read(Unreadable(f"A file may hold at most {most:,} rows; the others are left out."))
            return
        yield read


def _messages(process: subprocess.Popen[bytes], *, limits: ReadLimits, on_wait: Callable[[], None]) -> Iterator[Read]:
    output = process.stdout
    if output is None:
        raise RuntimeError("the process was started without a pipe")
    deadline = time.monotonic() + limits.seconds
    buffer, said = b"", 0
    with selectors.DefaultSelector() as selector:
        selector.register(output, selectors.EVENT_READ)
        while True:
            if time.monotonic() > deadline:
                yield Read(Unreadable(_TOO_SLOW))
                return
            on_wait()
            if not selector.select(_LOOK_EVERY):
                continue
            part = os.read(output.fileno(), _PART)
            said += len(part)
            if not part or said > limits.output_bytes or len(buffer) > limits.output_line_bytes:
                yield Read(Unreadable(_reason(process) if not part else _TOO_MUCH))
                return
            *lines, buffer = (buffer + part).split(b"\n")
            for line in lines:
                read = _read_of(line)
                if read is None:
                    return
                yield read


def _read_of(line: bytes) -> Read | None:
    """Return what a line says; None if it says that this was all. What makes no sense is said to be unreadable."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return Read(Unreadable(_ENDED))
    if not isinstance(message, dict):
        return Read(Unreadable(_ENDED))
    if message.get("end"):
        return None
    place = _place_of(message.get("place"))
    row = message.get("row")
    if isinstance(row, dict):
        return Read(row, place)
    if message.get("cause"):
        _log.warning("a file could not be read: %.100s", message["cause"])
    return Read(Unreadable(str(message.get("unreadable", _ENDED))[:1000]), place)


def _place_of(given: Any) -> Mapping[str, Any]:
    if not isinstance(given, dict):
        return {}
    return {name: given[name] for name, kind in _PLACE.items() if isinstance(given.get(name), kind)}


def _reason(process: subprocess.Popen[bytes]) -> str:
    """Say why a process ended that had not said everything."""
    code = process.wait()
    _log.warning("the reader of a file ended with %d", code)
    return _TOO_SLOW if -code in {signal.SIGXCPU, signal.SIGALRM} else _ENDED


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.returncode is None:
        # It has not been waited for, so the number is still its own.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
