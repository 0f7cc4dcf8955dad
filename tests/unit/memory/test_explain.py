from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.memory.engine.explain import Span, Why, explain, matched_terms
from apps.memory.engine.fusion import Contribution, FusedHit


def hit(**units: int | None) -> FusedHit:
    contributions = tuple(
        Contribution(
            name, raw=None if given is None else 1.0, rank=None if given is None else 1, weight=0.25, units=given
        )
        for name, given in units.items()
    )
    return FusedHit(UUID(int=1), sum(one.units or 0 for one in contributions), contributions)


@pytest.mark.parametrize(
    ("found", "query", "words", "entities", "dimensions", "expected"),
    [
        (
            hit(neural=240_000, lexical=100_000, conceptual=None, knowledge=200_000),
            "Why did churn rise after the redesign?",
            ["churn", "redesign", "churn"],
            ["Harbor Checkout", "EXP-117"],
            ["urgency"],
            (
                "Close in meaning to your question; mentions Harbor Checkout and EXP-117; "
                "shares the words churn, redesign. Its meaning weighs most in the score."
            ),
        ),
        (
            hit(neural=100_000, lexical=None, conceptual=150_000, knowledge=None),
            "churn",
            [],
            [],
            ["resource_intensity", "impact"],
            (
                "Related in meaning to your search; similar in resource intensity and impact. "
                "Its concept profile weighs most in the score."
            ),
        ),
        (hit(lexical=250_000), "churn", ["churn"], ["Acme"], ["x"], "Shares the word churn."),
        (hit(knowledge=10), "who", [], [], [], "Connected through related names."),
        (
            hit(knowledge=10, lexical=10),
            "x",
            ["a"],
            ["A", "B", "C", "D"],
            [],
            "Mentions A, B, C and more; shares the word a.",
        ),
        (hit(neural=10_000), "churn", [], [], [], "Only loosely related to your search."),
        (hit(neural=10_000), "churn", ["churn"], [], [], "Only loosely related to your search."),
        (hit(neural=None), "is it so", [], [], [], "Only loosely related to your question."),
        (hit(own=10, lexical=5), "x", ["a", "b", "c"], [], [], "Shares the words a, b, c."),
    ],
)
def test_sentences(
    found: FusedHit, query: str, words: list[str], entities: list[str], dimensions: list[str], expected: str
) -> None:
    why = Why(matched_terms=tuple(words), entities=tuple(entities), dimensions=tuple(dimensions))
    assert explain(found, query=query, why=why) == expected


def test_words_match_by_stem_whatever_their_case() -> None:
    assert matched_terms("Redesigning the checkouts", "The CHECKOUT was redesigned; checkout's fine.") == [
        Span("checkouts", 4, 12),
        Span("redesigning", 17, 27),
        Span("checkouts", 29, 39),
    ]


@pytest.mark.parametrize("query", ["", "the of and", "?!", "\ud800"])
def test_query_without_content_matches_nothing(query: str) -> None:
    assert matched_terms(query, "the cat of and \ud800 ?!") == []


def test_very_long_word_matches_itself_only() -> None:
    assert matched_terms("A" * 5000 + "s", "a" * 5000 + "S and " + "a" * 5000) == [Span("a" * 5000 + "s", 0, 5001)]


def test_twenty_spans_are_enough() -> None:
    assert len(matched_terms("word", "word " * 50)) == 20


@given(query=st.text(max_size=40), text=st.text(max_size=200))
def test_spans_lie_in_the_text_in_order(query: str, text: str) -> None:
    position = 0
    for span in matched_terms(query, text):
        assert position <= span.start < span.end <= len(text)
        assert span.term in query.casefold()
        position = span.end
