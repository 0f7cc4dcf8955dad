"""Rules for months, quarters, halves and seasons: "March 2025", "in March", "April to June", "Q3", "H1 2026"."""

import re

from apps.memory.engine.lexicon import word_set
from apps.memory.engine.times import periods
from apps.memory.engine.times.grammar import MONTH, SEASON, STOP, TO, YEAR, Reading, Rule, month_number
from apps.memory.engine.times.periods import Period

_CENTURY = 100
_MONTHS = 12
_QUARTER = 3
_SHORT_YEAR = r"['\u2019]\d\d"
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4}
_ORDINAL = rf"(?P<ordinal>{'|'.join(_ORDINALS)}|last)"

# Names of people, or ordinary words.
_AMBIGUOUS = word_set("april august june jan jan. mar mar. march may")
_BEFORE_ANY = word_set("after before by during early for from in late mid of since till until")
# Never a person or another word, at the beginning of a sentence too.
_CLEAR = word_set("january february july september october november december")
_BEFORE_CLEAR = _BEFORE_ANY | word_set(
    "a and between each end every her his its my or our over per the their through to your"
)
_ONWARDS = word_set("by for from till to until")
_UNTIL = word_set("by till until")
_WORD_BEFORE = re.compile(r"[A-Z][\w'\u2019-]{0,20} $")
_LOOK_BACK = 24
_SURNAME = re.compile(r" [A-Z][a-z]")
_BEFORE_ORDINAL = word_set("for in our since the")


def _latest(number: int, reading: Reading, *, start: int) -> Period:
    """Return the latest month of that number that has begun, or the next one if the words before point ahead.

    They do so for a month of the next half year only: "21% until September", said in December, looks back. Without a
    verb in the past "in" the coming month is meant, for the last of that name is eleven months old, and so is "from"
    one of the next three; a question says "next".
    """
    year, current = reading.today.year, reading.today.month
    distance = (number - current) % _MONTHS
    before = reading.before(start)
    near = _QUARTER if before in _ONWARDS else int(before in _BEFORE_ANY)
    ahead = 0 < distance <= _MONTHS // 2 and (
        reading.ahead(start) or (distance <= near and not reading.asked and not reading.past(start))
    )
    if ahead and before != "since" and not (reading.asked and before in _UNTIL):
        return periods.month(year + (number < current), number)
    return periods.month(year - (number > current), number)


def _month_of_year(match: re.Match[str], reading: Reading) -> Period | None:
    if not (reading.asked or reading.capital(match.start())):
        return None
    return periods.month(_full_year(match["year"]), month_number(match["month"]))


def _month(match: re.Match[str], reading: Reading) -> Period | None:
    name, (start, end) = match["month"], match.span()
    before = reading.before(start)
    ambiguous = name in _AMBIGUOUS
    if match["year"] and (reading.asked or reading.capital(start)):
        # "April and May 2025".
        return periods.month(int(match["year"]), month_number(name))
    if not (reading.asked or reading.capital(start)):
        return None
    if before not in (_BEFORE_ANY if ambiguous else _BEFORE_CLEAR) and (
        name not in _CLEAR or _in_name(reading, start, end)
    ):
        return None
    if ambiguous and before not in {"in", "since", "during"} and _SURNAME.match(reading.text, end):
        # "Ask for April Smith".
        return None
    return _latest(month_number(name), reading, start=start)


def _in_name(reading: Reading, start: int, end: int) -> bool:
    """Tell whether a word beside a month makes it a name: "Black September", "October Revolution"."""
    word = _WORD_BEFORE.search(reading.text[max(0, start - _LOOK_BACK) : start])
    return bool(word) or bool(_SURNAME.match(reading.text, end))


def _range(match: re.Match[str], reading: Reading) -> Period | None:
    start = match.start()
    if match["to"] == " and " and reading.before(start) != "between":
        return None
    if not (reading.asked or (reading.capital(start) and reading.capital(match.start("month2")))):
        return None
    first, number = month_number(match["month"]), month_number(match["month2"])
    year = match["year2"] or (match["year"] if first <= number else None)
    last = periods.month(int(year), number) if year else _latest(number, reading, start=start)
    first_year = int(match["year"] or last.begins.year - (first > number))
    return periods.between(periods.month(first_year, first), last)


def _quarter(match: re.Match[str], reading: Reading) -> Period | None:
    number = int(match["number"] or match["number2"] or _ORDINALS.get(match["ordinal"] or "", 4))
    year = match["year"] or match["year2"] or match["year3"]
    if year:
        return periods.quarter(_full_year(year), number)
    start = match.start()
    if match["ordinal"] == "last" or (match["ordinal"] and reading.before(start) not in _BEFORE_ORDINAL):
        return None
    if not (match["ordinal"] or reading.asked or reading.capital(start)):
        return None
    today = reading.today
    current = (today.month + 2) // 3
    ahead = reading.ahead(start)
    return periods.quarter(today.year + (number < current) if ahead else today.year - (number > current), number)


def _half(match: re.Match[str], _: Reading) -> Period | None:
    number = int(match["number"] or match["number2"] or _ORDINALS.get(match["ordinal"] or "", 2))
    return periods.half(_full_year(match["year"] or match["year2"] or match["year3"]), number) if number <= 2 else None  # noqa: PLR2004 - halves


def _full_year(digits: str) -> int:
    number = int(digits.lstrip("'\u2019"))
    return number + 2000 if number < _CENTURY else number


def _fiscal(match: re.Match[str], _: Reading) -> Period | None:
    # Which month opens a fiscal year is not in the text; the calendar year overlaps most of any.
    return periods.year(_full_year(match["year"]))


def _season(match: re.Match[str], _: Reading) -> Period | None:
    return periods.season(match["season"], int(match["year"]))


RULES = (
    Rule(
        rf"(?P<month>{MONTH})(?:,? (?P<year>{YEAR}))?(?P<to>{TO})(?P<month2>{MONTH})(?:,? (?P<year2>{YEAR}))?{STOP}",
        _range,
    ),
    Rule(rf"(?P<month>{MONTH})(?:,? | of )(?P<year>{YEAR}|{_SHORT_YEAR}){STOP}", _month_of_year),
    Rule(rf"(?P<month>{MONTH})(?!\w|[.-]\d)(?:(?=(?:,| and| or| &) {MONTH},? (?P<year>{YEAR}){STOP}))?", _month),
    Rule(
        rf"(?:q(?P<number>[1-4])(?:(?:,? | of |[/-])?(?P<year>{YEAR}|{_SHORT_YEAR}))?"
        rf"|(?P<year2>{YEAR})[ /-]?q(?P<number2>[1-4])"
        rf"|{_ORDINAL} quarter(?:(?: of|,)? (?P<year3>{YEAR}))?){STOP}",
        _quarter,
    ),
    Rule(
        rf"(?:h(?P<number>[12])(?:,? | of |[/-])?(?P<year>{YEAR}|{_SHORT_YEAR})"
        rf"|(?P<year2>{YEAR})[ /-]?h(?P<number2>[12])"
        rf"|{_ORDINAL} half(?: of|,)? (?P<year3>{YEAR})){STOP}",
        _half,
    ),
    Rule(rf"(?:fy|(?:fiscal|financial) year) ?(?P<year>{YEAR}|['\u2019]?\d\d){STOP}", _fiscal),
    Rule(rf"(?P<season>{SEASON})(?: of)? (?P<year>{YEAR}){STOP}", _season),
)
