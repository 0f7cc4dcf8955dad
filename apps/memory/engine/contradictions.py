"""Tells whether two texts contradict each other, by what they claim: same subject, same attribute, other value.

Precision before recall, for somebody reviews what is found: two claims are compared only where everything that narrows
the one is said by the other too, and where they speak of the same time.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from apps.memory.engine.claims import Claim, ClaimKind, Claims, Span
from apps.memory.engine.claims.text import FAR
from apps.memory.engine.claims.words import GENERIC, RECURRING

# What is told in the past tense, without a time, is compared with what was said in these days only.
_SAME_REPORT = 14 * 86_400.0
# Dates that lie further apart belong to two occasions.
_SAME_OCCASION = 200 * 86_400.0
# Figures that differ by less may be one, rounded.
_ROUNDED = 0.02
_BASE = 0.55
_SHARED = 0.3
_NAMED = 0.1
_REPLACED_BY_NAME = 0.9
_REPLACED_BY_DAY = 0.75
# Two notes with the same subject are versions of one if the shorter shares so many of its words.
_VERSIONS = 0.5
# Two words, or one and the text's own subject, say of what a claim is.
_MIN_WORDS = 2


@dataclass(frozen=True, slots=True)
class Side:
    """What one text says: the characters of the sentence, and those of the ``value`` in it."""

    value: str
    sentence: Span
    span: Span


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two claims that cannot both hold; ``strength`` is how sure that is, up to 1.

    ``update`` says that the later one tells of a change: then it takes the place of the earlier.
    """

    kind: ClaimKind
    subject: str
    attribute: str
    older: Side
    newer: Side
    strength: float
    update: bool


def contradictions(older: Claims, newer: Claims) -> list[Contradiction]:
    """Return what ``newer`` contradicts in ``older``, the surest first, one for each attribute."""
    found = list(_replaced(older, newer))
    if older.is_identifier and newer.is_identifier and older.subject != newer.subject:
        # Two experiments, tickets or incidents: each has figures of its own.
        return found
    best: dict[tuple[ClaimKind, str], tuple[float, Claim, Claim]] = {}
    for strength, one, other in sorted(_pairs(older, newer), key=lambda pair: -pair[0]):
        best.setdefault((one.kind, one.attribute), (strength, one, other))
    for strength, one, other in best.values():
        # What either text says itself, too, is no contradiction but two values for two cases.
        if not _says_both(older, one, other) and not _says_both(newer, one, other):
            subject = max((one.subject, other.subject), key=len) or newer.subject
            found.append(
                Contradiction(one.kind, subject, other.about, _side(one), _side(other), strength, other.updating)
            )
    return sorted(found, key=lambda pair: -pair.strength)


def _side(claim: Claim) -> Side:
    return Side(claim.value, claim.place.sentence, claim.place.value)


def _replaced(older: Claims, newer: Claims) -> Iterator[Contradiction]:
    """Find where the newer text says that it takes the place of the older one: by its identifier, or by its day."""
    for one in newer.replacements:
        by_name = older.is_identifier and older.subject in one.identifiers
        by_day = older.names & newer.names and any(begin <= older.said_at < end for begin, end in one.days)
        if by_day or (by_name and older.subject != newer.subject):
            yield Contradiction(
                ClaimKind.WHOLE,
                older.subject,
                "",
                Side("", older.head, older.head),
                Side("", one.sentence, one.sentence),
                _REPLACED_BY_NAME if by_name else _REPLACED_BY_DAY,
                update=True,
            )


def _pairs(older: Claims, newer: Claims) -> Iterator[tuple[float, Claim, Claim]]:
    """Return the claims that differ about the same subject at the same time, and how sure that is."""
    by_attribute: dict[tuple[ClaimKind, str], list[Claim]] = {}
    for claim in older.found:
        by_attribute.setdefault((claim.kind, claim.attribute), []).append(claim)
    for claim in newer.found:
        for other in by_attribute.get((claim.kind, claim.attribute), ()):
            if _differ(other, claim):
                share = _same_subject(other, older, claim, newer)
                if share is not None and _same_time(other, older, claim, newer):
                    named = (
                        _NAMED if other.names & claim.names or (older.subject and older.subject == newer.subject) else 0
                    )
                    yield round(_BASE + _SHARED * share + named, 3), other, claim


def _says_both(claims: Claims, one: Claim, other: Claim) -> bool:
    """Tell whether a text holds both values of an attribute."""
    keys = {(it.key, it.negated) for it in claims.found if (it.kind, it.attribute) == (one.kind, one.attribute)}
    return {(one.key, one.negated), (other.key, other.negated)} <= keys


def _differ(one: Claim, other: Claim) -> bool:
    if one.kind is ClaimKind.STATE and (one.negated or other.negated):
        return one.negated != other.negated and one.key == other.key
    match one.kind:
        case ClaimKind.AMOUNT:
            if one.amount is None or other.amount is None:
                return False
            return abs(one.amount - other.amount) > _ROUNDED * max(abs(one.amount), abs(other.amount))
        case ClaimKind.DATE:
            return _dates_differ(one, other)
        case ClaimKind.HOLDER:
            # "Tomasz" may be Tomasz Wieczorek.
            return not set(one.key.split()) & set(other.key.split())
        case _:
            return one.key != other.key


def _dates_differ(one: Claim, other: Claim) -> bool:
    if one.when is None or other.when is None:
        return False
    if {one.about, other.about} & RECURRING and not other.updating:
        return False
    apart = max(one.when[0], other.when[0]) >= min(one.when[1], other.when[1])
    return apart and abs(one.when[0] - other.when[0]) <= _SAME_OCCASION


def _same_subject(one: Claim, of_one: Claims, other: Claim, of_other: Claims) -> float | None:
    """Return how much of what says the subject both share, up to 1; None if they may be of different things."""
    same_text_subject = bool(of_one.subject) and of_one.subject == of_other.subject
    if one.own or other.own:
        if one.own and other.own:
            # Each weekly note has an owner and a goal of its own: only versions of one note are compared.
            alike = len(of_one.words & of_other.words) / max(1, min(len(of_one.words), len(of_other.words)))
            near = abs(of_one.said_at - of_other.said_at) <= _SAME_OCCASION
            return alike if same_text_subject and near and alike >= _VERSIONS else None
        stated, silent = (other, of_one) if one.own else (one, of_other)
        # "Budget: 5 EUR" in a text about Harbor, and "the budget of Harbor is 6 EUR".
        narrow = stated.scope - GENERIC - {stated.attribute.split()[0]}
        return 0.8 if silent.context and narrow and narrow <= silent.context else None
    shared = one.scope & other.scope
    only_one = one.scope - other.scope - GENERIC - of_other.context
    only_other = other.scope - one.scope - GENERIC - of_one.context
    if only_one or only_other:
        return None
    telling = shared - GENERIC
    # "Compass 2" says as much as two words.
    words = sum(1 + (" " in word) for word in telling)
    if one.kind is ClaimKind.HOLDER:
        return len(shared) / len(one.scope | other.scope) if shared and telling else None
    if words < _MIN_WORDS and not (telling and (same_text_subject or one.names & other.names)):
        return None
    return len(shared) / len(one.scope | other.scope) if shared else None


def _same_time(one: Claim, of_one: Claims, other: Claim, of_other: Claims) -> bool:
    """Tell whether two claims speak of times that overlap; without a time they speak of when they were said."""
    periods = one.periods or (of_one.periods if one.own else ())
    others = other.periods or (of_other.periods if other.own else ())
    if periods and others:
        return any(
            begin < other_end and other_begin < end for begin, end in periods for other_begin, other_end in others
        )
    if one.kind is ClaimKind.DATE:
        return True
    if periods or others:
        given, said_at = (periods, of_other.said_at) if periods else (others, of_one.said_at)
        if any(begin <= said_at < end for begin, end in given):
            return True
        # It held from a day on that came after the other was said: a change.
        return any(end >= FAR and said_at < begin for begin, end in given) and not (one.past or other.past)
    if one.past or other.past:
        return abs(of_one.said_at - of_other.said_at) <= _SAME_REPORT
    return True
