"""Finds in which state a thing is, and what it does or does not: "is closed", "does not support". See ``claims_of``."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from apps.memory.engine.claims.claim import Claim, ClaimKind, Place, Span
from apps.memory.engine.claims.text import Text, words_of
from apps.memory.engine.claims.words import DOING, STATES
from apps.memory.engine.lexicon import stem

_STATE = re.compile(
    r"\b(?:is|are|was|were|remains?|stays?|became|becomes|has been|have been|will be)"
    r"(?: (?:now|still|currently|again|already|fully|completely|officially|finally))*"
    r"(?P<not> not(?: yet)?| no longer|n't)?(?: (?:now|fully|yet|also|officially))*"
    rf" (?P<state>{'|'.join(sorted(STATES, key=len, reverse=True))})(?![\w-])"
)
_VERBS = "|".join(sorted(DOING))
_DOES_NOT = re.compile(
    r"\b(?:does not|do not|doesn't|don't|can ?not|can't|no longer)(?: (?:yet|currently))?"
    rf" (?P<verb>{_VERBS})s?\b"
)
_DOES = re.compile(rf"\b(?P<verb>{_VERBS})s\b")
_NOBODY = re.compile(r"\s*(?:not|never|no|nothing|nobody|none)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Said:
    attribute: str
    key: str
    value: Span
    negated: bool


def states_in(text: Text, sentence: Span) -> Iterator[Claim]:
    for start, end, said in (*_states(text, sentence), *_doings(text, sentence)):
        place = Place(said.value, text.clause((start, end), sentence), sentence)
        subject, tail = text.text[place.clause[0] : start], text.text[end : place.clause[1]]
        # "Supports" says nothing without what.
        silent = said.key == _DOING_KEY and not words_of(tail)
        if words_of(subject) and not silent and not _NOBODY.match(subject) and not text.is_quoted(start):
            scope = text.scope(subject, tail, place)
            claim = text.claim(ClaimKind.STATE, said.attribute, said.key, place=place, scope=scope)
            yield replace(claim, negated=said.negated)


_DOING_KEY = "yes"


def _states(text: Text, sentence: Span) -> Iterator[tuple[int, int, _Said]]:
    for match in _STATE.finditer(text.text, *sentence):
        line, place = STATES[match["state"]]
        start = match.start("not") + 1 if match["not"] else match.start("state")
        yield *match.span(), _Said(f"state {line}", str(place), (start, match.end()), negated=bool(match["not"]))


def _doings(text: Text, sentence: Span) -> Iterator[tuple[int, int, _Said]]:
    for pattern, negated in ((_DOES_NOT, True), (_DOES, False)):
        for match in pattern.finditer(text.text, *sentence):
            yield *match.span(), _Said(f"do {stem(match['verb'])}", _DOING_KEY, match.span(), negated=negated)
