"""Files of records: jsonl line by line, json as a list, csv row by row, and what a row of a table becomes.

What Mem0 exports is understood as well: https://docs.mem0.ai, "Get Memories" and "Export".
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from apps.core.strict_json import StrictJSONError, loads
from apps.memory.adapters.documents.rows import BROKEN, FileRefused, Read, Row, Unreadable, decoded
from apps.memory.types import ReadLimits

# Columns that have a meaning of their own; every other one becomes metadata.
_COLUMNS = frozenset({"content", "memory_type", "occurred_at", "occurred_end", "expires_at", "source", "external_id"})
# Whose memory it is there, and what it is about.
_OF_MEM0 = ("user_id", "agent_id", "app_id", "run_id", "categories")


def read_jsonl(data: bytes, limits: ReadLimits) -> Iterator[Read]:
    # Not splitlines(), which also splits at U+2028 and others that JSON allows inside a string.
    for number, line in enumerate(io.StringIO(decoded(data), newline="\n"), start=1):
        if line.strip():
            yield Read(_json_row(line, limits), {"line": number})


def read_json(data: bytes, limits: ReadLimits) -> Iterator[Read]:
    """Read a list of objects, be it the whole or under `results` or `memories`."""
    del limits
    try:
        found = loads(decoded(data).encode())
    except StrictJSONError as error:
        raise FileRefused(f"{BROKEN} {error}") from None
    if isinstance(found, dict):
        found = found.get("results", found.get("memories"))
    if not isinstance(found, list):
        raise FileRefused("The file is neither a list of objects, nor has one under results or memories.")
    for number, value in enumerate(found, start=1):
        yield Read(_item(value), {"row": number})


def _item(value: Any) -> Row:
    """Return the fields of one object, ours or one of Mem0's."""
    if not isinstance(value, dict):
        return Unreadable("This is not a JSON object.")
    if "memory" not in value or "content" in value:
        return value
    metadata = value.get("metadata") or {}
    if not isinstance(metadata, dict):
        return Unreadable("The metadata are not a JSON object.")
    named = {name: value[name] for name in _OF_MEM0 if value.get(name)}
    item: dict[str, Any] = {"content": value["memory"], "metadata": {**metadata, **named}}
    if value.get("id"):
        item["external_id"] = f"mem0/{value['id']}"
    if value.get("created_at"):
        item["occurred_at"] = value["created_at"]
    if value.get("expiration_date"):
        # A day there, until whose beginning it holds.
        item["expires_at"] = f"{value['expiration_date']}T00:00:00Z"
    return item


def _json_row(line: str, limits: ReadLimits) -> Row:
    if len(line) > limits.line_characters:
        return Unreadable(f"The line is longer than {limits.line_characters:,} characters.")
    try:
        value = loads(line.encode())
    except StrictJSONError as error:
        return Unreadable(str(error))
    return _item(value) if isinstance(value, dict) else Unreadable("The line is not a JSON object.")


def read_csv(data: bytes, limits: ReadLimits) -> Iterator[Read]:
    csv.field_size_limit(limits.line_characters)
    reader = csv.reader(io.StringIO(decoded(data), newline=""))
    names: Sequence[str] | None = None
    while True:
        # A record may run over several lines: it stands where it begins.
        place = {"line": reader.line_num + 1}
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Read(Unreadable(f"The row cannot be read: {error}."), place)
            continue
        if not record:
            continue
        if names is None:
            names = record
        else:
            yield Read(record_row(names, record), place)


def record_row(names: Sequence[str], record: Sequence[str]) -> Row:
    """Return the fields of a record whose columns have these names; an empty field says nothing."""
    if len(record) > len(names):
        return Unreadable("The row has more fields than the header.")
    filled: Mapping[str, str] = {name: value for name, value in zip(names, record, strict=False) if value}
    item: dict[str, Any] = {name: value for name, value in filled.items() if name in _COLUMNS}
    metadata = {name: value for name, value in filled.items() if name not in _COLUMNS}
    if "content" not in item:
        # A table of records: the record itself is what there is to remember.
        item["content"] = "; ".join(f"{name}: {value}" for name, value in metadata.items())
    return {**item, "metadata": metadata}
