"""What a claim is. Use ``claims.claims_of``."""

from dataclasses import dataclass
from enum import StrEnum

Span = tuple[int, int]
# Begin and end of a time in seconds since 1970.
Period = tuple[float, float]


class ClaimKind(StrEnum):
    """What the value of a claim is; ``whole`` where a text replaces another as a whole."""

    AMOUNT = "amount"
    DATE = "date"
    STATE = "state"
    HOLDER = "holder"
    WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a claim stands: its ``value``, within a ``clause``, within a ``sentence``."""

    value: Span
    clause: Span
    sentence: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """That an ``attribute`` of a subject has a value, which the text holds in its own words.

    ``scope`` are the stems that say of what, ``names`` the entities beside the value; ``periods`` the times of which it
    is said (empty: when the text was written). ``key`` is equal for equal values; ``amount`` is set for numbers,
    ``when`` for dates. ``own`` says that the sentence names no subject, which then is that of the text. ``about`` and
    ``subject`` are words for the attribute and the subject.
    """

    kind: ClaimKind
    attribute: str
    key: str
    value: str
    place: Place
    scope: frozenset[str]
    names: frozenset[str]
    periods: tuple[Period, ...]
    about: str
    subject: str
    past: bool
    updating: bool
    amount: float | None = None
    when: Period | None = None
    negated: bool = False
    own: bool = False


@dataclass(frozen=True, slots=True)
class Replacement:
    """That the text takes the place of another: of that about one of the ``identifiers``, or of one of the ``days``."""

    identifiers: frozenset[str]
    days: tuple[Period, ...]
    sentence: Span


@dataclass(frozen=True, slots=True)
class Claims:
    """What a text claims. ``subject`` is the key of what it is about, ``context`` the stems of how it names that.

    ``head`` is its first sentence, ``periods`` are the times in that; ``words`` the stems of all of it.
    """

    found: tuple[Claim, ...]
    replacements: tuple[Replacement, ...]
    subject: str
    is_identifier: bool
    context: frozenset[str]
    words: frozenset[str]
    names: frozenset[str]
    periods: tuple[Period, ...]
    head: Span
    said_at: float
