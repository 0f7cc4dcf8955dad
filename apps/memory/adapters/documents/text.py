"""Plain text and Markdown: the file as it is, in several parts if it is too long for one memory."""

from collections.abc import Iterator, Sequence
from typing import Any

from apps.memory.adapters.documents.rows import EMPTY, Read, Unreadable, decoded
from apps.memory.engine.chunking import chunk_text
from apps.memory.engine.places import Anchor, place_of
from apps.memory.types import ReadLimits


def read_text(data: bytes, limits: ReadLimits) -> Iterator[Read]:
    yield from parts_of(decoded(data), [Anchor(0, None, 1)], limits=limits, blank_lines=True)


def parts_of(
    text: str,
    anchors: Sequence[Anchor],
    *,
    limits: ReadLimits,
    blank_lines: bool,
    metadata: dict[str, Any] | None = None,
) -> Iterator[Read]:
    """Yield a text as one row or more, split between passages, each with its place."""
    if not text.strip():
        yield Read(Unreadable(EMPTY))
        return
    spans = _spans(text, limits.content_characters)
    for number, (start, end) in enumerate(spans, start=1):
        known = dict(metadata or {})
        if len(spans) > 1:
            known["part"] = number
        row = {"content": text[start:end]} | ({"metadata": known} if known else {})
        yield Read(row, place_of(text, anchors, start, end, blank_lines=blank_lines))


def _spans(text: str, most: int) -> list[tuple[int, int]]:
    if len(text) <= most:
        return [(0, len(text))]
    spans, start, end = [], 0, 0
    for chunk in chunk_text(text):
        if chunk.end - start > most:
            spans.append((start, end))
            start = chunk.start
        end = chunk.end
    return [*spans, (start, len(text))]
