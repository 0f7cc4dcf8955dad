"""Rules for times that name their days: "3 March 2025", "18 to 24 November", "2025-03-03", "Wednesday the 27th"."""

import re
from datetime import date, timedelta

from apps.memory.engine.lexicon import word_set
from apps.memory.engine.times import periods
from apps.memory.engine.times.grammar import (
    DAY,
    MONTH,
    STOP,
    TO,
    WEEKDAY,
    YEAR,
    Reading,
    Rule,
    month_number,
    weekday_number,
)
from apps.memory.engine.times.periods import Period

_MONTHS = 12
_SOON = timedelta(days=45)
_ORDINAL = r"(?:st|nd|rd|th)"
_THE = r"(?:the )?"
_NAMED_DAY = rf"(?:(?P<weekday>{WEEKDAY}),? )?"
_AHEAD = word_set("by till until")
_ISO_PARTS = re.compile(r"[-/.]")
_WORDS = word_set("mar march may")
_ON_THE = word_set("after before by from on since till to until")


def _iso(match: re.Match[str], _: Reading) -> Period | None:
    year, month, day = _ISO_PARTS.split(match[0])
    return periods.day(date(int(year), int(month), int(day)))


def _numeric(match: re.Match[str], _: Reading) -> Period | None:
    first, second, year = int(match["first"]), int(match["second"]), int(match["year"])
    if match["separator"] == "." or first == second or first > _MONTHS:
        return periods.day(date(year, second, first))
    # Americans write the month first; with both numbers small nobody can tell.
    return periods.day(date(year, first, second)) if second > _MONTHS else None


def _day(match: re.Match[str], reading: Reading) -> Period | None:
    if match["month"] in _WORDS and not reading.capital(match.start("month")):
        # "You may 3 times retry": only a question has months in small letters, and says so.
        clear = match["year"] or " of " in match[0] or reading.before(match.start()) in _ON_THE
        if not (reading.asked and clear):
            return None
    return _dated(match, "", reading)


def _dated(match: re.Match[str], last: str, reading: Reading) -> Period:
    """Return the day in the groups ``day``, ``month``, ``year`` and ``weekday``, their names with ``last`` appended.

    Without a year it is the nearest such date, if possible on that day of the week; the latest after a verb in the
    past, and in a question unless the words before it look ahead.
    """
    groups = match.groupdict()
    day, month = int(match["day" + last]), month_number(groups["month" + last] or match["month"])
    year = groups["year" + last]
    if year:
        return periods.day(date(int(year), month, day))
    today = reading.today
    near = [date(y, month, day) for y in range(today.year - 1, today.year + 2) if _exists(y, month, day)]
    if groups.get("weekday"):
        named = weekday_number(match["weekday"])
        near = [found for found in near if found.weekday() == named] or near
    start = match.start()
    before = reading.before(start)
    nearest = min(near, key=lambda found: abs(found - today), default=today)
    # "We decided to launch on 9 June" may still lie ahead, but hardly for long.
    far = nearest - today > _SOON and before == "on" and reading.past(start)
    if far or before == "since" or (reading.asked and not reading.ahead(start)):
        near = [found for found in near if found <= today] or near
    if not near:
        raise ValueError("no such day in these years")
    return periods.day(min(near, key=lambda found: abs(found - today)))


def _exists(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _range(match: re.Match[str], reading: Reading) -> Period | None:
    if match["to"] == " and " and reading.before(match.start()) != "between":
        return None
    last = _dated(match, "2", reading).begins
    month, day = month_number(match["month"] or match["month2"]), int(match["day"])
    # "25 November to 2 December 2024", and "28 December to 3 January 2025", which began in the year before.
    year = int(match["year"]) if match["year"] else last.year - ((month, day) > (last.month, last.day))
    return periods.between(periods.day(date(year, month, day)), periods.day(last))


def _day_of_month(match: re.Match[str], reading: Reading) -> Period | None:
    """Resolve "on the 17th", which a day of the week narrows down, before today if the verb is past, else after it."""
    start = match.start()
    before = reading.before(start)
    if not match["weekday"] and before not in _ON_THE:
        return None
    today, day = reading.today, int(match["day"])
    months = [periods.add_months(today.replace(day=1), offset) for offset in range(-2, 4)]
    near = [first.replace(day=day) for first in months if _exists(first.year, first.month, day)]
    if match["weekday"]:
        near = [found for found in near if found.weekday() == weekday_number(match["weekday"])]
    past = before == "since" or (before not in _AHEAD and reading.past(start))
    near = [found for found in near if (found <= today if past else found >= today)] or near
    return periods.day(min(near, key=lambda found: abs(found - today))) if near else None


RULES = (
    Rule(rf"(?P<year>{YEAR})(?:[-/](?:1[0-2]|0?[1-9])[-/]|\.(?:1[0-2]|0[1-9])\.){DAY}(?!\d|[-/.]\d)", _iso),
    Rule(rf"(?P<first>{DAY})(?P<separator>[./-])(?P<second>{DAY})[./-](?P<year>{YEAR})(?!\d|[-/.]\d)", _numeric),
    Rule(
        rf"{_NAMED_DAY}{_THE}(?P<day>{DAY}){_ORDINAL}?(?: (?:of )?(?P<month>{MONTH}))?(?:,? (?P<year>{YEAR}))?"
        rf"(?P<to>{TO})(?:{WEEKDAY},? )?{_THE}(?P<day2>{DAY}){_ORDINAL}? (?:of )?(?P<month2>{MONTH})"
        rf"(?:,? (?P<year2>{YEAR}))?{STOP}",
        _range,
    ),
    Rule(
        rf"{_NAMED_DAY}(?P<month>{MONTH}) {_THE}(?P<day>{DAY}){_ORDINAL}?(?:,? (?P<year>{YEAR}))?(?P<to>{TO})"
        rf"(?:{WEEKDAY},? )?(?:(?P<month2>{MONTH}) )?{_THE}(?P<day2>{DAY}){_ORDINAL}?(?:,? (?P<year2>{YEAR}))?{STOP}",
        _range,
    ),
    Rule(
        rf"{_NAMED_DAY}{_THE}(?P<day>{DAY}){_ORDINAL}? (?:of )?(?P<month>{MONTH})(?:,? (?P<year>{YEAR}))?{STOP}", _day
    ),
    # "In March 12 tests ran" counts tests.
    Rule(
        rf"{_NAMED_DAY}(?<!in )(?P<month>{MONTH}) {_THE}(?P<day>{DAY}){_ORDINAL}?(?:,? (?P<year>{YEAR}))?{STOP}", _day
    ),
    Rule(
        rf"{_NAMED_DAY}the (?P<day>{DAY}){_ORDINAL}"
        r"(?![\w-]| (?!(?:and|or|to|in|at|by|with|for|we|it|as|so|because)\b)\w)",
        _day_of_month,
    ),
)
