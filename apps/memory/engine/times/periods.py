"""Calendar arithmetic on half-open periods of whole days.

Raises ``ValueError`` or ``OverflowError`` for days beyond the calendar.
"""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

from apps.memory.engine.types import Granularity

_MONTHS = 12
_DAYS = 7
# The first month of a season in the northern hemisphere; winter belongs to the year in which it ends.
_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}


@dataclass(frozen=True, slots=True)
class Period:
    """The days from ``begins`` to the one before ``ends``."""

    begins: date
    ends: date
    granularity: Granularity


def day(of: date) -> Period:
    return Period(of, of + timedelta(days=1), Granularity.DAY)


def week(of: date) -> Period:
    """Return the week of a day, from Monday."""
    monday = of - timedelta(days=of.weekday())
    return Period(monday, monday + timedelta(days=_DAYS), Granularity.WEEK)


def weekend(of: date) -> Period:
    saturday = of + timedelta(days=5 - of.weekday())
    return Period(saturday, saturday + timedelta(days=2), Granularity.RANGE)


def month(year: int, number: int) -> Period:
    return Period(date(year, number, 1), add_months(date(year, number, 1), 1), Granularity.MONTH)


def quarter(year: int, number: int) -> Period:
    begins = date(year, 3 * number - 2, 1)
    return Period(begins, add_months(begins, 3), Granularity.QUARTER)


def half(year: int, number: int) -> Period:
    begins = date(year, 6 * number - 5, 1)
    return Period(begins, add_months(begins, 6), Granularity.HALF)


def year(number: int) -> Period:
    return Period(date(number, 1, 1), date(number + 1, 1, 1), Granularity.YEAR)


def season(name: str, of_year: int) -> Period:
    first = _SEASONS[name]
    begins = date(of_year - (first == _MONTHS), first, 1)
    return Period(begins, add_months(begins, 3), Granularity.RANGE)


def unit(name: str, of: date) -> Period:
    """Return the calendar unit (day, week, weekend, month, quarter, year) that holds a day."""
    if name == "day":
        return day(of)
    if name == "week":
        return week(of)
    if name == "weekend":
        return weekend(of)
    if name == "month":
        return month(of.year, of.month)
    return quarter(of.year, (of.month + 2) // 3) if name == "quarter" else year(of.year)


def between(first: Period, last: Period) -> Period | None:
    """Return the range from the begin of one period to the end of another, ``None`` if it is empty."""
    return Period(first.begins, last.ends, Granularity.RANGE) if first.begins < last.ends else None


def add_units(to: date, count: int, name: str) -> date:
    """Return the day ``count`` units later; days that a month lacks become its last."""
    if name in {"week", "weekend"}:
        return to + timedelta(days=_DAYS * count)
    if name == "day":
        return to + timedelta(days=count)
    return add_months(to, count * {"month": 1, "quarter": 3, "year": _MONTHS}[name])


def add_months(to: date, count: int) -> date:
    years, index = divmod(to.month - 1 + count, _MONTHS)
    target_year = to.year + years
    last = calendar.monthrange(target_year, index + 1)[1] if target_year > 0 else 1
    return date(target_year, index + 1, min(to.day, last))
