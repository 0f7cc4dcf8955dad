import math
from collections import Counter
from dataclasses import dataclass, field, replace
from uuid import UUID

import numpy as np
import pytest

from apps.memory.engine.lexicon import stem
from apps.memory.engine.memory_index import IndexedMemory, IndexedUnit, MemoryIndex, Ranked
from apps.memory.engine.names_index import IndexedEntity
from apps.memory.engine.terms import count_terms, term_hash, terms_of

NAMES = ("harbor", "sweden", "priya raman")
NOW = 1_000.0


def vector(*numbers: float) -> np.ndarray:
    return np.array(numbers, dtype=np.float32)


@dataclass(frozen=True)
class Passage:
    text: str = "parcel"
    vector: tuple[float, float] | None = (1.0, 0.0)
    sketch: tuple[float, float] | None = None
    sparse: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Memory:
    number: int
    passages: tuple[Passage, ...] = (Passage(),)
    thread: int = 0
    occurred: float = 0.0
    given: bool = False
    expires: float = math.inf
    concepts: tuple[float, ...] = (0.5, 0.5)
    names: tuple[int, ...] = ()
    subject: int = 0
    times: tuple[tuple[float, float], ...] = ()


def said(number: int, *texts: str, **rest: object) -> Memory:
    return replace(Memory(number, tuple(Passage(text) for text in texts)), **rest)


def unit(place: int, passage: Passage) -> IndexedUnit:
    terms, counts = count_terms(passage.text)
    read = passage.vector is not None
    return IndexedUnit(
        start=100 * place,
        end=100 * place + len(passage.text),
        terms=terms,
        counts=counts,
        sparse=np.array(sorted(passage.sparse), dtype=np.uint16) if read else None,
        weights=np.array([passage.sparse[key] for key in sorted(passage.sparse)], dtype=np.uint8) if read else None,
        vector=None if passage.vector is None else vector(*passage.vector),
        sketch=None if passage.sketch is None else vector(*passage.sketch),
    )


def indexed(one: Memory) -> IndexedMemory:
    return IndexedMemory(
        number=one.number,
        memory_id=UUID(int=one.number),
        thread=one.thread,
        occurred=one.occurred,
        occurred_given=one.given,
        expires=one.expires,
        concepts=vector(*one.concepts),
        entities=np.array(one.names, dtype=np.uint32),
        entity_counts=np.ones(len(one.names), dtype=np.uint8),
        subjects=np.array([name == one.subject for name in one.names], dtype=np.bool_),
        times=np.array(one.times).reshape(-1, 2),
        units=[unit(place, passage) for place, passage in enumerate(one.passages)],
    )


def index_of(*memories: Memory) -> MemoryIndex:
    index = MemoryIndex(dimension=2, sketch_dimension=2, concepts=2)
    index.add_entities(
        [
            IndexedEntity(number, key, number, 0 if " " in key else term_hash(stem(key)))
            for number, key in enumerate(NAMES, start=1)
        ]
    )
    index.add([indexed(one) for one in memories])
    return index


def asked(words: str) -> Counter[int]:
    return Counter(terms_of(words))


def scores(index: MemoryIndex, ranked: Ranked) -> list[tuple[int, float]]:
    """Return numbers of memories with their scores, best first."""
    positions, found = ranked
    return [(index.ids[place].int, score) for place, score in zip(positions.tolist(), found.tolist(), strict=True)]


def lexical(index: MemoryIndex, words: str) -> list[tuple[int, float]]:
    return scores(index, index.lexical(asked(words), visible=index.visible(now=NOW)))


# --- one index for all ways that lead to the same memories ------------------------------------------------------------


def test_words_weigh_the_same_whatever_has_been_replaced() -> None:
    memories = [said(1, "parcel late"), said(2, "parcel"), said(3, "discount")]
    updated = index_of(said(1, "discount"), *memories[1:], said(4, "parcel parcel"))
    updated.remove([4])
    updated.add([indexed(memories[0])])
    updated.add([indexed(memories[0])])
    assert dict(lexical(updated, "parcel late")) == pytest.approx(dict(lexical(index_of(*memories), "parcel late")))


def test_a_name_stays_one_however_often_its_memory_is_replaced() -> None:
    memory = said(1, "Harbor is late", names=(1,))
    index = index_of(memory)
    for _ in range(5):
        index.add([indexed(memory)])
    assert [name.number for name in index.known_names("How is Harbor?")[0]] == [1]
