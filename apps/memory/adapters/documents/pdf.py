"""pdf: each page is a row, by PDFium. A sentence that runs over the end of a page stays with the page it began on.

PDFium gives the characters of a page in the order of reading, with the ends of printed lines; paragraphs are told by
the gaps between lines and by their size.
"""

import re
import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import pypdfium2
from pypdfium2 import PdfiumError, raw

from apps.memory.adapters.documents.rows import BROKEN, EMPTY, FileRefused, Read, Unreadable
from apps.memory.adapters.documents.text import parts_of
from apps.memory.engine.places import Anchor
from apps.memory.types import ReadLimits

_SCANNED = "The page is a picture without text."
_ALL_SCANNED = "The file holds pictures of pages and no text. Have the text recognised first, then bring it in."
_DAMAGED = "The page is damaged."
# The end of a printed line; the last one is what PDFium puts in place of a hyphen, joining before and after.
_LINE_END = re.compile("\r\n|\r|\n|\ufffe")
_HYPHEN = "\ufffe"
_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_DIGITS = re.compile(r"\d+")
# A gap between lines this much larger than usual, or letters so much larger or smaller, begin a paragraph.
_GAP, _SIZE = 1.4, 1.15
# So many lines at the top and the bottom of pages may be headers and footers, if this share of the pages has them.
_EDGE, _EDGE_SHARE, _EDGE_PAGES = 2, 0.4, 3
_SENTENCE_END = re.compile(r"[.!?\u2026\u3002\uff01\uff1f][\"')\]\u2019\u201d\u00bb]*(?=\s|$)")
# More than that is no sentence.
_LONGEST_CARRIED = 600


@dataclass(frozen=True, slots=True)
class _Line:
    """The `number`-th printed line of its page; `is_large` if its letters are larger than most there."""

    text: str
    number: int
    opens_paragraph: bool = False
    is_large: bool = False


@dataclass(frozen=True, slots=True)
class _Page:
    """`problem` says why it has no lines, if it should have some."""

    number: int
    lines: Sequence[_Line]
    problem: str = ""


def read_pdf(data: bytes, limits: ReadLimits) -> Iterator[Read]:
    pages = _edges_dropped(list(_pages(data, limits)))
    if not any(page.lines for page in pages):
        yield Read(Unreadable(_ALL_SCANNED if any(page.problem == _SCANNED for page in pages) else EMPTY))
        return
    following: _Page | None
    for place, page in enumerate(pages):
        following = pages[place + 1] if place + 1 < len(pages) else None
        over: Sequence[_Line] = ()
        if following is not None and _goes_on(page.lines, following.lines):
            over, rest = _sentence_split(following.lines)
            pages[place + 1] = replace(following, lines=rest)
        if page.lines:
            # Whatever is above it there, the rest of a sentence opens no paragraph.
            over = [replace(line, opens_paragraph=False) for line in over]
            text, anchors = _composed([(page.number, page.lines), (page.number + 1, over)])
            yield from parts_of(text, anchors, limits=limits, blank_lines=False)
        elif page.problem:
            yield Read(Unreadable(page.problem), {"page": page.number})


def _pages(data: bytes, limits: ReadLimits) -> Iterator[_Page]:
    try:
        document = pypdfium2.PdfDocument(data)
    except PdfiumError as error:
        is_locked = error.err_code == raw.FPDF_ERR_PASSWORD
        raise FileRefused("The file is protected by a password." if is_locked else BROKEN) from None
    if len(document) > limits.pages:
        raise FileRefused(f"The file has more than {limits.pages:,} pages.")
    characters = 0
    for index in range(len(document)):
        try:
            page = document[index]
            lines = _lines(page)
        except PdfiumError:
            yield _Page(index + 1, (), _DAMAGED)
            continue
        characters += sum(len(line.text) for line in lines)
        if characters > limits.text_characters:
            raise FileRefused(f"The file holds more than {limits.text_characters:,} characters of text.")
        is_scanned = not lines and next(page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE]), None) is not None
        yield _Page(index + 1, lines, _SCANNED if is_scanned else "")
        # What the library keeps of a page goes at once, not when the document does.
        page.close()


def _lines(page: pypdfium2.PdfPage) -> list[_Line]:
    textpage = page.get_textpage()
    text = textpage.get_text_range()
    pieces: list[tuple[int, str, bool]] = []
    start, after_hyphen = 0, False
    for end in [*_LINE_END.finditer(text), None]:
        pieces.append((start, text[start : end.start() if end else len(text)], after_hyphen))
        if end:
            start, after_hyphen = end.end(), end[0] == _HYPHEN
    # Characters and their boxes are counted alike, but for texts with characters outside the basic plane.
    boxes = [
        textpage.get_charbox(place, loose=True) if piece.strip() and len(text) == textpage.count_chars() else None
        for place, piece, _ in pieces
    ]
    textpage.close()
    places = [(box[1], box[3] - box[1]) if box else None for box in boxes]
    large = statistics.median(place[1] for place in places if place) * _SIZE if any(places) else 0.0
    opening = _openings(places)
    lines: list[_Line] = []
    number = 0
    for (_, piece, joined), place, opens in zip(pieces, places, opening, strict=True):
        shown = " ".join(_UNSTORABLE.sub(" ", piece).split())
        if not shown:
            continue
        number += 1
        if joined and lines:
            # The rest of the word goes where the word began.
            word, _, shown = shown.partition(" ")
            lines[-1] = replace(lines[-1], text=lines[-1].text + word)
        if shown:
            lines.append(_Line(shown, number, opens and not joined, bool(place and place[1] > large)))
    return lines


def _openings(places: Sequence[tuple[float, float] | None]) -> list[bool]:
    """Tell of each line, by its height on the page and that of its letters, whether a paragraph begins with it."""
    known = [place for place in places if place]
    steps = Counter(round(above[0] - below[0]) for above, below in pairwise(known) if above[0] - below[0] >= 1)
    # The most frequent one, not the median: in a page of headings and short paragraphs most steps are wide.
    usual = max(steps, key=lambda step: (steps[step], -step)) if steps else 0
    found: list[bool] = []
    before: tuple[float, float] | None = None
    for place in places:
        if place is None or before is None:
            found.append(False)
        else:
            step, sizes = before[0] - place[0], sorted((before[1], place[1]))
            # Upwards is a new column.
            found.append(step > usual * _GAP or step < -usual or sizes[1] > sizes[0] * _SIZE)
        before = place or before
    return found


def _edges_dropped(pages: Sequence[_Page]) -> list[_Page]:
    """Leave out headers and footers: what stands, numbers aside, at the same edge of many pages, and is no heading."""
    filled = [page for page in pages if page.lines]
    least = max(_EDGE_PAGES, _EDGE_SHARE * len(filled))
    tops = Counter(key for page in filled for key in {_key(line) for line in page.lines[:_EDGE]} - {None})
    bottoms = Counter(key for page in filled for key in {_key(line) for line in page.lines[-_EDGE:]} - {None})
    kept = []
    for page in pages:
        first, last = 0, len(page.lines)
        while first < min(_EDGE, last) and tops[_key(page.lines[first])] >= least:
            first += 1
        while last > max(first, len(page.lines) - _EDGE) and bottoms[_key(page.lines[last - 1])] >= least:
            last -= 1
        kept.append(replace(page, lines=page.lines[first:last]))
    return kept


def _key(line: _Line) -> str | None:
    return None if line.is_large else _DIGITS.sub("#", line.text.casefold())


def _goes_on(lines: Sequence[_Line], following: Sequence[_Line]) -> bool:
    """Tell whether the last sentence of a page runs over to the next one. When in doubt it does not."""
    return bool(
        lines and following and not _SENTENCE_END.search(lines[-1].text[-8:]) and following[0].text[0].islower()
    )


def _sentence_split(lines: Sequence[_Line]) -> tuple[Sequence[_Line], Sequence[_Line]]:
    """Part the end of a sentence, at the top of a page, from the rest; nothing if it does not end soon."""
    taken = 0
    for place, line in enumerate(lines):
        if line.opens_paragraph and place:
            return lines[:place], lines[place:]
        end = _SENTENCE_END.search(line.text)
        if end:
            head, tail = line.text[: end.end()], line.text[end.end() :].strip()
            over = [*lines[:place], replace(line, text=head)]
            return over, ([replace(line, text=tail)] if tail else []) + list(lines[place + 1 :])
        taken += len(line.text)
        if taken > _LONGEST_CARRIED:
            break
    return (), lines


def _composed(parts: Sequence[tuple[int, Sequence[_Line]]]) -> tuple[str, list[Anchor]]:
    """Put lines of pages together; an anchor stands wherever counting lines would not tell where one is."""
    text: list[str] = []
    anchors: list[Anchor] = []
    length, expected = 0, (0, 0)
    for page, lines in parts:
        for line in lines:
            if text:
                gap = "\n\n" if line.opens_paragraph else "\n"
                text.append(gap)
                length += len(gap)
            if (page, line.number) != expected:
                anchors.append(Anchor(length, page, line.number))
            text.append(line.text)
            length += len(line.text)
            expected = (page, line.number + 1)
    return "".join(text), anchors
