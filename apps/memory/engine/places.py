"""Where in a file a text stands, and each passage of it.

A place is kept as JSON: `page`, `line`, `sheet` and `row` of the beginning, all counted from 1 and each only if the
file has such things; and `starts`, `[offset, page, line]` for each later page on which the text goes on.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Anchor:
    """A known place: the character at `offset` stands on that line of that page."""

    offset: int
    page: int | None
    line: int


def place_of(text: str, anchors: Sequence[Anchor], start: int, end: int, *, blank_lines: bool) -> dict[str, Any]:
    """Return the place of `text[start:end]`. Anchors come in order, the first at the beginning of the text."""
    first = anchors[bisect_right(anchors, start, key=lambda one: one.offset) - 1]
    line = first.line + _lines(text, first.offset, start, blank_lines=blank_lines)
    starts = [[one.offset - start, one.page, one.line] for one in anchors if start < one.offset < end]
    place = {"page": first.page, "line": line, "starts": starts}
    return {name: value for name, value in place.items() if value}


def place_within(
    place: Mapping[str, Any], content: str, position: int, *, blank_lines: bool
) -> tuple[int | None, int | None]:
    """Return page and line of a character of a running text that is as it was read, where they are known."""
    if "line" not in place:
        return place.get("page"), None
    anchors = [Anchor(0, place.get("page"), place["line"]), *(Anchor(*one) for one in place.get("starts", ()))]
    near = anchors[bisect_right(anchors, position, key=lambda one: one.offset) - 1]
    return near.page, near.line + _lines(content, near.offset, position, blank_lines=blank_lines)


def _lines(text: str, start: int, end: int, *, blank_lines: bool) -> int:
    """Count the line ends up to a place; those of lines that hold something, unless blank ones count as well."""
    if blank_lines:
        return text.count("\n", start, end)
    return sum(1 for line in text[start:end].split("\n")[:-1] if line.strip())
