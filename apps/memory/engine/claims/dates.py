"""Finds what happens when: "Harbor opens on 3 May". Use ``claims.claims_of``."""

import re
from collections.abc import Iterator
from dataclasses import replace

from apps.memory.engine.claims.claim import Claim, ClaimKind, Place, Span
from apps.memory.engine.claims.text import Text, words_of
from apps.memory.engine.claims.words import DATED, HAPPENING, RECURRING
from apps.memory.engine.times import TimeMention
from apps.memory.engine.types import Granularity

_EXACT = (Granularity.DAY, Granularity.WEEK, Granularity.MONTH)
_HAPPENING = re.compile(
    rf"\b(?:{'|'.join(f'(?P<{name}>{verbs})' for name, verbs in HAPPENING.items())})"
    r"(?: (?:on|at|in|from|by|to|until|for|now))*(?: the)? $"
)
_DATED = re.compile(
    rf"(?:^|[.;,(\n] ?|\bthe )(?P<noun>{'|'.join(sorted(DATED, key=len, reverse=True))})(?: is|:| on)* $", re.IGNORECASE
)


def dates_in(text: Text, sentence: Span) -> Iterator[Claim]:
    for time in text.times:
        if sentence[0] <= time.start and time.end <= sentence[1] and time.granularity in _EXACT:
            claim = None if text.is_quoted(time.start) else _happening(text, time, sentence)
            if claim is not None:
                yield replace(claim, when=(time.begins.timestamp(), time.ends.timestamp()))


def _happening(text: Text, time: TimeMention, sentence: Span) -> Claim | None:
    value = (time.start, time.end)
    place = Place(value, text.clause(value, sentence), sentence)
    key = f"{time.begins:%Y-%m-%d} {time.granularity}"
    before = text.text[place.clause[0] : time.start]
    match = _HAPPENING.search(before)
    if match is None:
        label = _DATED.search(text.text[sentence[0] : time.start])
        if label is None:
            return None
        noun = label["noun"].casefold()
        claim = text.claim(ClaimKind.DATE, DATED[noun], key, place=place, scope=frozenset())
        return replace(claim, about=noun, own=True)
    subject = before[: match.start()]
    if not words_of(subject):
        return None
    verb = str(match.lastgroup)
    noun = next((word for word in subject.casefold().split() if word in RECURRING or word in DATED), "")
    attribute = DATED.get(noun, verb) if verb == "happen" else verb
    scope = text.scope(subject, text.text[time.end : place.clause[1]], place)
    claim = text.claim(ClaimKind.DATE, attribute, key, place=place, scope=scope)
    return replace(claim, about=noun or verb)
