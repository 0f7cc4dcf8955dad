"""Rules for years, where the words around a number say that it is one: "in 2024", "1998-2003", "the 1990s"."""

import re

from apps.memory.engine.lexicon import STOP_WORDS, word_set
from apps.memory.engine.times import periods
from apps.memory.engine.times.grammar import STOP, TO, YEAR, Reading, Rule
from apps.memory.engine.times.periods import Period

_CENTURY = 100
# Years so many from the anchor may stand alone, or before a plural.
_NEAR = 50
_CLOSE = 2
# After these a number with a noun is a quantity: "after 2000 visits".
_WEAK = word_set("after before by for from of through till until")
_BEFORE = _WEAK | word_set(
    "born budget christmas during early easter established forecast founded in late mid planning seen since"
    " throughout year"
)
_APPROXIMATELY = STOP_WORDS | word_set("approximately exactly nearly roughly")
_COUNTED = re.compile(r" (?:of (?:the|our|these|those|them)\b|people\b|(?!was\b|is\b|has\b|this\b)[a-z]{2,20}s\b)")
_NAME = re.compile(r"(?:^|[\s(])[A-Z][a-z]{2,30} $")
_NAME_CHARACTERS = 34


def _year(match: re.Match[str], reading: Reading) -> Period | None:
    (start, end), number = match.span(), int(match["year"])
    counted = bool(_COUNTED.match(reading.folded, end))
    before = reading.before(start)
    distance = abs(number - reading.today.year)
    if before in _BEFORE:
        known = not (counted and (before in _WEAK or number % _CENTURY == 0))
    elif before in _APPROXIMATELY:
        known = reading.asked and not counted and distance <= _NEAR
    else:
        # "Warm Harbour 2025 opens" is spelt like a quantity; that number would be a coincidence.
        known = distance <= (_CLOSE if counted else _NEAR) and (reading.asked or _is_alone(match, reading))
    return periods.year(number) if known else None


def _is_alone(match: re.Match[str], reading: Reading) -> bool:
    """Tell whether a year stands in brackets or ends a name ("Warm Harbour 2024")."""
    start, end = match.span()
    if reading.text[start - 1 : start] == "(" and reading.text[end : end + 1] == ")":
        return True
    return bool(_NAME.search(reading.text[max(0, start - _NAME_CHARACTERS) : start]))


def _range(match: re.Match[str], reading: Reading) -> Period | None:
    first, short = int(match["year"]), int(match["year2"])
    last = short if short > _CENTURY else first // _CENTURY * _CENTURY + short
    spelt = match["to"].strip().isalpha()
    if (spelt and reading.before(match.start()) not in {"from", "between"}) or not first < last <= first + _CENTURY:
        return None
    if _COUNTED.match(reading.folded, match.end()):
        return None
    return periods.between(periods.year(first), periods.year(last))


def _decade(match: re.Match[str], _: Reading) -> Period | None:
    first = int(match["decade"])
    return periods.between(periods.year(first), periods.year(first + 9))


RULES = (
    Rule(rf"(?P<year>{YEAR})(?P<to>{TO}|/)(?P<year2>{YEAR}|\d\d){STOP}", _range),
    Rule(r"(?P<decade>(?:1[5-9]|20)\d0)['\u2019]?s\b", _decade),
    Rule(rf"(?P<year>{YEAR}){STOP}", _year),
)
