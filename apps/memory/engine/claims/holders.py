"""Finds who has a role of which there is one, and where a thing is: "the owner of Harbor is Ann". See ``claims_of``."""

import re
from collections.abc import Iterator
from dataclasses import replace

from apps.memory.engine.claims.claim import Claim, ClaimKind, Place, Span
from apps.memory.engine.claims.text import Text, stems_of
from apps.memory.engine.claims.words import PLACED, SOLE_ROLES
from apps.memory.engine.entities import Mention
from apps.memory.engine.relations import extract_relations
from apps.memory.engine.types import MentionKind, RelationKind

_PLACED = re.compile(rf"\b(?:{PLACED}) $")
_ROLE = re.compile(
    rf"\b(?P<role>{SOLE_ROLES.pattern})(?: (?:of|for|at) (?P<of>[^.,;:]{{2,60}}?))?"
    r"(?::| is| remains| becomes| will be)(?: now)? $",
    re.IGNORECASE,
)
_IS_ROLE = re.compile(
    r"(?:,| is| remains| becomes| became| is now) (?:now )?(?:the|our)?(?: new| sole| current)? ?"
    rf"(?P<role>{SOLE_ROLES.pattern}) (?:of|for|at) (?P<of>[^.,;:]{{2,60}})",
    re.IGNORECASE,
)
_SEVERAL = re.compile(r"(?:,| and| or) (?:and )?[A-Z]")
# Of the target: who it is; of the source: what.
_ROLES = {
    RelationKind.RUNS: "lead",
    RelationKind.OWNS: "owner",
    RelationKind.LEADS: "lead",
    RelationKind.MANAGES: "lead",
}
_PROPERTIES = {RelationKind.REPORTS_TO: "superior", RelationKind.BORN_IN: "birthplace"}
_SAME_ROLE = {"leader": "lead", "head": "lead", "manager": "lead"}


def holders_in(text: Text, sentence: Span) -> Iterator[Claim]:
    for one in text.mentions:
        inside = sentence[0] <= one.start and one.end <= sentence[1]
        if inside and one.kind is MentionKind.NAME and not text.is_quoted(one.start):
            claim = _placed(text, one, sentence) or _holder(text, one, sentence)
            if claim is not None:
                yield claim


def holders_stated(text: Text) -> Iterator[Claim]:
    """Find what relations between two names state."""
    for one in extract_relations(text.text, text.mentions):
        if text.is_unsure(one.start, one.end) or text.is_quoted(one.start):
            continue
        if one.kind in _ROLES:
            attribute, of, key = _ROLES[one.kind], one.target_key, one.source_key
        elif one.kind in _PROPERTIES:
            attribute, of, key = _PROPERTIES[one.kind], one.source_key, one.target_key
        else:
            continue
        named = next((it for it in text.mentions if it.key == key and one.start <= it.start < one.end), None)
        if named is not None:
            place = Place((named.start, named.end), (one.start, one.end), (one.start, one.end))
            yield text.claim(ClaimKind.HOLDER, attribute, key, place=place, scope=stems_of(of))


def _placed(text: Text, one: Mention, sentence: Span) -> Claim | None:
    place = _place(text, one, sentence)
    match = _PLACED.search(text.text, place.clause[0], one.start)
    if match is None:
        return None
    scope = text.scope(text.text[place.clause[0] : match.start()], "", place)
    return text.claim(ClaimKind.HOLDER, "place", one.key, place=place, scope=scope)


def _holder(text: Text, one: Mention, sentence: Span) -> Claim | None:
    before = _ROLE.search(text.text, sentence[0], one.start)
    after = None if before else _IS_ROLE.match(text.text, one.end, sentence[1])
    match = before or after
    # "Owners: Ann and Bob".
    if match is None or (before and _SEVERAL.match(text.text, one.end, sentence[1])):
        return None
    of = (match["of"] or "").strip()
    claim = text.claim(
        ClaimKind.HOLDER, _role(match["role"]), one.key, place=_place(text, one, sentence), scope=stems_of(of)
    )
    return replace(claim, own=not of)


def _place(text: Text, one: Mention, sentence: Span) -> Place:
    value = (one.start, one.end)
    return Place(value, text.clause(value, sentence), sentence)


def _role(role: str) -> str:
    """Return one word for a role: "head of design" is one of its own, "team leader" is a lead."""
    folded = role.casefold()
    last = folded.split()[-1]
    return folded if " of " in folded else _SAME_ROLE.get(last, last)
