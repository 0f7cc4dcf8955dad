import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from apps.memory.engine import retrieval
from apps.memory.engine.fusion import CUT_ANCHORS, DEFAULT_ANCHORS, ChannelHit
from apps.memory.engine.memory_index import IndexedMemory, IndexedUnit, MemoryIndex
from apps.memory.engine.names_index import IndexedEntity
from apps.memory.engine.retrieval import Asked, Retrieval, anchors_of, rerank, retrieve
from apps.memory.engine.terms import count_terms, terms_of
from apps.memory.engine.types import FINDING_CHANNELS, Channel, SearchType

ALL = tuple(channel.value for channel in FINDING_CHANNELS)


def memory(
    number: int,
    text: str,
    *,
    vector: Sequence[float] = (0.0, 1.0),
    names: Sequence[int] = (),
    occurred: float | None = None,
    times: Sequence[tuple[float, float]] = (),
    thread: int = 0,
) -> IndexedMemory:
    terms, counts = count_terms(text)
    unit = IndexedUnit(
        start=0,
        end=len(text),
        terms=terms,
        counts=counts,
        sparse=np.array([number], dtype=np.uint16),
        weights=np.array([64], dtype=np.uint8),
        vector=np.array(vector, dtype=np.float32),
    )
    return IndexedMemory(
        number=number,
        memory_id=UUID(int=number),
        module="",
        memory_type="general",
        thread=thread,
        occurred=occurred or 0.0,
        occurred_given=occurred is not None,
        expires=math.inf,
        superseded=False,
        concepts=np.array([number / 8], dtype=np.float32),
        entities=np.array(names, dtype=np.uint32),
        entity_counts=np.ones(len(names), dtype=np.uint8),
        subjects=np.zeros(len(names), dtype=np.bool_),
        times=np.array(times).reshape(-1, 2),
        units=[unit],
    )


def index_of(*memories: IndexedMemory) -> MemoryIndex:
    index = MemoryIndex(dimension=2, sketch_dimension=2, concepts=1)
    index.add_entities([IndexedEntity(1, "priya raman", 1, 0), IndexedEntity(2, "harbor team", 2, 0)])
    index.add(memories)
    return index


INDEX = index_of(
    memory(1, "parcel late", vector=(1.0, 0.0), names=(1,)),
    memory(2, "parcel", names=(1, 2), occurred=10.0),
    memory(3, "discount", vector=(0.6, 0.8), occurred=20.0),
    memory(4, "sweden", vector=(-1.0, 0.0), times=((12.0, 13.0),), occurred=30.0),
)


def question(text: str = "parcel", **rest: Any) -> Asked:
    asked = Asked(
        text=text,
        terms=Counter(terms_of(text)),
        vector=np.array([1.0, 0.0], dtype=np.float32),
        sketch=np.array([1.0, 0.0], dtype=np.float32),
        sparse_keys=np.array([2, 3], dtype=np.uint16),
        sparse_weights=np.array([0.5, 2.0], dtype=np.float32),
        target=np.array([0.3], dtype=np.float32),
        stress=np.array([1.0], dtype=np.float32),
    )
    return replace(asked, **rest)


def ask(
    asked: Asked,
    *,
    kind: SearchType = SearchType.HYBRID,
    among: Sequence[int] | None = None,
    index: MemoryIndex = INDEX,
    **rest: Any,
) -> Retrieval:
    visible = index.visible(now=1.0, among=among)
    given = {"weights": {}, **rest}
    return retrieve(index, asked, search_type=kind, visible=visible, **given)


def numbers(found: Retrieval, channel: str) -> list[int]:
    return [hit.memory_id.int for hit in found.found[channel]]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [(SearchType.NEURAL, [1, 3, 2, 4]), (SearchType.CONCEPTUAL, [2, 3, 1, 4]), (SearchType.KNOWLEDGE, [])],
)
def test_a_single_channel_is_asked_alone(kind: SearchType, expected: list[int]) -> None:
    found = ask(question(), kind=kind)
    assert list(found.found) == list(found.weights) == [kind.value]
    assert numbers(found, kind.value) == expected
    assert [hit.memory_id.int for hit in found.hits] == expected


def test_every_channel_answers_for_itself() -> None:
    found = ask(question("Priya Raman's parcel", windows=[(5.0, 15.0)], time_share=0.5))
    assert tuple(found.found) == ALL
    assert {name: set(numbers(found, name)) for name in ALL} == {
        "neural": {1, 2, 3, 4},
        "lexical": {1, 2},
        "sparse": {2, 3},
        "conceptual": {1, 2, 3, 4},
        # The third names nobody, but words and meaning found it.
        "knowledge": {1, 2, 3},
        "temporal": {2, 4},
    }
    assert [hit.raw for hit in found.found["sparse"]] == [2.0, 0.5]
    assert [(name.number, name.words) for name in found.names] == [(1, 2)]


def test_hits_are_told_apart_by_position_and_moment() -> None:
    found = ask(question(), among=[2, 4])
    assert {memory_id.int: place for memory_id, place in found.positions.items()} == {2: 1, 4: 3}
    assert {memory_id.int: moment for memory_id, moment in found.recency.items()} == {2: 10.0, 4: 30.0}
    assert {hit.memory_id.int for hit in found.hits} == {2, 4}


def test_the_best_hits_are_kept() -> None:
    everything = ask(question())
    assert list(ask(question(), limit=2).hits) == list(everything.hits)[:2]
    assert len(everything.hits) == 4


def test_given_weights_take_the_place_of_those_of_the_evidence_one_by_one() -> None:
    given = ask(question(), weights={"neural": 5.0})
    assert given.weights == {**ask(question()).weights, "neural": 5.0}
    # A weight asks a channel that the type of search would not, and changes nothing that a channel finds.
    more = ask(question(), kind=SearchType.NEURAL, weights={"lexical": 1.0})
    assert more.weights == {"neural": 1.0, "lexical": 1.0}
    assert more.found == {name: given.found[name] for name in ("neural", "lexical")}


def test_turns_among_what_words_and_meaning_found_are_evidence() -> None:
    index = index_of(memory(1, "parcel", thread=5), memory(2, "sure", thread=5), memory(3, "discount"))
    assert ask(question(), index=index, among=[1, 2]).weights["neural"] == pytest.approx(0.1)
    assert ask(question(), index=index, among=[3]).weights["neural"] == pytest.approx(0.38)
    assert ask(question(), index=index, among=[1, 3]).weights["neural"] == pytest.approx((0.1 + 0.38) / 2)
    # What other channels find besides is none.
    turns = [memory(number, "parcel", vector=(1.0, 0.0), thread=5) for number in range(1, 101)]
    index = index_of(*turns, memory(101, "discount", vector=(-1.0, 0.0)))
    found = ask(question(sparse_keys=np.array([1, 101], dtype=np.uint16)), index=index)
    assert numbers(found, "sparse") == [101, 1]
    assert found.weights["neural"] == pytest.approx(0.1)


def test_what_words_and_meaning_find_hints_at_what_names_mean() -> None:
    index = index_of(memory(1, "late", names=(1,)), memory(2, "parcel", names=(1,)))
    found = ask(question("Priya Raman parcel", vector=np.array([0.0, 0.0], dtype=np.float32)), index=index)
    assert numbers(found, "knowledge") == [2, 1]


def test_channels_out_of_time_are_left_out_but_the_first() -> None:
    found = ask(question("Priya Raman"), out_of_time=lambda: True)
    assert (list(found.found), list(found.dropped)) == (["neural"], list(ALL[1:]))
    spent = iter([False, False, True, True, True])
    found = ask(question("Priya Raman"), out_of_time=lambda: next(spent))
    assert (list(found.found), list(found.dropped)) == (list(ALL[:3]), list(ALL[3:]))
    assert list(ask(question()).dropped) == []


def test_channels_that_were_asked_for_hints_only_are_not_listed() -> None:
    found = ask(question("Priya Raman"), kind=SearchType.KNOWLEDGE)
    assert list(found.found) == ["knowledge"]
    assert set(numbers(found, "knowledge")) == {1, 2, 3}


def temporal(asked: Asked, **rest: Any) -> list[tuple[int, float]]:
    found = ask(asked, **rest)
    return [(hit.memory_id.int, hit.raw) for hit in found.found["temporal"]]


def test_without_a_time_nothing_is_ranked_by_it() -> None:
    assert temporal(question()) == []


def test_when_prefers_texts_that_name_a_time_among_those_found() -> None:
    assert temporal(question(asks_when=True)) == [(4, 1.0)]
    assert temporal(question(asks_when=True), among=[1, 2]) == []


def test_of_several_times_the_better_fit_counts() -> None:
    # The fourth speaks of a part of the first, and happened in the second.
    assert temporal(question(windows=[(5.0, 15.0)])) == [(2, 1.0), (4, 0.7)]
    assert temporal(question(windows=[(5.0, 15.0), (25.0, 35.0)])) == [(2, 1.0), (4, 1.0)]
    assert temporal(question(windows=[(25.0, 35.0), (5.0, 15.0)])) == [(2, 1.0), (4, 1.0)]


def test_a_long_time_lists_what_others_know_then_the_best_fit_then_the_latest(monkeypatch: pytest.MonkeyPatch) -> None:
    index = index_of(
        memory(1, "parcel", times=((3.0, 4.0),)),
        *[memory(number, "late", occurred=float(number)) for number in (2, 3, 4)],
    )
    alone = {"kind": SearchType.KNOWLEDGE, "weights": {"temporal": 1.0, "lexical": 1.0}, "index": index}
    ten = question(windows=[(0.0, 10.0)])
    assert temporal(ten, **alone) == [(2, 1.0), (3, 1.0), (4, 1.0), (1, 0.7)]
    monkeypatch.setattr(retrieval, "CANDIDATES", 2)
    # The first is known by its words, although it fits less.
    monkeypatch.setattr(retrieval, "_HINTS", (Channel.LEXICAL,))
    assert temporal(ten, **alone) == [(4, 1.0), (1, 0.7)]


def test_lists_that_were_cut_are_scaled_by_themselves() -> None:
    full = [ChannelHit(UUID(int=number), 1.0) for number in range(100)]
    found = {"neural": full, "lexical": full[:99], "sparse": full, "temporal": full}
    assert anchors_of(found) == {
        "neural": CUT_ANCHORS["neural"],
        "lexical": DEFAULT_ANCHORS["lexical"],
        "sparse": CUT_ANCHORS["sparse"],
        "temporal": DEFAULT_ANCHORS["temporal"],
    }
    assert CUT_ANCHORS["sparse"] != DEFAULT_ANCHORS["sparse"]


def test_a_question_to_nobody_finds_nothing() -> None:
    for index in (INDEX, index_of()):
        found = ask(question("Priya Raman", windows=[(0.0, 99.0)], asks_when=True), index=index, among=[])
        assert (list(found.hits), dict(found.positions)) == ([], {})
        assert {name: list(hits) for name, hits in found.found.items()} == {name: [] for name in ALL}


def test_a_judgement_weighs_as_much_as_all_others_together() -> None:
    ids = [UUID(int=number) for number in range(3)]
    found = Retrieval(
        hits=[],
        found={"lexical": [ChannelHit(ids[0], 2.0), ChannelHit(ids[1], 1.0)], "neural": [ChannelHit(ids[2], 0.7)]},
        weights={"lexical": 0.3, "neural": 0.1},
        recency={},
        positions={},
    )
    hits = rerank(found, {ids[1]: 1.0, ids[0]: 0.25})
    assert [hit.memory_id for hit in hits] == [ids[1], ids[0], ids[2]]
    for hit in hits:
        assert hit.score_units == sum(one.units or 0 for one in hit.contributions)
    # 0.3, 0.1 and 0.4 of 0.8: half of the best score is the judgement's.
    assert [one.units for one in hits[0].contributions] == [187_500, None, 500_000]
    assert hits[2].contributions[-1].units is None
