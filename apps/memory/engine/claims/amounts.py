"""Finds what has which amount: "the annual discount is 20%". Use ``claims.claims_of``."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from apps.memory.engine.claims.claim import Claim, ClaimKind, Place, Span
from apps.memory.engine.claims.text import Text, words_of
from apps.memory.engine.claims.words import DURATIONS, HAVING, LINKS, MEASURED, MEASURING, ROUGH
from apps.memory.engine.lexicon import stem
from apps.memory.engine.quantities import Quantity
from apps.memory.engine.types import QuantityKind

_ROUGH_CHARACTERS = 14

_LINK = re.compile(rf"\b(?:{LINKS})\b(?: (?:now|still|currently|again|already))?(?: (?:at|to|set at|down to|up to))? $")
_MEASURING = re.compile(
    rf"\b(?P<verb>{'|'.join(MEASURING)})\b(?: (?:now|still|customers|users|us|you))?(?: exactly)? $"
)
_HAVING = re.compile(rf"\b(?:{HAVING})\b(?: (?:now|still|currently))?(?P<upto> up to)? $")
_OF = re.compile(r"\b(?P<noun>[a-z-]{3,20}) of(?: up to)? $")
_LABEL = re.compile(r"(?:^|[.;,(\n] ?)(?P<noun>[A-Za-z-]{3,20}):? $")
_NOUN_AFTER = re.compile(r"[ -](?:(?P<first>[a-z-]{3,20}) )?(?P<noun>[a-z-]{3,20})\b")
_FROM = re.compile(r"\bfrom $")
_TO = re.compile(r" (?:up |down )?to $")
_PREPOSITION = re.compile(r"\b(?:of|for|in|on|at|with)\b")


@dataclass(frozen=True, slots=True)
class _Attribute:
    """What an amount is of, and the words in front of it that say of what; ``own`` if only the text tells."""

    noun: str
    subject: str
    own: bool = False


def amounts_in(text: Text, sentence: Span) -> Iterator[Claim]:
    for quantity in text.quantities:
        if sentence[0] <= quantity.start and quantity.end <= sentence[1] and not text.is_quoted(quantity.start):
            claim = _claim(text, quantity, sentence)
            if claim is not None:
                yield claim


def _claim(text: Text, quantity: Quantity, sentence: Span) -> Claim | None:
    value = (quantity.start, quantity.end)
    place = Place(value, text.clause(value, sentence), sentence)
    before = _unchanged(text, quantity, place)
    if not _is_comparable(text, quantity) or before is None or ROUGH.search(before[-_ROUGH_CHARACTERS:]):
        return None
    tail = text.text[quantity.end : place.clause[1]]
    found = _attribute(quantity, before, tail) or _label(text.text[sentence[0] : quantity.start])
    if found is None:
        return None
    noun = found.noun if found.noun in MEASURED else stem(found.noun)
    scope = frozenset[str]() if found.own else text.scope(found.subject, tail, place)
    key = f"{quantity.unit} {quantity.value.normalize()}"
    claim = text.claim(ClaimKind.AMOUNT, f"{noun} {quantity.unit}", key, place=place, scope=scope)
    return replace(claim, about=found.noun, amount=float(quantity.value), own=found.own)


def _is_comparable(text: Text, quantity: Quantity) -> bool:
    """Leave out what is no amount of a thing: findings of tests, differences, and dates."""
    if quantity.kind is QuantityKind.P_VALUE or quantity.unit == "n" or text.text[quantity.start] in "+-\u2212":
        return False
    return not any(time.start < quantity.end and quantity.start < time.end for time in text.times)


def _unchanged(text: Text, quantity: Quantity, place: Place) -> str | None:
    """Return what stands before an amount, that which it replaces ("from 15% to 20%") left out.

    None if the clause holds others of its kind: nobody can tell which of them is whose.
    """
    start, end = place.clause
    before = text.text[start : quantity.start]
    others = [
        one
        for one in text.quantities
        if one != quantity and start <= one.start and one.end <= end and one.unit == quantity.unit
    ]
    if not others:
        return before
    first = others[0]
    lead = text.text[start : first.start]
    if len(others) == 1 and _FROM.search(lead) and _TO.fullmatch(text.text[first.end : quantity.start]):
        return f"{lead.removesuffix('from ')}to "
    return None


def _attribute(quantity: Quantity, before: str, tail: str) -> _Attribute | None:
    link = _LINK.search(before)
    if link:
        subject = before[: link.start()]
        nouns = words_of(_PREPOSITION.split(subject)[0])
        return _Attribute(nouns[-1].casefold(), subject) if nouns else None
    return _measured(quantity, before) or _counted(quantity, before, tail) or _named(quantity, before, tail)


def _measured(quantity: Quantity, before: str) -> _Attribute | None:
    """Read "the plan costs 15 EUR"."""
    match = _MEASURING.search(before)
    if match is None or not words_of(before[: match.start()]):
        return None
    noun = MEASURING[match["verb"]]
    return _Attribute(noun, before[: match.start()]) if (noun == "duration") == (quantity.unit in DURATIONS) else None


def _counted(quantity: Quantity, before: str, tail: str) -> _Attribute | None:
    """Read "the plan includes 3 seats"."""
    match = _HAVING.search(before)
    if match is None or quantity.kind is not QuantityKind.COUNT or _NOUN_AFTER.fullmatch(tail):
        return None
    return _Attribute(f"up to {quantity.unit}" if match["upto"] else quantity.unit, before[: match.start()])


def _named(quantity: Quantity, before: str, tail: str) -> _Attribute | None:
    """Read "a discount of 20%" and "a 20% discount"."""
    of = _OF.search(before)
    if of and of["noun"] in MEASURED:
        return _Attribute(of["noun"], before[: of.end("noun")])
    after = _NOUN_AFTER.match(tail)
    if after and (quantity.kind is not QuantityKind.COUNT or quantity.unit in DURATIONS):
        noun = next((one for one in (after["first"], after["noun"]) if one in MEASURED), None)
        return _Attribute(noun, before) if noun else None
    return None


def _label(lead: str) -> _Attribute | None:
    """Read "Budget: 500 EUR"."""
    match = _LABEL.search(lead)
    noun = match["noun"].casefold() if match else ""
    return _Attribute(noun, "", own=True) if noun in MEASURED else None
