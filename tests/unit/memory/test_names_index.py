from dataclasses import dataclass
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.memory.engine import names_index
from apps.memory.engine.names_index import SUBJECT_WEIGHT, IndexedEntity, KnownName, NamesIndex, name_hash, title_key
from apps.memory.engine.postings import Postings

WORDLESS = Postings(key_type=np.uint64)


@dataclass(frozen=True)
class Named:
    entities: tuple[int, ...] = ()
    subject: int = 0
    count: int = 1


MEMORIES = st.lists(
    st.sets(st.integers(1, 6), max_size=4).flatmap(
        lambda chosen: st.builds(
            Named, st.just(tuple(sorted(chosen))), st.sampled_from([0, *sorted(chosen)]), st.integers(1, 3)
        )
    ),
    min_size=1,
    max_size=9,
)


def entity(number: int, key: str, *, stands_for: int = 0, term: int = 0) -> IndexedEntity:
    return IndexedEntity(number, key, stands_for or number, term)


def rows(named: Named) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    numbers = np.array(named.entities, dtype=np.uint32)
    counts = np.full(len(numbers), named.count, dtype=np.uint8)
    return numbers, counts, np.array([number == named.subject for number in named.entities], dtype=np.bool_)


def index_of(entities: list[IndexedEntity], *memories: Named) -> NamesIndex:
    index = NamesIndex()
    index.add_entities(entities)
    index.add_memories([rows(one) for one in memories])
    return index


def lettered(*memories: Named) -> NamesIndex:
    """Return an index of the entities "name a" to "name f", which are no single words."""
    return index_of([entity(number, f"name {letter}") for number, letter in enumerate("abcdef", start=1)], *memories)


def known(index: NamesIndex, question: str, *, memories: int = 2, terms: Postings = WORDLESS) -> list[KnownName]:
    return index.known_names(question, memories=memories, terms=terms)[0]


def numbers(index: NamesIndex, question: str) -> list[int]:
    return [name.number for name in known(index, question)]


def uses(**words: int) -> Postings:
    """Return the words 1, 2, ... of a collection with how often each is used."""
    found = Postings(key_type=np.uint64)
    terms = np.arange(1, len(words) + 1, dtype=np.uint64)
    found.extend([terms], [np.array(list(words.values()), dtype=np.uint8)])
    return found


# --- keys -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Harbor Checkout", "harbor checkout"),
        ("Mercury (planet)", "mercury"),
        ("Mercury (planet) ", "mercury"),
        ("(planet)", ""),
        ("Mercury (a (b))", "mercury (a (b"),
        ("one two three four five six seven eight nine ten", "one two three four five six seven eight nine ten"),
        ("one two three four five six seven eight nine ten eleven", ""),
        ("", ""),
        ("...", ""),
    ],
)
def test_keys_of_titles(title: str, expected: str) -> None:
    assert title_key(title) == expected


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("harbor checkout", "harbor checkout", True),
        ("harbor, checkout", "harbor checkout", True),
        ("harbor/checkout", "harbor checkout", True),
        ("r&d", "r d", False),
        ("levi's stadium", "levi\u2019s stadium", True),
        ("exp-117", "exp 117", False),
        ("harbor checkout", "checkout harbor", False),
    ],
)
def test_names_are_looked_up_without_punctuation(one: str, other: str, *, equal: bool) -> None:
    assert (name_hash(one) == name_hash(other)) is equal


# --- names in questions -----------------------------------------------------------------------------------------------

PLACES = [
    entity(1, "new york"),
    entity(2, "york"),
    entity(3, "new york city council"),
    entity(4, "bank of england"),
    entity(5, "the who"),
    entity(6, "exp-117"),
    entity(7, "o'brien"),
    entity(8, "r&d"),
    entity(9, "levi's stadium"),
]
ALL = Named(tuple(range(1, 10)))


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("", []),
        ("Who lives there?", []),
        ("What about york?", [2]),
        ("What about New York's mayor?", [1]),
        ("new york city", [1]),
        ("the New York City Council", [3]),
        ("York, then New York, then York", [2, 1]),
        ("bank of England", [4]),
        # A name of stop words alone is a name for nobody who asks.
        ("What did the Who play?", []),
        ("Is exp-117 over?", [6]),
        ("(EXP-117)", [6]),
        ("O'Brien said so", [7]),
        ("O\u2019Brien\u2019s R&D", [8]),
        ("Is Levi's Stadium full?", [9]),
        ("Is Levi\u2019s Stadium's roof open?", [9]),
    ],
)
def test_the_longest_name_wins_at_each_place(question: str, expected: list[int]) -> None:
    assert numbers(index_of(PLACES, ALL), question) == expected


def test_words_of_names_and_of_questions_are_counted_without_stop_words() -> None:
    index = index_of(PLACES, ALL)
    found, content = index.known_names("Who leads the Bank of England in London?", memories=2, terms=WORDLESS)
    # leads, bank, england, london
    assert content == 4
    assert [(name.number, name.words) for name in found] == [(4, 2)]


def test_sixty_four_words_of_a_question_are_read() -> None:
    index = index_of(PLACES, ALL)
    assert numbers(index, "parcel " * 63 + "york") == [2]
    assert numbers(index, "parcel " * 64 + "york") == []
    assert index.known_names("parcel " * 70, memories=2, terms=WORDLESS)[1] == 64


def test_a_name_has_eight_words_at_most() -> None:
    eight, nine = "a1 a2 a3 a4 a5 a6 a7 a8", "b1 b2 b3 b4 b5 b6 b7 b8 b9"
    index = index_of([entity(1, eight), entity(2, nine)], Named((1, 2)))
    assert numbers(index, f"{nine} {eight}") == [1]


def test_a_name_tells_less_the_more_memories_hold_it() -> None:
    index = lettered(*[Named((1,), subject=1)] * 2, *[Named((1, 2))] * 2, *[Named()] * 12)
    (name,) = known(index, "name a", memories=16)
    # "a" is a stop word.
    assert name == KnownName(number=1, words=1, specificity=0.5, subject_of=2)
    assert known(index, "name b", memories=16)[0].specificity == pytest.approx(0.75)
    # Never below nothing, and none in an index of one memory is an error.
    assert known(index, "name a", memories=3)[0].specificity == 0.0
    assert known(lettered(Named((1,))), "name a", memories=1)[0].specificity == 1.0


def test_a_name_without_memories_is_unknown() -> None:
    index = lettered(Named((1,), subject=1))
    assert numbers(index, "name b") == []
    index.drop_memory(0)
    assert numbers(index, "name a") == []


def test_a_merged_entity_is_found_under_the_one_it_stands_for() -> None:
    index = lettered(Named((2,)))
    assert numbers(index, "name a") == []
    index.add_entities([entity(1, "name a", stands_for=2)])
    assert numbers(index, "name a") == [2]
    assert numbers(index, "name b and name a") == [2]


@pytest.mark.parametrize(("used", "expected"), [(0, [1]), (1, [1]), (5, [1]), (6, [])])
def test_a_word_that_is_mostly_written_small_is_no_name(used: int, expected: list[int]) -> None:
    # Twice with a capital: two fifths of five.
    index = index_of([entity(1, "harbor", term=1)], Named((1,), count=2))
    assert [name.number for name in known(index, "harbor", terms=uses(harbor=used))] == expected


def test_terms_fill_all_64_bits() -> None:
    index = index_of([entity(1, "harbor", term=2**64 - 1)], Named((1,)))
    terms = Postings(key_type=np.uint64)
    terms.extend([np.array([2**64 - 1], dtype=np.uint64)], [np.array([9], dtype=np.uint8)])
    assert known(index, "harbor", terms=terms) == []


# --- the graph --------------------------------------------------------------------------------------------------------


@given(memories=MEMORIES, later=MEMORIES, data=st.data())
def test_dropped_memories_leave_the_counts(memories: list[Named], later: list[Named], data: st.DataObject) -> None:
    index = lettered(*memories)
    index.add_memories([rows(one) for one in later])
    everything = memories + later
    dropped = data.draw(st.sets(st.sampled_from(range(len(everything)))))
    for position in dropped:
        index.drop_memory(position)
    anew = lettered(*[one for position, one in enumerate(everything) if position not in dropped])
    assert index._entities.rows.tolist() == anew._entities.rows.tolist()


def test_shared_names_come_in_the_order_in_which_they_are_asked() -> None:
    index = lettered(Named((1, 2, 3)), Named((4,)))
    assert index.shared(0, [3, 4, 1]) == [3, 1]
    assert index.shared(1, [3, 4, 1]) == [4]
    assert index.shared(1, []) == []


def test_a_path_leads_over_one_memory_by_the_rarest_name_that_both_hold() -> None:
    # The name 1 stands with 2 and 3 in the first memory; 2 is the more common of them.
    memories = [Named((1, 2, 3)), Named((2, 3)), Named((2,)), Named((4,))]
    index, present = lettered(*memories), np.ones(4, dtype=np.bool_)
    assert index.path_to(1, [1], present=present) == [1, 3]
    assert index.path_to(2, [1], present=present) == [1, 2]
    assert index.path_to(2, [4, 1], present=present) == [1, 2]
    assert index.path_to(3, [1], present=present) == []
    assert index.path_to(1, [1], present=np.array([False, True, True, True])) == []


def surroundings(
    memories: list[Named], names: list[int], found: list[int], visible: list[bool]
) -> dict[tuple[int, int], float]:
    """Return the weights of the edges around names and memories, every name being one and rare enough."""
    holding = {number: {at for at, one in enumerate(memories) if number in one.entities} for number in range(1, 7)}
    seen = {at for at, shown in enumerate(visible) if shown}
    near = set(found) | {at for number in names for at in holding[number] & seen}
    met = {number for at in near for number in memories[at].entities}
    part = near | {at for number in met for at in holding[number] & seen}
    return {
        (at, number): (SUBJECT_WEIGHT if memories[at].subject == number else 1)
        * float(np.log1p(len(seen) / len(holding[number])))
        for at, number in product(part, range(1, 7))
        if number in memories[at].entities
    }


@given(memories=MEMORIES, data=st.data())
def test_the_part_around_names_reaches_two_memories_far(memories: list[Named], data: st.DataObject) -> None:
    index = lettered(*memories)
    visible = data.draw(st.lists(st.booleans(), min_size=len(memories), max_size=len(memories)))
    shown = [at for at, one in enumerate(visible) if one]
    found = sorted(data.draw(st.sets(st.sampled_from(shown)))) if shown else []
    names = sorted(data.draw(st.sets(st.integers(1, 6))))
    part, at, numbers_of = index.neighbourhood(
        np.array(names, dtype=np.int64),
        np.array(found, dtype=np.int64),
        visible=np.array(visible),
        terms=WORDLESS,
    )
    edges = zip(at[part.memories].tolist(), numbers_of[part.entities].tolist(), strict=True)
    expected = surroundings(memories, names, found, visible)
    assert dict(zip(edges, part.weights.tolist(), strict=True)) == pytest.approx(expected)
    assert set(names) <= set(numbers_of.tolist())
    assert part.memory_count == len(at) == len(set(at.tolist()))
    for column, number in enumerate(numbers_of.tolist()):
        held = [one for one in memories if number in one.entities]
        most = sum(SUBJECT_WEIGHT if one.subject == number else 1 for one in held)
        rarity = np.log1p(max(len(shown), 1) / max(len(held), 1))
        assert part.strength[column] == pytest.approx(rarity * max(most, 1))


def around(
    index: NamesIndex, names: list[int], found: list[int], *, count: int, terms: Postings = WORDLESS
) -> set[int]:
    part, at, _ = index.neighbourhood(
        np.array(names), np.array(found, dtype=np.int64), visible=np.ones(count, dtype=np.bool_), terms=terms
    )
    assert part.memory_count == len(at)
    return set(at.tolist())


def test_of_a_common_name_only_memories_that_were_found_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names_index, "_FEW", 0)
    index = lettered(*[Named((1,))] * 3)
    monkeypatch.setattr(names_index, "_MANY", 3)
    assert around(index, [1], [1], count=3) == {0, 1, 2}
    monkeypatch.setattr(names_index, "_MANY", 2)
    assert around(index, [1], [1], count=3) == {1}


def test_a_common_name_leads_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    index = lettered(Named((1, 2)), Named((2, 3)), Named((2,)), Named((4,)))
    monkeypatch.setattr(names_index, "_FEW", 3)
    assert around(index, [1], [], count=4) == {0, 1, 2}
    monkeypatch.setattr(names_index, "_FEW", 2)
    assert around(index, [1], [], count=4) == {0}


def test_a_common_word_is_no_edge() -> None:
    index = index_of([entity(1, "name a"), entity(2, "team", term=1)], Named((1, 2)), Named((2,)))
    part, at, numbers_of = index.neighbourhood(
        np.array([1]), np.array([], dtype=np.int64), visible=np.ones(2, dtype=np.bool_), terms=uses(team=9)
    )
    assert (at.tolist(), numbers_of[part.entities].tolist()) == ([0], [1])


def test_a_part_that_is_too_large_loses_none_of_what_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names_index, "_MOST_MEMORIES", 3)
    index = lettered(*[Named((1, 2))] * 5, Named((2,)))
    assert around(index, [1], [4], count=6) == {0, 1, 4}
    assert around(index, [1], [], count=6) == {0, 1, 2}
    assert around(index, [3], [5], count=6) == {0, 1, 5}
