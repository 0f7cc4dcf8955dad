"""Finds amounts in a text: money, percentages, counted things and p-values.

A bare number is no amount, for nobody can tell what it measures; neither are the numbers of dates and identifiers.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

from apps.memory.engine.lexicon import MONTHS, STOP_WORDS
from apps.memory.engine.types import QuantityKind

_QUANTITIES = 100
_LOOK_BACK = 12

_CURRENCIES = {
    "\u20ac": "EUR",
    "$": "USD",
    "us$": "USD",
    "\xa3": "GBP",
    "\xa5": "JPY",
    "\u20b9": "INR",
    "euro": "EUR",
    "euros": "EUR",
    "dollar": "USD",
    "dollars": "USD",
    "pound": "GBP",
    "pounds": "GBP",
    "kronor": "SEK",
    # Danish, Norwegian or Swedish.
    "kr": "kr",
} | {code.casefold(): code for code in ("EUR", "USD", "GBP", "CHF", "SEK", "NOK", "DKK", "JPY", "INR")}
_SCALES = {"k": 3, "thousand": 3, "m": 6, "mn": 6, "million": 6, "b": 9, "bn": 9, "billion": 9, "trillion": 12}
_RELATIONS = {"\u2264": "<", "\u2265": ">"}

_SYMBOL = r"(?:US\$|[\u20ac$\xa3\xa5\u20b9])"
_CODE = r"(?:EUR|USD|GBP|CHF|SEK|NOK|DKK|JPY|INR)"
# 1,240.5 and 1240.5, the continental 1.240,50 and 3,5. An attempt reads at most 30 digits.
_DIGITS = (
    r"(?:\d{1,3}(?:,\d{3}){1,5}(?:\.\d{1,6})?|\d{1,3}(?:\.\d{3}){1,5},\d{1,2}"
    r"|\d{1,3}(?:[\u202f\xa0]\d{3}){1,5}|\d{1,15},\d{1,2}|\d{1,15}(?:\.\d{1,10})?|\.\d{1,10})"
)
_NUMBER = re.compile(
    r"(?=[\dpnNUEGCSDJI\u20ac$\xa3\xa5\u20b9+\-\u2212.])(?<![\w#\u20ac$\xa3.,:/])(?<![A-Za-z]-)(?:"
    r"(?P<p>p(?:-value)? ?(?:of )?(?P<relation>[<>=\u2264\u2265]) ?)|(?P<n>[nN] ?= ?)"
    rf"|(?P<sign>[+\-\u2212])?(?:(?P<currency>{_SYMBOL}|{_CODE}) ?)?)?"
    rf"(?P<digits>{_DIGITS})(?![\d:/]|[.,]\d)"
)
_SCALE = re.compile(r" ?(?P<scale>thousand|million|billion|trillion|mn|bn)\b|(?P<letter>[kKmMbB])(?![\w-])")
# A currency before a digit belongs to the next amount: "238 EUR 9".
_MONEY = re.compile(
    rf" ?(?P<currency>(?:{_SYMBOL}|{_CODE}\b)(?! ?\.?\d)|(?:euros?|kr|kronor)\b|(?:US )?dollars?\b|pounds?\b(?! of\b))"
)
_PERCENT = re.compile(
    r" ?(?:%|per ?cent(?:age(?= points?\b)|\b))(?P<points>[ -]?points?\b)?"
    r"|(?P<short> ?(?:pp|points?)\b)|(?P<basis> ?(?:bps|basis points)\b)"
)
_WORD = r"[a-z]{2,24}(?:-[a-z]{2,24})?(?![\w@-])"
_COUNTED = re.compile(rf"[ \u202f\xa0-](?P<first>{_WORD})(?: (?P<second>{_WORD}))?")
_MEASURE = re.compile(r" ?(?P<unit>kg|km|cm|mm|ml|kB|MB|GB|TB|ms|min|kWh)(?!\w)")
_BEFORE = re.compile(r"([A-Za-z]+) $")
_IRREGULAR = frozenset({"people", "men", "women", "children", "staff", "kronor"})
_SINGULAR_UNITS = frozenset({"second", "minute", "hour", "day", "week", "month", "quarter", "year"})
_DIVISIBLE = _SINGULAR_UNITS | {"point", "star", "mile", "metre", "meter", "litre", "liter", "degree", "time"}
_NO_NOUNS = STOP_WORDS | {"less", "plus", "minus", "versus", "yes", "times", "across", "plans", "runs"}
# "Compass 2 reaches", "Beacon 5.1 logs": small numbers and decimals after a name belong to it.
_PART_OF_NAME = 100
_ES = re.compile(r"(?:ch|sh|x|ss)es$")
_YEARS = range(1900, 2101)
_BEFORE_YEAR = MONTHS | {"in", "since", "until", "during"}


@dataclass(frozen=True, slots=True)
class Quantity:
    """An amount at characters ``start`` to ``end`` (exclusive).

    ``unit`` is a currency code for money ("kr" where the country is unknown), ``%``, ``percentage points`` or ``basis
    points``, the singular noun of what is counted (``n`` for the size of a sample), or ``<``, ``=``, ``>`` for a
    p-value. Scales are multiplied out: "1.2k" is 1200.
    """

    kind: QuantityKind
    value: Decimal
    unit: str
    start: int
    end: int


def extract_quantities(text: str) -> list[Quantity]:
    """Return the amounts in ``text`` by position, at most 100, none inside another."""
    found: list[Quantity] = []
    for match in _NUMBER.finditer(text):
        quantity = _quantity(match, text)
        if quantity:
            found.append(quantity)
        if len(found) == _QUANTITIES:
            break
    return found


def _quantity(match: re.Match[str], text: str) -> Quantity | None:
    start, end = match.span()
    if match["p"]:
        value, relation = _value(match["digits"]), match["relation"]
        # "p = 3" is something else.
        return (
            _made(QuantityKind.P_VALUE, value, _RELATIONS.get(relation, relation), start, end) if value <= 1 else None
        )
    scale = _SCALE.match(text, end)
    value = _value(match["digits"], scale=_exponent(scale), negative=match["sign"] in {"-", "\u2212"})
    scaled_end = scale.end() if scale else end
    if match["n"]:
        return _made(QuantityKind.COUNT, value, "n", start, scaled_end)
    if match["currency"]:
        return _made(QuantityKind.MONEY, value, _CURRENCIES[match["currency"].casefold()], start, scaled_end)
    money = _MONEY.match(text, scaled_end)
    if money:
        unit = _CURRENCIES[money["currency"].casefold().removeprefix("us ")]
        return _made(QuantityKind.MONEY, value, unit, start, money.end())
    percent = _PERCENT.match(text, end)
    # "+0.4 points" are of a percentage, "100 points" are a prize.
    if percent and not (percent["short"] and "point" in percent["short"] and not _is_change(match)):
        return _made(QuantityKind.PERCENTAGE, _signed(match), _percentage(percent), start, percent.end())
    return _count(match, text, value=value, end=scaled_end)


def _is_change(match: re.Match[str]) -> bool:
    return bool(match["sign"]) or "." in match["digits"]


def _percentage(match: re.Match[str]) -> str:
    if match["basis"]:
        return "basis points"
    return "percentage points" if match["points"] or match["short"] else "%"


def _count(match: re.Match[str], text: str, *, value: Decimal, end: int) -> Quantity | None:
    start = match.start()
    measure = _MEASURE.match(text, end)
    if measure:
        return _made(QuantityKind.COUNT, value, measure["unit"], start, measure.end())
    words = _COUNTED.match(text, end)
    if not words or _is_name_or_year(match, text):
        return None
    first, second = words["first"], words["second"]
    if "." in match["digits"] and end == match.end() and first.removesuffix("s") not in _DIVISIBLE:
        # "6.3 puts": a version and a verb.
        return None
    if _is_counted(first) or (first in _SINGULAR_UNITS and (text[end] == "-" or value == 1)):
        return _made(QuantityKind.COUNT, value, _singular(first), start, words.end("first"))
    if second and first not in STOP_WORDS and _is_counted(second):
        # "13,000 new subscribers".
        return _made(QuantityKind.COUNT, value, _singular(second), start, words.end("second"))
    return None


def _is_name_or_year(match: re.Match[str], text: str) -> bool:
    digits = match["digits"]
    before = _BEFORE.search(text[max(0, match.start() - _LOOK_BACK) : match.start()])
    if not before:
        return False
    named = before[1][0].isupper() and before[1].casefold() not in STOP_WORDS
    if digits.isdigit() and int(digits) in _YEARS:
        return named or before[1].casefold() in _BEFORE_YEAR
    return named and ("." in digits or (digits.isdigit() and int(digits) < _PART_OF_NAME))


def _is_counted(word: str) -> bool:
    if word in _IRREGULAR:
        return True
    return len(word) > len("was") and word.endswith("s") and word[-2] not in "sui" and word not in _NO_NOUNS


def _singular(noun: str) -> str:
    if noun in _IRREGULAR or not noun.endswith("s"):
        return noun
    if noun.endswith("ies") and noun != "series":
        return noun[:-3] + "y"
    return noun[:-2] if _ES.search(noun) or noun.endswith("xes") else noun[:-1]


def _exponent(scale: re.Match[str] | None) -> int:
    return _SCALES[(scale["scale"] or scale["letter"]).casefold()] if scale else 0


def _signed(match: re.Match[str]) -> Decimal:
    return _value(match["digits"], negative=match["sign"] in {"-", "\u2212"})


def _value(digits: str, *, scale: int = 0, negative: bool = False) -> Decimal:
    """Return a number as written: the last separator is decimal unless three digits follow every comma."""
    plain = digits.replace("\u202f", "").replace("\xa0", "")
    if re.fullmatch(r"\d{1,15},\d{1,2}|\d{1,3}(?:\.\d{3})+,\d{1,2}", plain):
        plain = plain.replace(".", "").replace(",", ".")
    value = Decimal(plain.replace(",", "")) * Decimal(10) ** scale
    return -value if negative else value


def _made(kind: QuantityKind, value: Decimal, unit: str, start: int, end: int) -> Quantity:
    return Quantity(kind=kind, value=value, unit=unit, start=start, end=end)
