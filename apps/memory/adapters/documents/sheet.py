"""xlsx: each row an item as in csv, one sheet after the other, by openpyxl's streaming reader."""

import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from zipfile import BadZipFile

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from apps.memory.adapters.documents.archive import archive_check
from apps.memory.adapters.documents.records import record_row
from apps.memory.adapters.documents.rows import BROKEN, EMPTY, FileRefused, Read, Unreadable
from apps.memory.types import ReadLimits

_TIMES = frozenset({"occurred_at", "occurred_end", "expires_at"})


def read_xlsx(data: bytes, limits: ReadLimits) -> Iterator[Read]:
    archive_check(data, limits)
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    except (BadZipFile, InvalidFileException, KeyError, ValueError):
        raise FileRefused(BROKEN) from None
    anything = False
    for sheet in book.worksheets:
        # What a sheet says of its size may be wrong, or far too large.
        sheet.reset_dimensions()
        for read in _rows(sheet.title, sheet.iter_rows(values_only=True)):
            anything = True
            yield read
    if not anything:
        yield Read(Unreadable(EMPTY))


def _rows(title: str, rows: Iterator[Sequence[Any]]) -> Iterator[Read]:
    """The first row that holds something names the columns."""
    names: list[str] | None = None
    for number, row in enumerate(rows, start=1):
        values = list(row)
        while values and values[-1] in {None, ""}:
            values.pop()
        if not values:
            continue
        if names is None:
            names = [_shown(value) or f"column {place}" for place, value in enumerate(values, start=1)]
        else:
            texts = [_shown(value, is_time=name in _TIMES) for name, value in zip(names, values, strict=False)]
            # A value beyond the named columns is a value all the same.
            more = [_shown(value) for value in values[len(names) :]]
            beyond = [f"column {place}" for place in range(len(names) + 1, len(values) + 1)]
            yield Read(record_row([*names, *beyond], [*texts, *more]), {"sheet": title, "row": number})


def _shown(value: Any, *, is_time: bool = False) -> str:
    """Return a cell as a person would write it."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer():
            return str(int(value))
        case datetime() if is_time:
            # A cell knows no time zone; what has to have one is taken for UTC.
            return f"{value.isoformat()}Z"
        case datetime():
            return str(value).removesuffix(" 00:00:00")
        case _:
            return str(value).strip()
