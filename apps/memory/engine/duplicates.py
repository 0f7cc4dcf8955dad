"""Tells texts that say nearly the same by the words they share.

A fingerprint (SimHash: Charikar, "Similarity estimation techniques from rounding algorithms", 2002) is a number of 64
bits of which similar texts share most, so that one pass over all of them finds the few that are worth comparing.
"""

import hashlib
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from apps.memory.engine.terms import Hashes

# Of texts that share four fifths of their words, about nine in ten differ in no more bits; unrelated ones in 32.
MAX_BITS = 14
# Texts with fewer words in common than this share of them say different things.
MIN_SIMILARITY = 0.8
# Texts of fewer words share them by chance: "Thanks!" is no copy of "Thanks, Maria".
MIN_TERMS = 8
_BITS = np.arange(64, dtype=np.uint64)

# The words that are left out of the terms and turn the meaning round.
_DENIAL = re.compile(
    r"\b(?:no|not|never|none|nor|neither|nobody|nothing|without|cannot)\b|n['\u2019]t\b", re.IGNORECASE
)
_FIGURE = re.compile(r"\d+(?:[.,:/-]\d+)*")

Fingerprints = NDArray[np.uint64]


def hash_of(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


def distinct_terms(passages: Sequence[Hashes]) -> Hashes:
    """Return the distinct terms of a text, uint64 (n,) ascending, from those of its passages."""
    if len(passages) == 1:
        return passages[0]
    distinct: Hashes = np.unique(np.concatenate([np.empty(0, np.uint64), *passages]))
    return distinct


def fingerprint(terms: Hashes) -> int:
    """Return the fingerprint of a text's distinct terms: a bit is set where more than half of their hashes have it.

    It is a signed number of 64 bits, as databases keep it.
    """
    ones = ((terms[:, None] >> _BITS) & np.uint64(1)).sum(axis=0)
    return int(np.packbits(2 * ones > len(terms), bitorder="little").view("<i8")[0])


def nearest(value: int, known: Fingerprints, *, most: int) -> list[int]:
    """Return the places of at most ``most`` fingerprints within ``MAX_BITS`` of a value, the nearest first."""
    distances = np.bitwise_count(known ^ np.int64(value).astype(np.uint64))
    places = np.flatnonzero(distances <= MAX_BITS)
    return [int(place) for place in places[np.argsort(distances[places], kind="stable")[:most]]]


def similarity(one: Hashes, other: Hashes) -> float:
    """Return the share of the terms of either text that both have (Jaccard); 0 where they are too few to tell."""
    if min(len(one), len(other)) < MIN_TERMS:
        return 0.0
    common = len(np.intersect1d(one, other, assume_unique=True))
    return common / (len(one) + len(other) - common)


def is_other_case(one: str, other: str) -> bool:
    """Tell whether texts that share most words say different things: each has a figure of its own, or one denies.

    Reports of two weeks differ in little else.
    """
    figures, others = set(_FIGURE.findall(one)), set(_FIGURE.findall(other))
    alike = figures <= others or others <= figures
    return not alike or len(_DENIAL.findall(one)) != len(_DENIAL.findall(other))
