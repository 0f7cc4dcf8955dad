"""Reads files into texts to remember: txt and md as they are, jsonl and csv row by row.

A row that cannot be read becomes an `Unreadable` in its place, so that the others go on and the caller learns which.
"""

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from apps.core.strict_json import StrictJSONError, loads
from apps.memory.engine.chunking import chunk_text
from apps.memory.types import MAX_BATCH_CONTENT

# Columns of a csv that have a meaning of their own; every other one becomes metadata.
_COLUMNS = frozenset({"content", "memory_type", "occurred_at", "occurred_end", "expires_at", "source", "external_id"})
_MAX_FIELD = 1_000_000


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row that cannot be stored, and why."""

    detail: str


Row = Mapping[str, Any] | Unreadable


class UnsupportedFile(ValueError):
    """The file's name ends in nothing that we read."""


def supported(name: str) -> bool:
    return PurePath(name).suffix.lower() in _READERS


def read_document(name: str, data: bytes) -> Iterator[Row]:
    """Yield the rows of a file as fields of a batch item; raises `UnsupportedFile` at once for an unknown ending."""
    reader = _READERS.get(PurePath(name).suffix.lower())
    if reader is None:
        raise UnsupportedFile(f"Files must end in {', '.join(sorted(_READERS))}.")
    return reader(_decode(data))


def _decode(data: bytes) -> str:
    """Decode UTF-8, or the Windows code page that most other text is in; NUL cannot be stored and becomes a space."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    return text.replace("\x00", " ")


def _read_text(text: str) -> Iterator[Row]:
    if not text.strip():
        yield Unreadable("There is nothing to read in the file.")
        return
    parts = _parts(text)
    for number, part in enumerate(parts, start=1):
        yield {"content": part} if len(parts) == 1 else {"content": part, "metadata": {"part": number}}


def _parts(text: str) -> list[str]:
    """Split a text that is too long for one memory, between passages."""
    if len(text) <= MAX_BATCH_CONTENT:
        return [text]
    parts, start, end = [], 0, 0
    for chunk in chunk_text(text):
        if chunk.end - start > MAX_BATCH_CONTENT:
            parts.append(text[start:end])
            start = chunk.start
        end = chunk.end
    return [*parts, text[start:]]


def _read_jsonl(text: str) -> Iterator[Row]:
    # Not splitlines(), which also splits at U+2028 and others that JSON allows inside a string.
    for line in text.split("\n"):
        if not line.strip():
            continue
        try:
            value = loads(line.encode())
        except StrictJSONError as error:
            yield Unreadable(str(error))
            continue
        yield value if isinstance(value, dict) else Unreadable("The line is not a JSON object.")


def _read_csv(text: str) -> Iterator[Row]:
    csv.field_size_limit(_MAX_FIELD)
    rows = csv.DictReader(io.StringIO(text, newline=""))
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield Unreadable(f"The row cannot be read: {error}.")
            continue
        yield _csv_item(row)


def _csv_item(row: Mapping[Any, Any]) -> Row:
    if None in row:
        return Unreadable("The row has more fields than the header.")
    filled = {name: value for name, value in row.items() if value}
    item: dict[str, Any] = {name: value for name, value in filled.items() if name in _COLUMNS}
    metadata = {name: value for name, value in filled.items() if name not in _COLUMNS}
    if "content" not in item:
        # A table of records: the record itself is what there is to remember.
        item["content"] = "; ".join(f"{name}: {value}" for name, value in metadata.items())
    return {**item, "metadata": metadata}


_READERS: Mapping[str, Callable[[str], Iterator[Row]]] = {
    ".csv": _read_csv,
    ".jsonl": _read_jsonl,
    ".md": _read_text,
    ".txt": _read_text,
}
