"""The ledger of a search is exact, whatever the memories, the question and the weights.

`LEDGER_EXAMPLES=10000` in the environment gives the full dose.
"""

import math
import os
from collections import Counter
from uuid import UUID

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.memory.engine.fusion import FusedHit, fuse
from apps.memory.engine.memory_index import IndexedMemory, IndexedUnit, MemoryIndex
from apps.memory.engine.names_index import IndexedEntity
from apps.memory.engine.retrieval import Asked, Retrieval, anchors_of, retrieve
from apps.memory.engine.terms import count_terms, terms_of
from apps.memory.engine.types import FINDING_CHANNELS, SearchType

CHANNELS = [channel.value for channel in FINDING_CHANNELS]
EXAMPLES = int(os.environ.get("LEDGER_EXAMPLES", "150"))
WORDS = ("parcel", "late", "discount", "annual", "harbor", "team", "sweden", "phone", "test", "churn")
NAMES = ("harbor", "sweden", "priya raman")
DIMENSION, CONCEPTS, VOCABULARY = 8, 3, 40


def unit_vector(chance: np.random.Generator, width: int) -> np.ndarray:
    vector = chance.normal(size=width).astype(np.float32)
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


def sparse(chance: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    keys = np.flatnonzero(chance.random(VOCABULARY) < 0.2).astype(np.uint16)
    return keys, chance.integers(1, 255, len(keys)).astype(np.uint8)


def memory(chance: np.random.Generator, number: int) -> IndexedMemory:
    units = []
    for place in range(int(chance.integers(1, 4))):
        text = " ".join(chance.choice(WORDS, size=int(chance.integers(1, 9))))
        hashes, counts = count_terms(text)
        read = chance.random() < 0.9
        keys, weights = sparse(chance)
        units.append(
            IndexedUnit(
                start=10 * place,
                end=10 * place + 9,
                terms=hashes,
                counts=counts,
                sparse=keys if read else None,
                weights=weights if read else None,
                vector=unit_vector(chance, DIMENSION) if read else None,
                sketch=None if read else unit_vector(chance, 2),
            )
        )
    entities = np.flatnonzero(chance.random(len(NAMES)) < 0.4).astype(np.uint32) + 1
    occurred = float(chance.integers(0, 100))
    return IndexedMemory(
        number=number,
        memory_id=UUID(int=int(chance.integers(1, 2**62))),
        module="",
        memory_type="general",
        thread=int(chance.integers(0, 3)),
        occurred=occurred,
        occurred_given=bool(chance.random() < 0.5),
        expires=math.inf if chance.random() < 0.9 else 0.0,
        superseded=False,
        concepts=chance.random(CONCEPTS).astype(np.float32),
        entities=entities.astype(np.uint32),
        entity_counts=np.ones(len(entities), dtype=np.uint8),
        subjects=chance.random(len(entities)) < 0.3,
        times=np.array([[occurred, occurred + 5]]) if chance.random() < 0.3 else np.zeros((0, 2)),
        units=units,
    )


def corpus(seed: int) -> tuple[MemoryIndex, Asked]:
    chance = np.random.default_rng(seed)
    index = MemoryIndex(dimension=DIMENSION, sketch_dimension=2, concepts=CONCEPTS)
    index.add_entities([IndexedEntity(place, name, place, 0) for place, name in enumerate(NAMES, start=1)])
    memories = [memory(chance, number) for number in range(1, int(chance.integers(2, 160)))]
    for start in range(0, len(memories), 50):
        index.add(memories[start : start + 50])
    index.remove([int(one) for one in chance.integers(1, 160, 3)])
    text = " ".join([*chance.choice(WORDS, size=3), *chance.choice(NAMES, size=1)])
    keys, weights = sparse(chance)
    begins = float(chance.integers(0, 90))
    return index, Asked(
        text=text,
        terms=Counter(terms_of(text)),
        vector=unit_vector(chance, DIMENSION),
        sketch=unit_vector(chance, 2),
        sparse_keys=keys,
        sparse_weights=weights.astype(np.float32),
        target=chance.random(CONCEPTS).astype(np.float32),
        stress=np.full(CONCEPTS, 1 / CONCEPTS, dtype=np.float32),
        windows=[(begins, begins + 10)] if chance.random() < 0.5 else [],
        time_share=float(chance.random()) / 2,
        asks_when=bool(chance.random() < 0.3),
    )


def ask(index: MemoryIndex, asked: Asked, weights: dict[str, float]) -> Retrieval:
    return retrieve(index, asked, search_type=SearchType.HYBRID, visible=index.visible(now=1.0), weights=weights)


def amounts(hits: list[FusedHit]) -> list[tuple[UUID, int, tuple[tuple[str, int | None], ...]]]:
    return [
        (hit.memory_id, hit.score_units, tuple((one.channel, one.units) for one in hit.contributions)) for hit in hits
    ]


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    weights=st.dictionaries(st.sampled_from(CHANNELS), st.floats(0, 10), max_size=6),
    left_out=st.sampled_from(CHANNELS),
)
def test_sums_are_exact_and_leaving_a_channel_out_is_weight_zero(
    seed: int, weights: dict[str, float], left_out: str
) -> None:
    index, asked = corpus(seed)
    found = ask(index, asked, weights)
    for hit in found.hits:
        assert hit.score_units == sum(one.units or 0 for one in hit.contributions)
        assert 0 <= hit.score_units <= 1_000_000
    assert amounts(list(ask(index, asked, weights).hits)) == amounts(list(found.hits))

    rest = {name: hits for name, hits in found.found.items() if name != left_out}
    again = fuse(
        rest,
        weights={name: found.weights[name] for name in rest},
        recency=found.recency,
        anchors=anchors_of(rest),
    )
    without = ask(index, asked, {**found.weights, left_out: 0.0})
    kept = [
        (memory_id, score, tuple((name, units) for name, units in given if name != left_out))
        for memory_id, score, given in amounts(list(without.hits))
    ]
    assert amounts(again) == kept


@settings(max_examples=EXAMPLES // 3, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_what_one_channel_alone_finds_is_among_the_results(seed: int) -> None:
    index, asked = corpus(seed)
    found = ask(index, asked, {})
    listed = {hit.memory_id for hit in found.hits}
    weighted = [name for name, weight in found.weights.items() if weight > 0]
    assert listed == {hit.memory_id for name in weighted for hit in found.found[name]}
