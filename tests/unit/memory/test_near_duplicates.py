"""Fingerprints of words, and how alike two texts are."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from apps.memory.engine.duplicates import MAX_BITS, MIN_SIMILARITY, distinct_terms, fingerprint, nearest, similarity

HASHES = st.sets(st.integers(0, 2**64 - 1), max_size=40).map(lambda some: np.array(sorted(some), dtype=np.uint64))


def random_terms(seed: int, count: int) -> np.ndarray:
    return np.unique(np.random.default_rng(seed).integers(0, 2**64, size=count, dtype=np.uint64))


@given(HASHES)
def test_each_bit_is_the_majority_of_the_terms(terms: np.ndarray) -> None:
    value = fingerprint(terms) & (2**64 - 1)
    for bit in range(64):
        ones = sum(int(term) >> bit & 1 for term in terms)
        assert bool(value >> bit & 1) == (2 * ones > len(terms))


@given(st.lists(HASHES, max_size=4))
def test_distinct_terms_are_the_union(passages: list[np.ndarray]) -> None:
    union = sorted({int(term) for passage in passages for term in passage})
    assert [int(term) for term in distinct_terms(passages)] == union


@given(HASHES, HASHES)
def test_similarity_is_jaccards_and_nothing_for_few_terms(one: np.ndarray, other: np.ndarray) -> None:
    both, either = set(one.tolist()) & set(other.tolist()), set(one.tolist()) | set(other.tolist())
    expected = len(both) / len(either) if min(len(one), len(other)) >= 8 else 0.0
    assert similarity(one, other) == expected


def test_nearest_are_in_order_and_within_the_bits() -> None:
    value = 0b1011
    known = np.array([value ^ (2**bits - 1) for bits in (MAX_BITS + 1, 3, 0, MAX_BITS, 3)], dtype=np.uint64)
    assert nearest(value, known, most=9) == [2, 1, 4, 3]
    assert nearest(value, known, most=2) == [2, 1]
    assert nearest(-1, np.array([2**64 - 1], dtype=np.uint64), most=1) == [0]


def test_most_texts_that_are_alike_have_near_fingerprints_and_others_none() -> None:
    alike = apart = 0
    for seed in range(300):
        terms = random_terms(seed, 40)
        # 36 of 40 words are the same: 36 of 44 in all.
        copy = np.unique(np.concatenate([terms[:36], random_terms(seed + 10_000, 4)]))
        assert similarity(terms, copy) >= MIN_SIMILARITY
        known = np.array([fingerprint(copy), fingerprint(random_terms(seed + 20_000, 40))]).astype(np.uint64)
        found = nearest(fingerprint(terms), known, most=2)
        alike += 0 in found
        apart += 1 in found
    assert alike >= 270
    assert apart == 0
