"""Takes a question apart into what each channel of a search needs: names, exact phrases, ids, times and words.

By spelling alone, like the reading of texts: no model, the clock passed in.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.memory.engine.entities import extract_mentions, query_terms
from apps.memory.engine.lexicon import STOP_WORDS, WORD
from apps.memory.engine.times import EventTime, TimeWindow, asks_when, event_times, question_times
from apps.memory.engine.types import MentionKind

# More than anybody asks; beyond it a text is no question, and only its beginning is read.
QUESTION_CHARACTERS = 2_000
_PHRASES = 10
_IDENTIFIER_KINDS = frozenset({MentionKind.IDENTIFIER, MentionKind.EMAIL, MentionKind.HANDLE})

_PHRASE = re.compile('"([^"\n]{1,200})"|\u201c([^\u201c\u201d\n]{1,200})\u201d|\xab([^\xab\xbb\n]{1,200})\xbb')
# Ids as people type them in a hurry; texts have them in capitals.
_TYPED_IDENTIFIER = re.compile(r"(?<![\w.@#/-])(?!top-|covid-)[a-z]{2,9}-\d{1,8}(?![\w-]|\.\w)")
_WHO = re.compile(
    r"(?:^|[.?!,;:]\s|\b(?:and|but|so|by|to|from|with|of|for|me|know|remember|say|was it|is it)\s)\W{0,3}who(?:m|se)?\b"
    r"|\b(?:which|what)(?:'s)? (?:person|people|colleagues?|employees?|customers?|author|team member)\b"
    r"|\bnames? of the (?:person|people|author|owner)\b",
    re.IGNORECASE,
)
_NAME_BEFORE = re.compile(r"(?:^|[\s(])(?!The|In|Of)[A-Z][\w'\u2019]{1,30} $")
_NAME_CHARACTERS = 34
_YEAR = re.compile(r"\d{4}")
_BLANKS = re.compile(r"\s+")
_LOOSE_PUNCTUATION = re.compile(r"\s+(?=[?!.,;:](?:\s|$))|(?<=,)\s*,")
_EDGES = " ,;:-\u2013\u2014"


@dataclass(frozen=True, slots=True)
class Question:
    """What a question asks for.

    ``windows`` are the times that it names, ``events`` those that it tells by what happened.
    ``terms`` are keys of entities it may name, likeliest first; ``phrases`` must stand in the answer word for word;
    ``identifiers`` are keys of ids, addresses and handles; ``words`` is the question without its times, for searching
    by words, and empty only if the question is.
    """

    text: str
    words: str
    terms: tuple[str, ...]
    phrases: tuple[str, ...]
    identifiers: tuple[str, ...]
    windows: tuple[TimeWindow, ...]
    events: tuple[EventTime, ...]
    asks_when: bool
    asks_who: bool


def understand(question: str, *, now: datetime) -> Question:
    """Take a question apart, of which the first 2,000 characters count; ``now`` is the asker's clock with its zone."""
    text = question[:QUESTION_CHARACTERS].strip()
    quotes = [match.span() for match in _PHRASE.finditer(text)][:_PHRASES]
    windows = tuple(
        window for window in question_times(text, now=now) if not _is_part_of_name(text, window, quotes=quotes)
    )
    return Question(
        text=text,
        words=_without(text, windows),
        terms=tuple(query_terms(text)),
        phrases=tuple(dict.fromkeys(phrase for start, end in quotes if (phrase := _phrase(text[start + 1 : end - 1])))),
        identifiers=_identifiers(text),
        windows=windows,
        events=tuple(event_times(text, windows=windows)),
        asks_when=asks_when(text),
        asks_who=bool(_WHO.search(text)),
    )


def _is_part_of_name(text: str, window: TimeWindow, *, quotes: Sequence[tuple[int, int]]) -> bool:
    """Tell whether a time is quoted or the year of a name: "Black Friday 2025" was still discussed in 2026."""
    if any(start <= window.start < end for start, end in quotes):
        return True
    is_year = bool(_YEAR.fullmatch(text, window.start, window.end))
    return is_year and bool(_NAME_BEFORE.search(text[max(0, window.start - _NAME_CHARACTERS) : window.start]))


def _phrase(quoted: str) -> str:
    return _BLANKS.sub(" ", quoted).strip()


def _identifiers(text: str) -> tuple[str, ...]:
    found = [(mention.start, mention.key) for mention in extract_mentions(text) if mention.kind in _IDENTIFIER_KINDS]
    found += [(match.start(), match[0]) for match in _TYPED_IDENTIFIER.finditer(text)]
    return tuple(dict.fromkeys(key for _, key in sorted(found)))


def _without(text: str, windows: Sequence[TimeWindow]) -> str:
    """Return the text without the times, or the whole text if no word with a meaning would be left."""
    kept: list[str] = []
    position = 0
    for window in windows:
        kept.append(text[position : window.start])
        position = window.end
    kept.append(text[position:])
    words = _LOOSE_PUNCTUATION.sub("", _BLANKS.sub(" ", " ".join(kept))).strip(_EDGES)
    has_meaning = any(match[0].casefold() not in STOP_WORDS for match in WORD.finditer(words))
    return words if has_meaning else text
