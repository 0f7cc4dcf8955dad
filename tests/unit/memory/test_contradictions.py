"""What two notes claim that cannot both hold: measured on labelled pairs and on the notes of the demo."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path

import pytest

import apps.memory
from apps.memory.engine.claims import ClaimKind, Claims, claims_of
from apps.memory.engine.contradictions import Contradiction, contradictions
from tests.unit.memory.contradicting_pairs import SEEN, UNSEEN, Pair

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
DEMO = Path(apps.memory.__path__[0]) / "demo" / "northwind.jsonl"


def claims(text: str, *, days: int = 0) -> Claims:
    return claims_of(text, title="", anchor=MONDAY + timedelta(days=days))


def compared(pair: Pair) -> list[Contradiction]:
    return contradictions(claims(pair.older), claims(pair.newer, days=pair.days))


def is_hit(pair: Pair, found: Sequence[Contradiction]) -> bool:
    return any(pair.differ_in in f"{one.kind} {one.attribute} {one.subject}" for one in found)


def precision_and_recall(pairs: Sequence[Pair]) -> tuple[float, float]:
    results = [(pair, compared(pair)) for pair in pairs]
    told = [(pair, found) for pair, found in results if found]
    hits = sum(1 for pair, found in told if pair.differ_in and is_hit(pair, found))
    return hits / len(told), hits / sum(1 for pair in pairs if pair.differ_in)


def test_the_pairs_that_the_rules_were_made_with_are_all_told_apart() -> None:
    assert precision_and_recall(SEEN) == (1.0, 1.0)


def test_of_later_pairs_most_are_found_and_none_is_false() -> None:
    precision, recall = precision_and_recall(UNSEEN)
    assert precision == 1.0
    assert recall >= 0.7


def test_a_finding_says_what_differs_and_where() -> None:
    older, newer = "Our news. The annual plan discount is 20%.", "The annual plan discount becomes 25% from 9 March."
    (found,) = contradictions(claims(older), claims(newer, days=4))
    assert (found.kind, found.attribute, found.subject) == (ClaimKind.AMOUNT, "discount", "annual plan discount")
    assert (found.older.value, found.newer.value) == ("20%", "25%")
    assert [older[slice(*found.older.span)], newer[slice(*found.newer.span)]] == ["20%", "25%"]
    assert older[slice(*found.older.sentence)] == "The annual plan discount is 20%."
    assert found.update
    assert 0.5 < found.strength <= 1


def test_a_text_does_not_contradict_itself() -> None:
    for pair in (*SEEN, *UNSEEN):
        for text in (pair.older, pair.newer):
            assert contradictions(claims(text), claims(text)) == []


@pytest.mark.parametrize(
    "text", ["", "?", "20%", "is 20%.", "Owner:", "Owner: ", "\n\n", "x" * 30_000, "Replaces EXP-1."]
)
def test_odd_texts_contradict_nothing(text: str) -> None:
    for pair in SEEN:
        assert contradictions(claims(text), claims(pair.newer)) == []


def test_the_demo_has_few_and_each_newer_note_says_itself_what_it_replaces() -> None:
    notes = [json.loads(line) for line in DEMO.read_text().splitlines()]
    read = [claims_of(one["content"], title="", anchor=datetime.fromisoformat(one["occurred_at"])) for one in notes]
    found = {
        (older["external_id"], newer["external_id"]): [one.kind for one in pairs]
        for (older, first), (newer, second) in combinations(zip(notes, read, strict=True), 2)
        if (pairs := contradictions(first, second))
    }
    assert found == {
        ("exp-0014", "exp-0070"): [ClaimKind.WHOLE],
        ("exp-0035", "exp-0073"): [ClaimKind.WHOLE],
        ("exp-0044", "exp-0080"): [ClaimKind.WHOLE],
        ("dec-0014", "dec-0036"): [ClaimKind.WHOLE],
    }
