"""Puts the blocks of a document together to one text: what html and docx have in common."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto

from apps.memory.adapters.documents.rows import FileRefused
from apps.memory.engine.places import Anchor
from apps.memory.types import ReadLimits


class Kind(Enum):
    """Items of a list stand line by line, and so do rows of a table; all else is set apart by blank lines."""

    PARAGRAPH = auto()
    ITEM = auto()
    ROW = auto()


@dataclass(frozen=True, slots=True)
class Block:
    """`page` is the one on which it begins, if the file tells."""

    text: str
    kind: Kind = Kind.PARAGRAPH
    page: int | None = None


def compose(blocks: Iterable[Block], *, limits: ReadLimits) -> tuple[str, list[Anchor]]:
    """Return the text of the blocks, and where in it each page begins. Raises `FileRefused` if there is too much."""
    parts: list[str] = []
    anchors: list[Anchor] = []
    length, before = 0, None
    for block in blocks:
        if not block.text.strip():
            continue
        if before is not None:
            gap = "\n" if before is block.kind and block.kind is not Kind.PARAGRAPH else "\n\n"
            parts.append(gap)
            length += len(gap)
        if not anchors or anchors[-1].page != block.page:
            anchors.append(Anchor(length, block.page, 1))
        parts.append(block.text)
        length += len(block.text)
        before = block.kind
        if length > limits.text_characters:
            raise FileRefused(f"The file holds more than {limits.text_characters:,} characters of text.")
    return "".join(parts), anchors
