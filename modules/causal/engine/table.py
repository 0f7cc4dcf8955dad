"""Reads rows as they arrive, CSV text or JSON objects, and refuses what no method can use.

Every refusal points at the cell: `/rows/12/revenue` of JSON, and of CSV `/csv` with the line in its text. The number of
cells is bounded, so is the time that any method takes.
"""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from modules.causal.engine.exceptions import InvalidData
from modules.causal.engine.types import Codes, Floats

MAX_ROWS = 50_000
MAX_COLUMNS = 60
MAX_CSV_CHARACTERS = 5_000_000
MAX_CELL_CHARACTERS = 200
# Beyond this, squares of numbers lose what sums of squares need.
MAX_NUMBER = 1e12
_TRUE = {"1", "1.0", "true", "yes"}
_FALSE = {"0", "0.0", "false", "no"}

Cell = str | int | float | bool | None


@dataclass(frozen=True)
class Labels:
    """A column of labels: `codes` (n,) are places in `names`, which are distinct and in order."""

    codes: Codes
    names: tuple[str, ...]

    def code(self, name: str, *, pointer: str) -> int:
        if name not in self.names:
            shown = ", ".join(self.names[:10]) + (", ..." if len(self.names) > 10 else "")  # noqa: PLR2004 - a line
            raise InvalidData(pointer, "unknown_value", f"The data has no {name!r}; it has {shown}.")
        return self.names.index(name)


@dataclass(frozen=True)
class Table:
    """Columns of equal length; `line` is the number that people see for the first row, None for JSON rows."""

    columns: Mapping[str, Sequence[Cell]]
    size: int
    csv: bool

    @classmethod
    def from_csv(cls, text: str, *, pointer: str = "/csv") -> "Table":
        if len(text) > MAX_CSV_CHARACTERS:
            raise InvalidData(pointer, "too_long", f"CSV text may have {MAX_CSV_CHARACTERS:,} characters at most.")
        lines = text.removeprefix("\ufeff").strip()
        first = lines.partition("\n")[0]
        delimiter = max(",;\t", key=first.count)
        try:
            records = [record for record in csv.reader(io.StringIO(lines), delimiter=delimiter, strict=True) if record]
        except csv.Error as error:
            raise InvalidData(pointer, "malformed_csv", f"The CSV cannot be read: {error}.") from error
        if len(records) < 2:  # noqa: PLR2004 - a header and a row
            raise InvalidData(pointer, "too_few_rows", "The CSV needs a line of column names and at least one row.")
        names = [name.strip() for name in records[0]]
        _check_names(names, pointer)
        _check_rows(len(records) - 1, pointer)
        for place, record in enumerate(records[1:], start=2):
            if len(record) != len(names):
                detail = f"Row {place} has {len(record)} values, the header has {len(names)} names."
                raise InvalidData(pointer, "ragged_rows", detail)
        values = zip(*records[1:], strict=True)
        return cls({name: column for name, column in zip(names, values, strict=True)}, len(records) - 1, csv=True)  # noqa: C416 - types

    @classmethod
    def from_rows(cls, rows: Sequence[Mapping[str, Cell]], *, pointer: str = "/rows") -> "Table":
        if not rows:
            raise InvalidData(pointer, "too_few_rows", "There are no rows.")
        _check_rows(len(rows), pointer)
        names = list(rows[0])
        _check_names(names, pointer)
        for place, row in enumerate(rows):
            if row.keys() != rows[0].keys():
                odd = sorted(row.keys() ^ rows[0].keys())
                detail = f"Every row needs the columns of the first one; this differs in {', '.join(odd[:5])}."
                raise InvalidData(f"{pointer}/{place}", "ragged_rows", detail)
        return cls({name: [row[name] for row in rows] for name in names}, len(rows), csv=False)

    def numbers(self, column: str, *, pointer: str) -> Floats:
        """Return a column as float64 (n,); empty cells, text, NaN and infinity are refused."""
        values = np.empty(self.size)
        for place, cell in enumerate(self._column(column, pointer)):
            try:
                value = float(cell) if cell is not None else math.nan
            except (ValueError, OverflowError):
                value = math.nan
            if not abs(value) <= MAX_NUMBER:
                raise self._bad_cell(column, place, cell, "a finite number up to 1e12")
            values[place] = value
        return values

    def flags(self, column: str, *, pointer: str) -> Floats:
        """Return a column of yes and no as 1.0 and 0.0."""
        values = np.empty(self.size)
        for place, cell in enumerate(self._column(column, pointer)):
            word = str(cell).strip().lower()
            if word not in _TRUE | _FALSE:
                raise self._bad_cell(column, place, cell, "0 or 1")
            values[place] = word in _TRUE
        return values

    def labels(self, column: str, *, pointer: str) -> Labels:
        """Return a column of names, in alphabetical order."""
        cells = self._texts(column, pointer)
        names = sorted(set(cells))
        place = {name: code for code, name in enumerate(names)}
        return Labels(np.array([place[cell] for cell in cells], dtype=np.intp), tuple(names))

    def times(self, column: str, *, pointer: str) -> Labels:
        """Return a column of periods in order of time: all numbers (years, week numbers) or all ISO 8601 dates."""
        cells = self._texts(column, pointer)
        moments = {cell: _moment(cell) for cell in cells}
        for place, cell in enumerate(cells):
            if moments[cell] is None:
                raise self._bad_cell(column, place, cell, "a number or an ISO date such as 2026-03-01")
        kinds = {kind for kind, _ in filter(None, moments.values())}
        if len(kinds) > 1:
            raise InvalidData(pointer, "mixed_times", f"{column!r} mixes numbers and dates.")
        names = sorted(moments, key=lambda cell: moments[cell] or ("", 0.0))
        if len({moments[name] for name in names}) < len(names):
            raise InvalidData(pointer, "mixed_times", f"{column!r} writes the same period in several ways.")
        place_of = {name: code for code, name in enumerate(names)}
        return Labels(np.array([place_of[cell] for cell in cells], dtype=np.intp), tuple(names))

    def _column(self, column: str, pointer: str) -> Sequence[Cell]:
        if column not in self.columns:
            known = ", ".join(list(self.columns)[:20])
            raise InvalidData(pointer, "unknown_column", f"There is no column {column!r}; there are {known}.")
        return self.columns[column]

    def _texts(self, column: str, pointer: str) -> list[str]:
        texts = []
        for place, cell in enumerate(self._column(column, pointer)):
            text = "" if cell is None else str(cell).strip()
            if not text or len(text) > MAX_CELL_CHARACTERS:
                raise self._bad_cell(column, place, cell, f"a text of 1 to {MAX_CELL_CHARACTERS} characters")
            texts.append(text)
        return texts

    def _bad_cell(self, column: str, place: int, cell: Cell, wanted: str) -> InvalidData:
        shown = "empty" if cell is None or cell == "" else repr(cell)[:40]
        if self.csv:
            return InvalidData("/csv", "invalid_cell", f"Row {place + 2}, column {column!r} is {shown}, not {wanted}.")
        name = column.replace("~", "~0").replace("/", "~1")
        return InvalidData(f"/rows/{place}/{name}", "invalid_cell", f"{column!r} is {shown}, not {wanted}.")


def _check_names(names: Sequence[str], pointer: str) -> None:
    if len(names) > MAX_COLUMNS:
        raise InvalidData(pointer, "too_many_columns", f"There may be {MAX_COLUMNS} columns at most.")
    if any(not name or len(name) > MAX_CELL_CHARACTERS for name in names) or len(set(names)) < len(names):
        raise InvalidData(pointer, "invalid_header", "Column names are distinct, not empty and short.")


def _check_rows(count: int, pointer: str) -> None:
    if count > MAX_ROWS:
        raise InvalidData(pointer, "too_many_rows", f"There may be {MAX_ROWS:,} rows at most; these are {count:,}.")


def _moment(text: str) -> tuple[str, float] | None:
    try:
        value = float(text)
    except ValueError:
        pass
    else:
        return ("number", value) if abs(value) <= MAX_NUMBER else None
    try:
        return "date", float(date.fromisoformat(text).toordinal())
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return "date", moment.toordinal() + (moment.hour * 60 + moment.minute) / 1440
