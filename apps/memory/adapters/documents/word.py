"""docx: headings, paragraphs, lists and tables of the body, with pages where Word has noted them.

python-docx opens the package. The text is taken from the elements, because its paragraphs leave out insertions that
wait for approval and its rows repeat merged cells. Headers and footers, which say the same on every page, stay out.
"""

import io
from collections.abc import Iterator, Mapping
from typing import Any

import docx
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml.ns import qn

from apps.memory.adapters.documents.archive import archive_check
from apps.memory.adapters.documents.blocks import Block, Kind, compose
from apps.memory.adapters.documents.rows import BROKEN, FileRefused, Read
from apps.memory.adapters.documents.text import parts_of
from apps.memory.types import ReadLimits

_PARAGRAPH, _TABLE, _ROW, _CELL = qn("w:p"), qn("w:tbl"), qn("w:tr"), qn("w:tc")
_TEXT, _TAB, _BREAK, _RETURN, _HYPHEN = qn("w:t"), qn("w:tab"), qn("w:br"), qn("w:cr"), qn("w:noBreakHyphen")
_PAGE, _BREAK_KIND = qn("w:lastRenderedPageBreak"), qn("w:type")
_TABS, _PROPERTIES = qn("w:tabs"), qn("w:pPr")
_WRAPPERS = frozenset({qn("w:sdt"), qn("w:sdtContent"), qn("w:ins"), qn("w:customXml"), qn("w:smartTag")})
# Text boxes stand in the file twice; this is the second time.
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_MAX_LEVEL = 6
_ITEM = "- "


def read_docx(data: bytes, limits: ReadLimits) -> Iterator[Read]:
    archive_check(data, limits)
    try:
        document = docx.Document(io.BytesIO(data))
    except (PackageNotFoundError, KeyError, ValueError):
        raise FileRefused(BROKEN) from None
    title = (document.core_properties.title or "").strip()
    walk = _Walk(_marks(document))
    text, anchors = compose(walk.blocks(document.element.body), limits=limits)
    yield from parts_of(
        text, anchors, limits=limits, blank_lines=False, metadata={"title": title[:200]} if title else None
    )


def _marks(document: Any) -> Mapping[str, str]:
    """Return what stands before the text of headings and items, by the id of their style."""
    marks = {}
    for style in document.styles:
        word, _, more = (style.name or "").lower().partition(" ")
        if word == "title":
            marks[style.style_id] = "# "
        elif word == "heading" and more.isdigit():
            marks[style.style_id] = "#" * min(int(more), _MAX_LEVEL) + " "
        elif word == "list" and more.startswith(("bullet", "number")):
            marks[style.style_id] = _ITEM
    return marks


class _Walk:
    """Goes through the elements of a body in their order."""

    def __init__(self, marks: Mapping[str, str]) -> None:
        self.marks = marks
        self.page = 1
        self.has_pages = False

    def blocks(self, body: Any) -> Iterator[Block]:
        # Only Word itself notes pages; without its notes nobody knows them.
        self.has_pages = next(body.iter(_PAGE), None) is not None
        yield from self._children(body)

    def _children(self, parent: Any) -> Iterator[Block]:
        for element in parent:
            if element.tag == _PARAGRAPH:
                yield from self._paragraph(element)
            elif element.tag == _TABLE:
                yield from self._table(element)
            elif element.tag in _WRAPPERS:
                yield from self._children(element)

    def _paragraph(self, element: Any) -> Iterator[Block]:
        begins_before = self.page
        text, breaks_first = self._text(element)
        page = (begins_before + breaks_first) if self.has_pages else None
        properties = element.find(_PROPERTIES)
        style = properties.find(qn("w:pStyle")) if properties is not None else None
        mark = self.marks.get(style.get(qn("w:val")), "") if style is not None else ""
        if not mark and properties is not None and properties.find(qn("w:numPr")) is not None:
            mark = _ITEM
        if text.strip():
            yield Block(mark + text.strip(), Kind.ITEM if mark == _ITEM else Kind.PARAGRAPH, page)

    def _table(self, table: Any) -> Iterator[Block]:
        for row in table.iter(_ROW):
            if next(row.iterancestors(_TABLE)) is not table:
                # It belongs to a table in a cell, whose text is that cell's.
                continue
            page = self.page if self.has_pages else None
            cells = [
                " ".join(text for one in cell.iter(_PARAGRAPH) if (text := self._text(one)[0].strip()))
                for cell in row.iterchildren(_CELL)
            ]
            if any(cells):
                yield Block(" | ".join(" ".join(cell.split()) for cell in cells), Kind.ROW, page)

    def _text(self, paragraph: Any) -> tuple[str, int]:
        """Return a paragraph's text, and how many pages began in it before any of it; count the pages."""
        parts: list[str] = []
        first = 0
        for element in paragraph.iter(_TEXT, _TAB, _BREAK, _RETURN, _HYPHEN, _PAGE):
            if element.tag == _PAGE:
                self.page += 1
                first += not parts
            elif self._is_outside(element, paragraph):
                continue
            elif element.tag == _TEXT:
                parts.append(element.text or "")
            elif element.tag == _TAB:
                parts.append("\t")
            elif element.tag == _HYPHEN:
                parts.append("-")
            elif element.tag == _RETURN or element.get(_BREAK_KIND) in {None, "textWrapping"}:
                parts.append("\n")
        return "".join(parts), first

    @staticmethod
    def _is_outside(element: Any, paragraph: Any) -> bool:
        """Tell whether an element is no text of this paragraph: a definition of tabs, or a box's second copy."""
        for parent in element.iterancestors():
            if parent is paragraph:
                return False
            if parent.tag in {_TABS, _FALLBACK}:
                return True
        return False
