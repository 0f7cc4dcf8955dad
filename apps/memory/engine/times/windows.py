"""Finds the time that a question asks about. Use ``times.question_times`` and ``times.asks_when``."""

import re
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from apps.memory.engine.times.grammar import Reading, fold
from apps.memory.engine.times.mentions import find_periods, moments

# What may lead a time: those that open it on one side come first.
_LEAD = re.compile(
    r"\b(?:(?P<since>since|starting (?:in|from|on))|(?P<after>after|later than|following)"
    r"|(?P<before>before|earlier than|prior to)|(?P<until>until|till|by|up to|no later than)"
    r"|(?P<origin>from)|(?:in|on|at|during|over|for|within|throughout|of|between|through)(?: the course of)?)"
    r"(?: the)?(?: (?:early|late|mid|whole of|entire|(?:end|start|beginning|week|month) of))?[ -]?$"
)
_LOOK_BACK = 40
_WINDOWS = 10
_ONWARDS = re.compile(r" onwards?\b")
_WHEN = re.compile(
    r"\bwhen (?:exactly |precisely )?(?:did|do|does|is|are|was|were|will|would|has|have|had|can|could|should|might)\b"
    r"|\b(?:what|which|whose) (?:\w+ )?(?:dates?|day|week|month|quarter|year|time)\b(?! zones?| frames?)"
    r"|\bhow long ago\b|\bhow (?:recently|soon)\b|\b(?:since|until) when\b|\bwhen\s*[?.!]*$"
    r"|\b(?:tell|say|know|remember|recall) (?:me |us )?(?:exactly )?when\b"
)


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """The moments from ``begins`` to before ``ends``, open where ``None``, asked at characters ``start`` to ``end``."""

    begins: datetime | None
    ends: datetime | None
    start: int
    end: int


def question_times(question: str, *, now: datetime) -> list[TimeWindow]:
    """Return the times that ``question`` asks about, by position, at most 10, relative to ``now`` (with a zone).

    The span holds the preposition, so that the question without it can still be searched.
    """
    reading = Reading(text=question, folded=fold(question), today=now.date(), asked=True)
    windows: list[TimeWindow] = []
    for start, end, period in islice(find_periods(reading), _WINDOWS):
        lowest = max(windows[-1].end if windows else 0, start - _LOOK_BACK)
        lead = _LEAD.search(reading.folded, lowest, start)
        onwards = _ONWARDS.match(reading.folded, end)
        first, last = moments(period, now)
        begins, ends = _sides(lead.lastgroup if lead else None, first, last, onwards=bool(onwards))
        window_end = onwards.end() if onwards else end
        windows.append(TimeWindow(begins=begins, ends=ends, start=lead.start() if lead else start, end=window_end))
    return windows


def _sides(
    lead: str | None, first: datetime, last: datetime, *, onwards: bool
) -> tuple[datetime | None, datetime | None]:
    """Return the window that the word before a time makes of it."""
    if lead == "after":
        return last, None
    if lead == "since" or onwards:
        return first, None
    if lead == "before":
        return None, first
    return (None, last) if lead == "until" else (first, last)


def asks_when(question: str) -> bool:
    """Tell whether the answer is a date: "when did ...", "what year ...", "how long ago ..."."""
    return bool(_WHEN.search(fold(question)))
