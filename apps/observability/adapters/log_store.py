"""Searches the files of JSON lines that all processes keep in one folder, newest first, and tidies it.

Each file is in the order of time, so a search reads them all from their ends and stops when it has enough. What a line
does not contain as text is never parsed.
"""

import heapq
import json
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from apps.core.logging import SUFFIX
from apps.observability.types import LOG_LEVELS, LogQuery

_BLOCK = 64 * 1024
# How every line begins, and where its time stands.
_HEAD = b'{"time": "'
_TIME = slice(len(_HEAD), len(_HEAD) + len("2026-01-01T00:00:00.000+00:00"))

Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class LogStore:
    folder: Path

    def newest_first(self, query: LogQuery, *, until: str = "") -> Iterator[Line]:
        """Yield the lines that fit, the newest first; `until` is a line's `time`, the newest that is wanted."""
        matches = _matcher(query)
        oldest = _stamp(query.since) if query.since else ""
        since = query.since.timestamp() if query.since else 0
        found = [
            self._of_file(path, matches, oldest=oldest, newest=until)
            for path, status in self._files()
            if status.st_mtime >= since
        ]
        yield from heapq.merge(*found, key=_time_of, reverse=True)

    def follow(self, query: LogQuery) -> Callable[[], list[Line]]:
        """Return a function that returns, in order, what has been written since it was called last."""
        matches = _matcher(query)
        # By the file's number, which it keeps when it is moved aside.
        read = {status.st_ino: status.st_size for _, status in self._files()}

        def fresh() -> list[Line]:
            lines: list[Line] = []
            for path, status in self._files():
                begun = read.get(status.st_ino, 0)
                # The number of a file that was removed may come back.
                offset = begun if begun <= status.st_size else 0
                with suppress(FileNotFoundError), path.open("rb") as file:
                    file.seek(offset)
                    text = file.read()
                    complete = text[: text.rfind(b"\n") + 1]
                    read[status.st_ino] = offset + len(complete)
                    lines += [line for raw in complete.splitlines() if (line := matches(raw)) is not None]
            return sorted(lines, key=_time_of)

        return fresh

    def purge(self, *, now: datetime, days: int, megabytes: int) -> int:
        """Remove files that were last written so long ago, then the oldest until all fit; return how many went.

        A process whose file is removed begins it anew with its next line.
        """
        oldest = (now - timedelta(days=days)).timestamp()
        kept, removed = 0, 0
        for path, status in sorted(self._files(), key=lambda found: -found[1].st_mtime):
            kept += status.st_size
            if status.st_mtime < oldest or kept > megabytes * 1024 * 1024:
                path.unlink(missing_ok=True)
                removed += 1
        return removed

    def _files(self) -> list[tuple[Path, os.stat_result]]:
        found = []
        for path in sorted(self.folder.glob(f"*{SUFFIX}")):
            with suppress(FileNotFoundError):
                found.append((path, path.stat()))
        return found

    def _of_file(
        self, path: Path, matches: Callable[[bytes], Line | None], *, oldest: str, newest: str
    ) -> Iterator[Line]:
        for raw in _lines_backwards(path):
            if not raw.startswith(_HEAD):
                continue
            time = raw[_TIME].decode(errors="replace")
            if time < oldest:
                return
            if (not newest or time <= newest) and (line := matches(raw)) is not None:
                yield line


def _time_of(line: Line) -> str:
    return str(line["time"])


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def _matcher(query: LogQuery) -> Callable[[bytes], Line | None]:
    """Return a function that returns the parsed line if it fits."""
    names = ("request_id", "trace_id", "organization_id", "user_id", "process")
    exact = {name: value for name in names if (value := getattr(query, name))}
    parts = [json.dumps(value).encode() for value in exact.values()]
    contains = json.dumps(query.contains)[1:-1].lower().encode()
    levels = LOG_LEVELS[LOG_LEVELS.index(query.level) :] if query.level else ()

    def matches(raw: bytes) -> Line | None:
        if not raw.startswith(_HEAD) or not all(part in raw for part in parts):
            return None
        if contains and contains not in raw.lower():
            return None
        try:
            line: Line = json.loads(raw)
        except ValueError:
            # The last line of a process that was killed while it wrote it.
            return None
        if levels and line.get("level") not in levels:
            return None
        return line if all(line.get(name) == value for name, value in exact.items()) else None

    return matches


def _lines_backwards(path: Path) -> Iterator[bytes]:
    # It may have been tidied away.
    with suppress(FileNotFoundError), path.open("rb") as file:
        position = file.seek(0, os.SEEK_END)
        rest = b""
        while position:
            size = min(_BLOCK, position)
            position -= size
            file.seek(position)
            rest, *lines = (file.read(size) + rest).split(b"\n")
            yield from reversed(lines)
        yield rest
