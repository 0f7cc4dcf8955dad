from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.memory.engine.terms import MAX_COUNT, count_terms, term_hash, terms_of

ODD = st.text(alphabet="aB theruning'\u2019-_.&1\x00\ud800\u3042\u4e2d\u6587\uac00\u0130\xe9", max_size=60)


def hashes(*words: str) -> list[int]:
    return [term_hash(word) for word in words]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        ("the of and", ()),
        ("Don't! DON\u2019T it's", ()),
        ("Churn churned CHURNING", ("churn", "churn", "churn")),
        ("We shipped the discounts.", ("ship", "discount")),
        ("Maria's cats' beds", ("maria", "cat", "bed")),
        ("EXP-117 at v2.3", ("exp-117", "v2.3")),
        ("\xc9t\xe9 a caf\xe9", ("\xe9t\xe9", "caf\xe9")),
        ("R&D snake_case", ("r&d", "snake_cas")),
        # Neighbours in pairs; a sign that stands alone is a word of its own.
        ("\u6771\u4eac\u90fd", ("\u6771\u4eac", "\u4eac\u90fd")),
        ("\u6771", ("\u6771",)),
        ("\u3042\u6771 \u30ab\u30bf", ("\u3042\u6771", "\u30ab\u30bf")),
        # Both parts of a mixed word count, the spelt ones by their stems.
        ("\u6771\u4eacruns\u5927", ("\u6771\u4eac", "\u5927", "run")),
        # Hangul is written with blanks.
        ("\uc11c\uc6b8\uc2dc \uccad", ("\uc11c\uc6b8\uc2dc", "\uccad")),
        ("\uf900\uf901\u3402", ("\uf900\uf901", "\uf901\u3402")),
        ("\U00020000\U00020001\U00020002", ("\U00020000\U00020001", "\U00020001\U00020002")),
    ],
)
def test_words_of_a_text_in_order(text: str, expected: tuple[str, ...]) -> None:
    assert terms_of(text) == hashes(*expected)


def test_hashes_are_stored_and_must_never_change() -> None:
    # BLAKE2b with a digest of eight bytes, read in little endian.
    assert term_hash("churn") == 0xF16C3855FF46D0E1
    assert term_hash("") == 0xB4B2797457A0A6E4
    assert term_hash("\ud800") == term_hash("?")


@given(text=ODD)
def test_counts_are_those_of_the_words_in_ascending_order(text: str) -> None:
    found, counts = count_terms(text)
    expected = sorted(Counter(terms_of(text)).items())
    assert list(zip(found.tolist(), counts.tolist(), strict=True)) == expected
    assert (found.dtype.str, counts.dtype.str) == ("<u8", "|u1")


@pytest.mark.parametrize(("repeats", "expected"), [(1, 1), (255, 255), (256, 255), (1000, 255)])
def test_a_count_fits_a_byte(repeats: int, expected: int) -> None:
    assert MAX_COUNT == 255
    found, counts = count_terms("churn " * repeats)
    assert (found.tolist(), counts.tolist()) == (hashes("churn"), [expected])


def test_a_text_without_words_has_no_terms() -> None:
    found, counts = count_terms("the ... of")
    assert (found.shape, counts.shape) == ((0,), (0,))


@given(left=ODD, right=ODD)
def test_a_blank_parts_texts(left: str, right: str) -> None:
    assert terms_of(f"{left} {right}") == terms_of(left) + terms_of(right)
