"""Finds capitalised names and acronyms. Part of entity extraction; use ``entities.extract_mentions``."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from apps.memory.engine.lexicon import (
    CONNECTORS,
    HONORIFICS,
    MONTHS,
    NO_NAMES,
    SENTENCE_OPENERS,
    STOP_WORDS,
    WEEKDAYS,
    WORD,
)
from apps.memory.engine.types import MentionKind

# Longer runs of capitals are headlines, not names.
_NAME_WORDS = 6
_SHOUTED_WORDS = 4

# What may stand between two words of one name.
_JOINTS = frozenset({" ", " & ", "\u00a0"})
_INITIAL_JOINTS = frozenset({". ", "."})
_SENTENCE_BREAK = re.compile(r"[.!?\u2026\u3002\uff01\uff1f\u061f\n\r]")
_CLAUSE_BREAK = re.compile(r"[:;\"(\[\u201c\u2018\xab\u2013\u2014]")
_ACRONYM = re.compile(r"(?=[A-Z0-9&]{0,8}[A-Z][A-Z0-9&]{0,8}[A-Z])[A-Z0-9&]{2,8}(?=s?$)")
# Spelt in capitals these are names; the same letters in any other spelling are stop words.
_STOP_WORD_ACRONYMS = frozenset({"IT", "US", "WHO"})
_PERIOD = re.compile(r"(?:Q[1-4]|H[12]|FY)(?:\d{2}|\d{4})?")
_INNER_CAPITAL = re.compile(r"[^\W\d_][^\W_]{0,30}?[a-z][A-Z]")
_POSSESSIVE = re.compile(r"['\u2019][sS]?$")


@dataclass(frozen=True, slots=True)
class Name:
    kind: MentionKind
    start: int
    end: int


# Not frozen, as the others are: there is one for each word of every text, and freezing doubles what it costs.
@dataclass(slots=True)
class _Word:
    """One word: ``text`` without possessive; ``joined`` to the word before if one name may hold both."""

    text: str
    start: int
    end: int
    opens_sentence: bool
    joined: bool
    possessive: bool

    @property
    def folded(self) -> str:
        return self.text.casefold().replace("\u2019", "'")

    @property
    def capitalised(self) -> bool:
        return self.text[0].isupper()


def find_names(text: str, *, taken: Sequence[tuple[int, int]]) -> list[Name]:
    """Return names and acronyms outside the ``taken`` spans (disjoint, ascending), ordered by position."""
    runs = [run for run in _runs(text, taken=taken) if not _is_shouted(run)]
    trimmed = [(run, kept) for run in runs for kept in _split(run)]
    # A capital inside a sentence is evidence for the same word at the start of one.
    seen_inside = {word.folded for _, kept in trimmed for word in kept if not word.opens_sentence and word.capitalised}
    return [
        Name(kind=kind, start=kept[0].start, end=kept[-1].end - _is_plural(kept[-1], kind=kind))
        for _, kept in trimmed
        if (kind := _kind(kept, seen_inside=seen_inside)) is not None
    ]


def _words(text: str, *, taken: Sequence[tuple[int, int]]) -> Iterator[_Word]:
    starts = [start for start, _ in taken]
    previous_end = 0
    initial = False
    for match in WORD.finditer(text):
        start, end = match.span()
        gap = text[previous_end:start]
        after_initial = initial and gap in _INITIAL_JOINTS
        word = match[0]
        # Most words have no apostrophe and follow a single blank; looking for more would take most of the time.
        possessive = _POSSESSIVE.search(word) if "'" in word or "\u2019" in word else None
        if possessive:
            word = word[: possessive.start()]
        claim = bisect_right(starts, start) - 1
        if claim >= 0 and start < taken[claim][1]:
            # Inside an e-mail address or an identifier: breaks the run and is no word.
            previous_end, initial = end, False
            continue
        yield _Word(
            text=word,
            start=start,
            end=start + len(word),
            opens_sentence=(gap != " " or start == 1)
            and not after_initial
            and _opens_sentence(text, gap=gap, start=start, end=end),
            joined=gap in _JOINTS or after_initial,
            possessive=bool(possessive),
        )
        initial = (len(word) == 1 and word.isupper() and word != "I") or word.casefold() in HONORIFICS
        previous_end = end


def _opens_sentence(text: str, *, gap: str, start: int, end: int) -> bool:
    """Tell whether the word at ``start`` to ``end`` owes a capital to its place; ``gap`` is what stands before it."""
    if start == len(gap) or _SENTENCE_BREAK.search(gap):
        return True
    # "Owner: Maria" names somebody, "Decision: Roll out to all" begins a sentence; so do quotations and brackets.
    return bool(_CLAUSE_BREAK.search(gap)) and text[end : end + 1] == " " and text[end + 1 : end + 2].islower()


def _runs(text: str, *, taken: Sequence[tuple[int, int]]) -> Iterator[list[_Word]]:
    """Yield runs of capitalised words, with the connectors between them."""
    run: list[_Word] = []
    connectors: list[_Word] = []
    for word in _words(text, taken=taken):
        if run and not (word.joined and not run[-1].possessive and not (connectors and connectors[-1].possessive)):
            yield run
            run, connectors = [], []
        if word.capitalised:
            run += [*connectors, word]
            connectors = []
        elif run and len(connectors) <= 1 and _connects(word, connectors):
            connectors.append(word)
        elif run:
            yield run
            run, connectors = [], []
    if run:
        yield run


def _connects(word: _Word, connectors: Sequence[_Word]) -> bool:
    return word.text in CONNECTORS or (bool(connectors) and word.text == "the")


def _is_shouted(run: Sequence[_Word]) -> bool:
    """Tell whether capitals are emphasis: a run of four words and more without a small letter."""
    return len(run) >= _SHOUTED_WORDS and all(word.text.isupper() for word in run)


def _split(run: Sequence[_Word]) -> Iterator[list[_Word]]:
    """Yield the parts of a run between stop words, without titles, openers and calendar words around them."""
    part: list[_Word] = []
    for word in run:
        if word.capitalised and word.folded in STOP_WORDS and word.text not in _STOP_WORD_ACRONYMS:
            yield from _trim(part)
            part = []
            continue
        if word.folded in HONORIFICS:
            # A title opens a name: "Ask Dr. Lopez", "our COO Ann Lee".
            yield from _trim(part)
            part = []
        part.append(word)
    yield from _trim(part)


def _trim(part: list[_Word]) -> Iterator[list[_Word]]:
    titles: list[_Word] = []
    while part and _never_leads(part[0], alone=len(part) == 1):
        if _ACRONYM.fullmatch(part[0].text):
            titles.append(part[0])
        part = part[1:]
    # "Black Friday" is a name; a month at the end is a date.
    while part and (part[-1].folded in MONTHS or not part[-1].capitalised):
        part = part[:-1]
    yield from ([title] for title in titles)
    if part:
        yield part


def _never_leads(word: _Word, *, alone: bool) -> bool:
    if word.folded in HONORIFICS:
        return not alone
    return (
        word.folded in WEEKDAYS
        or word.folded in MONTHS
        or not word.capitalised
        or (word.opens_sentence and word.folded in SENTENCE_OPENERS)
    )


def _kind(words: Sequence[_Word], *, seen_inside: AbstractSet[str]) -> MentionKind | None:
    """Return what a trimmed run is, ``None`` if it is no entity."""
    if len(words) > 1:
        return MentionKind.NAME if len(words) <= _NAME_WORDS else None
    word = words[0]
    if len(word.text) == 1 or word.folded in NO_NAMES or _PERIOD.fullmatch(word.text):
        return None
    if _ACRONYM.match(word.text):
        return MentionKind.ACRONYM
    inside = not word.opens_sentence or word.folded in seen_inside or bool(_INNER_CAPITAL.match(word.text))
    return MentionKind.NAME if inside and word.folded not in HONORIFICS else None


def _is_plural(word: _Word, *, kind: MentionKind) -> bool:
    """Tell whether an acronym carries the plural's small s ("KPIs"), which its key must not."""
    return kind is MentionKind.ACRONYM and word.text[-1] == "s"
