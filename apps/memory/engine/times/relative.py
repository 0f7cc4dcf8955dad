"""Rules for times that are counted from the day of writing: "yesterday", "last March", "two weeks ago", "on Monday"."""

import re
from datetime import date, timedelta

from apps.memory.engine.lexicon import word_set
from apps.memory.engine.times import periods
from apps.memory.engine.times.grammar import (
    COUNT,
    FULL_WEEKDAY,
    MONTH,
    SEASON,
    STOP,
    UNIT,
    WEEKDAY,
    Reading,
    Rule,
    count_value,
    is_past,
    month_number,
    weekday_number,
)
from apps.memory.engine.times.periods import Period
from apps.memory.engine.types import Granularity

_WEEK = 7
_FOLLOWING = 40
_DAYS = {
    "the day before yesterday": -2,
    "day before yesterday": -2,
    "yesterday": -1,
    "last night": -1,
    "today": 0,
    "tonight": 0,
    "this morning": 0,
    "this afternoon": 0,
    "this evening": 0,
    "tomorrow": 1,
    "the day after tomorrow": 2,
    "day after tomorrow": 2,
}
_SHIFTS = {"last": -1, "previous": -1, "this": 0, "current": 0, "next": 1, "coming": 1, "upcoming": 1}
_WHICH = rf"(?P<which>{'|'.join(_SHIFTS)})"
_WEEKDAY_AHEAD = word_set("before by coming due next till until")
_WEEKDAY_CONTEXT = word_set("after before by due from on since till to until")
# "The Monday meeting" and "every Friday" are habits.
_HABIT = word_set("a each every my our per the")
# "In the last year" is twelve months, "last year" is a calendar year.
_WITHIN = re.compile(r"\b(?:during|in|over|within) the $")
_NAME_BESIDE = re.compile(r" [A-Z][a-z]")
_NAME_BEFORE = re.compile(r"[A-Z]\w* $")


def _named_day(match: re.Match[str], reading: Reading) -> Period | None:
    return periods.day(reading.today + timedelta(days=_DAYS[match["day"]]))


def _which_unit(match: re.Match[str], reading: Reading) -> Period | None:
    shift, unit = _SHIFTS[match["which"]], match["unit"]
    if shift and unit != "weekend" and _WITHIN.search(reading.clause(match.start())):
        return _span(reading.today, shift, unit)
    return periods.unit(unit, periods.add_units(reading.today, shift, unit))


def _which_weekday(match: re.Match[str], reading: Reading) -> Period | None:
    shift, day = _SHIFTS[match["which"]], weekday_number(match["weekday"])
    if shift == 0:
        return periods.day(periods.week(reading.today).begins + timedelta(days=day))
    return periods.day(_weekday(reading.today, day, ahead=shift > 0))


def _which_month(match: re.Match[str], reading: Reading) -> Period | None:
    name, shift, today = match["month"], _SHIFTS[match["which"]], reading.today
    if not (reading.capital(match.start("month")) or (reading.asked and name != "may")):
        return None
    number = month_number(name)
    if shift == 0:
        return periods.month(today.year, number)
    passed = number < today.month if shift < 0 else number <= today.month
    return periods.month(today.year - 1 + passed if shift < 0 else today.year + passed, number)


def _which_season(match: re.Match[str], reading: Reading) -> Period | None:
    shift, today = _SHIFTS[match["which"]], reading.today
    near = [periods.season(match["season"], today.year + offset) for offset in (-1, 0, 1, 2)]
    if shift < 0:
        return [found for found in near if found.ends <= today][-1]
    if shift > 0:
        return next(found for found in near if found.begins > today)
    # This summer is the one going on, else the nearest.
    return min(near, key=lambda found: max(found.begins - today, today - found.ends, timedelta()))


def _rolling(match: re.Match[str], reading: Reading) -> Period | None:
    """Resolve "the last 30 days", with today; "the next two weeks" begins with today."""
    count = count_value(match["count"] or "a")
    return _span(reading.today, count if match["way"] in {"next", "coming", "following"} else -count, match["unit"])


def _span(today: date, count: int, unit: str) -> Period:
    other = periods.add_units(today, count, unit)
    if count < 0:
        return periods.Period(other, today + timedelta(days=1), Granularity.RANGE)
    return periods.Period(today, other, Granularity.RANGE)


def _ago(match: re.Match[str], reading: Reading) -> Period | None:
    return periods.unit(match["unit"], periods.add_units(reading.today, -count_value(match["count"]), match["unit"]))


def _from_now(match: re.Match[str], reading: Reading) -> Period | None:
    if match["count"] and not reading.ahead(match.start()) and _is_duration(match, reading):
        return None
    groups = match.groupdict()
    unit = groups["unit"] or groups["unit2"]
    count = count_value(groups["count"] or groups["count2"] or "a")
    return periods.unit(unit, periods.add_units(reading.today, count, unit))


def _is_duration(match: re.Match[str], reading: Reading) -> bool:
    """Tell whether "in two weeks" says how long something took: "it fell in two weeks", "900 boxes in two weeks"."""
    clause = reading.clause(match.start())
    following = reading.folded[match.end() : match.end() + _FOLLOWING]
    return any(character.isdigit() for character in clause) or is_past(clause + following)


def _end_of(match: re.Match[str], reading: Reading) -> Period | None:
    shift = _SHIFTS.get(match["which"] or "", 0)
    return periods.unit(match["unit"], periods.add_units(reading.today, shift, match["unit"]))


def _weekday_alone(match: re.Match[str], reading: Reading) -> Period | None:
    start, end = match.span()
    before = reading.before(start)
    if not (reading.capital(start) or reading.asked) or before in _HABIT:
        return None
    if before not in _WEEKDAY_CONTEXT:
        short = not re.fullmatch(FULL_WEEKDAY, match["weekday"])
        # "Black Friday" and "Sunday Brew" are names.
        lowest = max(0, start - _WEEK * _WEEK)
        if short or _NAME_BESIDE.match(reading.text, end) or _NAME_BEFORE.search(reading.text[lowest:start]):
            return None
    ahead = before in _WEEKDAY_AHEAD or (before != "since" and reading.ahead(start))
    return periods.day(_weekday(reading.today, weekday_number(match["weekday"]), ahead=ahead))


def _weekday(today: date, day: int, *, ahead: bool) -> date:
    """Return the nearest such day before or after ``today``, never today, which people call by its name."""
    if ahead:
        return today + timedelta(days=(day - today.weekday() - 1) % _WEEK + 1)
    return today - timedelta(days=(today.weekday() - day - 1) % _WEEK + 1)


RULES = (
    Rule(rf"(?P<day>{'|'.join(sorted(_DAYS, key=len, reverse=True))})\b", _named_day),
    Rule(rf"{_WHICH} (?P<unit>weekend|week|month|quarter|year)\b(?! of\b)", _which_unit),
    Rule(rf"{_WHICH} (?P<weekday>{FULL_WEEKDAY})\b", _which_weekday),
    Rule(rf"{_WHICH} (?P<month>{MONTH})(?!\w| \d)", _which_month),
    Rule(rf"{_WHICH} (?P<season>{SEASON})\b", _which_season),
    Rule(
        rf"(?:the )?(?P<way>last|past|previous|next|coming|following) (?P<count>{COUNT}) (?P<unit>{UNIT})s?\b", _rolling
    ),
    Rule(rf"(?:the )?(?P<way>past)(?P<count>) (?P<unit>{UNIT})\b", _rolling),
    Rule(rf"(?P<count>{COUNT}) (?P<unit>{UNIT})s? ago\b", _ago),
    Rule(
        rf"(?:in (?P<count>{COUNT}) (?P<unit>{UNIT})s?(?![\w\u2019']| of\b)"
        rf"|(?P<count2>{COUNT}) (?P<unit2>{UNIT})s? from now\b)",
        _from_now,
    ),
    Rule(r"(?:the )?end of (?:the |(?P<which>this|next|last) )(?P<unit>week|month|quarter|year)\b", _end_of),
    Rule(rf"(?P<weekday>{WEEKDAY}){STOP}(?!-)", _weekday_alone),
)
