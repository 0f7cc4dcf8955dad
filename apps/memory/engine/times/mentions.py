"""Finds the times in a text. Use ``times.extract_times``."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time

from apps.memory.engine.lexicon import MONTHS, WEEKDAYS, word_set
from apps.memory.engine.times import days, months, relative, years
from apps.memory.engine.times.grammar import COUNT, MONTH, SEASON, WEEKDAY, Reading, Rule, fold
from apps.memory.engine.times.periods import Period
from apps.memory.engine.types import Granularity

_MENTIONS = 50
_RULES: tuple[Rule, ...] = (*days.RULES, *months.RULES, *relative.RULES, *years.RULES)
_PATTERNS = tuple(re.compile(rule.pattern) for rule in _RULES)
_GROUP_NAME = re.compile(r"\?P<\w+>")
# One alternative a rule, so that a text is scanned once, from token borders that are not inside a number. The
# look-ahead is for speed: it refuses most words by their first letters.
_ANY = re.compile(
    r"(?<![\w@#])(?<!\d[.,:/-])"
    rf"(?=\d|[qhf][1-4y]|the |day |end |in |an? |{MONTH}|{WEEKDAY}|{SEASON}|{COUNT} |last |past |previous |this "
    r"|current |next |coming |upcoming |following |to|yest|first |second |third |fourth |fiscal |financial )(?:"
    + "|".join(f"({_GROUP_NAME.sub('?:', rule.pattern)})" for rule in _RULES)
    + ")"
)
_WORD = re.compile(r"\w+")
# Every expression holds one of these, or a number like a year or a date; most texts without a time are done here.
_TRIGGERS = (
    MONTHS
    | WEEKDAYS
    | word_set(
        """
    today tonight yesterday tomorrow morning afternoon evening night fy
    day days week weeks weekend month months quarter quarters year years spring summer autumn fall winter q1 q2 q3 q4
    """
    )
)
_NUMBERS = re.compile(r"(?:1[5-9]|20|21)\d\d|\d[./-]\d\d?[./-]\d|\d(?:st|nd|rd|th)\b|fy ?\d\d|q[1-4]['\u2019/-]")


@dataclass(frozen=True, slots=True)
class TimeMention:
    """A time named at characters ``start`` to ``end`` (exclusive): the moments from ``begins`` to before ``ends``."""

    start: int
    end: int
    begins: datetime
    ends: datetime
    granularity: Granularity


def extract_times(text: str, *, anchor: datetime) -> list[TimeMention]:
    """Return the times that ``text`` names, by position, at most 50, none inside another.

    ``anchor`` is when the text was said, with a zone, in which days begin. A month alone is the latest that has begun,
    a day of the week alone the nearest before, a day and month the nearest; the words before may point ahead.
    """
    found: list[TimeMention] = []
    reading = Reading(text=text, folded=fold(text), today=anchor.date(), asked=False)
    for start, end, period in find_periods(reading):
        begins, ends = moments(period, anchor)
        found.append(TimeMention(start=start, end=end, begins=begins, ends=ends, granularity=period.granularity))
        if len(found) == _MENTIONS:
            break
    return found


def moments(period: Period, clock: datetime) -> tuple[datetime, datetime]:
    """Return the midnights, in the zone of ``clock``, with which a period begins and ends."""
    return (
        datetime.combine(period.begins, time.min, tzinfo=clock.tzinfo),
        datetime.combine(period.ends, time.min, tzinfo=clock.tzinfo),
    )


def find_periods(reading: Reading) -> Iterator[tuple[int, int, Period]]:
    """Yield ``(start, end, period)`` of each time expression, by position."""
    if _TRIGGERS.isdisjoint(_WORD.findall(reading.folded)) and not _NUMBERS.search(reading.folded):
        return
    position = 0
    while match := _ANY.search(reading.folded, position):
        end, period = _resolve(match, reading)
        if period is not None:
            yield match.start(), end, period
        position = end


def _resolve(match: re.Match[str], reading: Reading) -> tuple[int, Period | None]:
    """Return the first reading of a match that is a time, and where to go on.

    The rules after the one that matched may know better what it is.
    """
    start = match.start()
    for index in range((match.lastindex or 1) - 1, len(_RULES)):
        found = _PATTERNS[index].match(reading.folded, start)
        if found is None:
            continue
        try:
            period = _RULES[index].resolve(found, reading)
        except (ValueError, OverflowError):
            # The 31st of June, or a day beyond the calendar: no part of it is a time.
            return found.end(), None
        if period is not None:
            # The full stop of "3 Mar." may be that of the sentence.
            return found.end() - found[0].endswith("."), period
    return start + 1, None
