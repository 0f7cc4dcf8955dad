"""What the rules of time expressions share: their words, and the text around a match."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from apps.memory.engine.times.periods import Period

_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NUMBERS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
    " eighteen nineteen twenty"
)
_COUNTS = {word: value for value, word in enumerate(_NUMBERS.split())} | {
    "a": 1,
    "an": 1,
    "a couple of": 2,
    "couple of": 2,
    "thirty": 30,
    "sixty": 60,
    "ninety": 90,
}

MONTH = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december"
    r"|(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\.?)"
)
FULL_WEEKDAY = r"(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday)"
WEEKDAY = rf"(?:{FULL_WEEKDAY}|(?:mon|tues?|wed|thu(?:rs?)?|fri|sat|sun)\b\.?)"
YEAR = r"(?:1[5-9]|20|21)\d\d"
DAY = r"(?:3[01]|[12]\d|0?[1-9])"
SEASON = r"(?:spring|summer|autumn|fall|winter)"
UNIT = r"(?:day|week|month|quarter|year)"
COUNT = rf"(?:\d{{1,3}}|{'|'.join(sorted(_COUNTS, key=len, reverse=True))})"
# Joins the two ends of a range; "and" does so only after "between".
TO = r"(?: ?[-\u2013\u2014] ?| (?:to|until|till|through|and) )"
# A number ends here: not in the middle of a longer one, of a decimal, of a percentage or of a time of day.
STOP = r"(?!\w|[.,:/-]\d| ?%)"

_BEFORE = re.compile(r"([\w'\u2019]+)[ \n\u00a0-]{0,2}$")
_LOOK_BACK = 24
# How far a verb may stand before the time it governs.
_CLAUSE = 90
_SENTENCE_BREAK = re.compile(r"[.!?;\n]\s")
_AHEAD = re.compile(
    r"\b(?:will|won't|shall|going to|plan(?:s|ned)? (?:to|for)|upcoming|due (?:on|in|by)|deadline|goal|target|expected"
    r"|scheduled|runs to|starts?|opens?|ends?|closes|expires?|follows|comes|wants?|waits|recommends?|to be)\b"
    r"|['\u2019]ll\b|\b(?:until|till|by|no later than) ?$"
)
_PAST = re.compile(
    r"\b(?:since|was|were|had|did|has|have|been|went|came|fell|rose|left|said|told|sent|got|wrote|made|took|gave|found"
    r"|saw|met|began|lost|won|paid|ran|sold|bought|thought|broke|stood|froze|grew|built|spoke|kept|held|(?!expected|planned|scheduled|need|indeed)[a-z]{2,20}ed)\b"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """A text in the hands of the rules: as written, in small letters of the same length, and the day of its author.

    In a question (``asked``) small letters are no evidence against a month, and a lone year is one.
    """

    text: str
    folded: str
    today: date
    asked: bool

    def before(self, start: int) -> str:
        """Return the word before ``start`` in small letters, empty if there is none next to it."""
        match = _BEFORE.search(self.folded[max(0, start - _LOOK_BACK) : start])
        return match[1] if match else ""

    def capital(self, start: int) -> bool:
        return self.text[start].isupper()

    def clause(self, start: int) -> str:
        """Return what stands before ``start`` in its sentence."""
        lowest = max(0, start - _CLAUSE)
        breaks = [match.end() for match in _SENTENCE_BREAK.finditer(self.folded, lowest, start)]
        return self.folded[breaks[-1] if breaks else lowest : start]

    def ahead(self, start: int) -> bool:
        """Tell whether the words before ``start`` speak of the future."""
        return bool(_AHEAD.search(self.clause(start)))

    def past(self, start: int) -> bool:
        """Tell whether the words before ``start`` speak of the past."""
        return is_past(self.clause(start))


@dataclass(frozen=True, slots=True)
class Rule:
    """``pattern`` is to match small letters at a token border; ``resolve`` gives the period, ``None`` if it is no time.

    ``resolve`` may raise ``ValueError`` for dates that do not exist and ``OverflowError`` beyond the calendar.
    """

    pattern: str
    resolve: Callable[[re.Match[str], Reading], Period | None]


def is_past(clause: str) -> bool:
    return bool(_PAST.search(clause))


def month_number(name: str) -> int:
    return _MONTH_NAMES.index(name[:3]) + 1


def weekday_number(name: str) -> int:
    return _WEEKDAY_NAMES.index(name[:3])


def count_value(word: str) -> int:
    return int(word) if word.isdigit() else _COUNTS[word]


def fold(text: str) -> str:
    """Return ``text`` in small letters, each character where it was."""
    folded = text.lower()
    if len(folded) != len(text):
        # A few capitals have small forms of two characters, which would shift the spans.
        folded = "".join(small if len(small := character.lower()) == 1 else character for character in text)
    return folded
