"""Cuts a text into passages that are short enough to embed and long enough to mean something.

Works in one pass over boundaries: paragraphs, then sentences, then lines, then words. Time is linear in the length of
the text whatever the text is; nothing is normalised, so offsets are those of the text as given.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from apps.memory.engine.lexicon import ABBREVIATIONS, NUMBERED_ABBREVIATIONS

# 160 words of six characters, with room: more than that, without a break, is not prose (base64, tables).
CHUNK_CHARACTERS = 1200
# How far to look back for the word before a full stop; longer words are no abbreviations.
_LOOK_BACK = 24

# Ideographs, kana and Hangul are written without spaces and cost about a model token each: each counts as a word.
_UNSPACED = "\u2e80-\u2fdf\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\s{_UNSPACED}]+")

# Candidate boundaries: white space after closing punctuation, a line end, or a full-width full stop (which needs no
# white space). The look-behinds make each run of white space start at most one attempt, which keeps the scan linear.
_CLOSERS = "\"')]*_`\u2019\u201d\u00bb"
_FULL_WIDTH_STOPS = "\u3002\uff01\uff1f\uff61"
# Latin, Arabic (question mark, full stop) and Devanagari.
_STOPS = ".!?\u2026\u061f\u06d4\u0964"
_GAP = re.compile(
    rf"(?<=[{re.escape(_STOPS + _CLOSERS)}])\s+"
    r"|\n\s*"
    rf"|(?<=[{_FULL_WIDTH_STOPS}])(?![{_FULL_WIDTH_STOPS}\u300d\u300f\u201d\u2019\uff09\s])"
)
_HEADING = re.compile(r"#{1,6}[ \t]")
_LINE_OPENER = re.compile(
    r"#{1,6}[ \t]|[-*+\u2022\u2023\xb7\u2013\u2014][ \t]|\(?\d{1,3}[.)][ \t]|\(?[A-Za-z]\)[ \t]|>|\|"
)
_DOTTED_ABBREVIATION = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]")


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage: the ``ordinal``-th of its text (from 0), at characters ``start`` to ``end`` (exclusive)."""

    ordinal: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Unit:
    """A stretch that is not cut any further: a sentence, or a part of one that is too long."""

    start: int
    end: int
    words: int
    opens_paragraph: bool


def chunk_text(text: str, *, max_words: int = 160, min_words: int = 40) -> list[Chunk]:
    """Cut ``text`` into chunks of at most ``max_words`` words and 1,200 characters.

    A chunk starts and ends with a character that is not white space; chunks come in order, do not overlap, and
    together hold every character that is not white space. Chunks end at paragraphs once they have ``min_words``, else
    at sentences; a sentence beyond the limits is cut at line ends, then between words, and a single word beyond them
    (base64, a script without spaces) inside. Text of white space alone gives no chunk.

    ``min_words`` beyond ``max_words`` counts as ``max_words``. Raises ``ValueError`` if either is below 1.
    """
    if min(max_words, min_words) < 1:
        raise ValueError("max_words and min_words are at least 1")
    min_words = min(min_words, max_words)
    groups: list[list[_Unit]] = []
    words = 0
    for unit in _units(text, max_words=max_words):
        fits = bool(groups) and words + unit.words <= max_words and unit.end - groups[-1][0].start <= CHUNK_CHARACTERS
        if fits and not (unit.opens_paragraph and words >= min_words):
            groups[-1].append(unit)
            words += unit.words
        else:
            groups.append([unit])
            words = unit.words
    _join_short_tail(groups, max_words=max_words, min_words=min_words)
    return [Chunk(ordinal=i, start=group[0].start, end=group[-1].end) for i, group in enumerate(groups)]


def _join_short_tail(groups: list[list[_Unit]], *, max_words: int, min_words: int) -> None:
    """Append the last group to the one before when it is too short to stand alone and both fit."""
    if len(groups) <= 1:
        return
    tail, before = groups[-1], groups[-2]
    tail_words = sum(unit.words for unit in tail)
    together = tail_words + sum(unit.words for unit in before)
    if tail_words < min_words and together <= max_words and tail[-1].end - before[0].start <= CHUNK_CHARACTERS:
        before.extend(groups.pop())


def _units(text: str, *, max_words: int) -> Iterator[_Unit]:
    """Yield the sentences of ``text``, those beyond the limits in parts."""
    opens_paragraph = True
    for start, end, closes_paragraph in sentence_spans(text):
        words = len(_WORD.findall(text, start, end))
        if words <= max_words and end - start <= CHUNK_CHARACTERS:
            yield _Unit(start=start, end=end, words=words, opens_paragraph=opens_paragraph)
        else:
            for part_start, part_end, part_words in _parts(text, start, end, max_words):
                yield _Unit(part_start, part_end, part_words, opens_paragraph and part_start == start)
        opens_paragraph = closes_paragraph


def sentence_spans(text: str) -> Iterator[tuple[int, int, bool]]:
    """Yield ``(start, end, closes_paragraph)`` for each sentence, heading, list item and quoted line."""
    length = len(text)
    start = length - len(text.lstrip())
    for gap in _GAP.finditer(text, start):
        gap_start, gap_end = gap.span()
        if gap_end >= length or gap_start <= start:
            continue
        # A line break may come with blanks before it that the pattern did not take.
        lines = text.count("\n", gap_start, gap_end)
        closes_paragraph = lines > 1 or (lines == 1 and _touches_heading(text, start, gap_start, gap_end))
        if (
            closes_paragraph
            or (lines and _LINE_OPENER.match(text, gap_end))
            or _ends_sentence(text, start=start, stop=gap_start, following=gap_end)
        ):
            end = gap_start
            while text[end - 1].isspace():
                end -= 1
            yield start, end, closes_paragraph
            start = gap_end
    end = len(text.rstrip())
    if start < end:
        yield start, end, True


def _touches_heading(text: str, start: int, gap_start: int, gap_end: int) -> bool:
    """Tell whether the line before or after a line end is a Markdown heading."""
    line_start = max(start, text.rfind("\n", start, gap_start) + 1)
    return bool(_HEADING.match(text, line_start) or _HEADING.match(text, gap_end))


def _ends_sentence(text: str, *, start: int, stop: int, following: int) -> bool:
    """Tell whether the punctuation before ``stop`` ends a sentence that began at ``start``.

    When in doubt the answer is no: two sentences joined do less harm than one cut in half.
    """
    position = stop - 1
    lowest = max(start, stop - _LOOK_BACK)
    while position > lowest and text[position] in _CLOSERS:
        position -= 1
    mark = text[position]
    if mark in _FULL_WIDTH_STOPS:
        return True
    if mark not in _STOPS or text[following].islower():
        return False
    return mark != "." or not _is_abbreviation(text, start=start, stop=position, following=following)


def _is_abbreviation(text: str, *, start: int, stop: int, following: int) -> bool:
    """Tell whether the full stop at ``stop`` belongs to the word before it."""
    before = text[max(start, stop - _LOOK_BACK) : stop].split()
    if not before or text[stop - 1].isspace():
        return False
    word = before[-1].lstrip("([{\"'*_\u201c\u2018\xab")
    if len(word) == 1 and word.isalpha():
        return word != "I"
    if word.isdigit():
        # The number of a list item, not the last word of a sentence.
        return stop - len(word) == start
    folded = word.casefold()
    if folded in ABBREVIATIONS or _DOTTED_ABBREVIATION.fullmatch(folded):
        return True
    return folded in NUMBERED_ABBREVIATIONS and text[following].isdigit()


def _parts(text: str, start: int, end: int, max_words: int) -> Iterator[tuple[int, int, int]]:
    """Yield ``(start, end, words)`` of the parts of a sentence beyond the limits: whole lines while they fit."""
    part_start, part_end, part_words = start, start, 0
    for line_start, line_end in _lines(text, start, end):
        words = len(_WORD.findall(text, line_start, line_end))
        if part_words and (part_words + words > max_words or line_end - part_start > CHUNK_CHARACTERS):
            yield part_start, part_end, part_words
            part_words = 0
        if words > max_words or line_end - line_start > CHUNK_CHARACTERS:
            yield from _word_runs(text, line_start, line_end, max_words)
            continue
        if not part_words:
            part_start = line_start
        part_end = line_end
        part_words += words
    if part_words:
        yield part_start, part_end, part_words


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the trimmed spans of the lines between ``start`` and ``end`` that are not blank."""
    offset = start
    for line in text[start:end].split("\n"):
        body = line.strip()
        if body:
            line_start = offset + len(line) - len(line.lstrip())
            yield line_start, line_start + len(body)
        offset += len(line) + 1


def _word_runs(text: str, start: int, end: int, max_words: int) -> Iterator[tuple[int, int, int]]:
    """Yield runs of words of nearly equal length, so that no run of a few words is left at the end."""
    words = len(_WORD.findall(text, start, end))
    runs = -(-words // max_words)
    target = -(-words // runs)
    run_start, run_end, run_words = start, start, 0
    for piece_start, piece_end in _pieces(text, start, end):
        if run_words and (run_words >= target or piece_end - run_start > CHUNK_CHARACTERS):
            yield run_start, run_end, run_words
            run_words = 0
        if not run_words:
            run_start = piece_start
        run_end = piece_end
        run_words += 1
    if run_words:
        yield run_start, run_end, run_words


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the spans of words, those of more than 1,200 characters in slices of that length."""
    for word in _WORD.finditer(text, start, end):
        for piece_start in range(word.start(), word.end(), CHUNK_CHARACTERS):
            yield piece_start, min(piece_start + CHUNK_CHARACTERS, word.end())
