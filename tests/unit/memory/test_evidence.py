from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.memory.engine.evidence import Evidence, channels_of, weights_for
from apps.memory.engine.names_index import KnownName
from apps.memory.engine.types import FINDING_CHANNELS, Channel, SearchType

NAMES = st.lists(
    st.builds(KnownName, st.integers(1, 9), st.integers(1, 4), st.floats(0, 1), st.integers(0, 5)), max_size=4
)
EVIDENCE = st.builds(Evidence, NAMES, st.integers(0, 20), st.floats(0, 1), st.floats(0, 1), st.booleans())


def named(*, words: int = 1, specificity: float = 1.0, subject_of: int = 0) -> KnownName:
    return KnownName(number=1, words=words, specificity=specificity, subject_of=subject_of)


def hybrid(**known: Any) -> dict[str, float]:
    return weights_for(SearchType.HYBRID, Evidence(**known))


def knowledge(*names: KnownName, content_words: int) -> float:
    return hybrid(names=names, content_words=content_words)[Channel.KNOWLEDGE]


@pytest.mark.parametrize("kind", [SearchType.NEURAL, SearchType.CONCEPTUAL, SearchType.KNOWLEDGE])
def test_a_single_channel_has_all_the_weight_whatever_the_evidence(kind: SearchType) -> None:
    assert channels_of(kind) == (kind.value,)
    assert weights_for(kind, Evidence(names=[named()], content_words=1, time_share=0.5)) == {kind.value: 1.0}


def test_hybrid_asks_every_channel_in_one_order() -> None:
    assert channels_of(SearchType.HYBRID) == FINDING_CHANNELS
    assert tuple(hybrid()) == FINDING_CHANNELS


def test_texts_that_stand_alone_are_found_by_words_and_meaning() -> None:
    assert hybrid() == {
        Channel.NEURAL: 0.38,
        Channel.LEXICAL: 0.43,
        Channel.SPARSE: 0.19,
        Channel.CONCEPTUAL: 0.03,
        Channel.KNOWLEDGE: 0.0,
        Channel.TEMPORAL: 0.0,
    }


def test_turns_are_found_by_their_words() -> None:
    turns = hybrid(threaded_share=1.0)
    assert (turns[Channel.LEXICAL], turns[Channel.SPARSE], turns[Channel.NEURAL]) == (0.6, 0.3, 0.1)
    half = hybrid(threaded_share=0.5)
    expected = (0.515, 0.245, 0.24)
    assert (half[Channel.LEXICAL], half[Channel.SPARSE], half[Channel.NEURAL]) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("names", "content_words", "expected"),
    [
        ([], 5, 0.0),
        # A fifth of any sentence is names.
        ([named()], 5, 0.0),
        ([named()], 4, 0.05),
        ([named(words=2)], 4, 0.3),
        ([named(), named()], 4, 0.3),
        ([named(words=2, specificity=0.5)], 4, 0.05),
        # What one memory is about counts three times as much; of several, or for a common name, each says less.
        ([named(subject_of=1)], 10, 0.3),
        ([named(subject_of=2)], 10, 0.15),
        ([named(specificity=0.5, subject_of=1)], 10, 0.075),
        ([named(words=2, subject_of=1)], 20, 0.3),
        ([named(subject_of=1)], 4, 0.8),
        ([named(subject_of=1)], 1, 0.9),
        ([named(specificity=0.5)], 0, 0.3),
    ],
)
def test_the_graph_weighs_as_much_as_the_question_is_names(
    names: list[KnownName], content_words: int, expected: float
) -> None:
    assert knowledge(*names, content_words=content_words) == pytest.approx(expected)


def test_what_the_graph_gets_is_taken_from_words_and_meaning() -> None:
    found = hybrid(names=[named(words=2)], content_words=4)
    assert found == pytest.approx(
        {
            Channel.NEURAL: 0.7 * 0.38,
            Channel.LEXICAL: 0.7 * 0.43,
            Channel.SPARSE: 0.7 * 0.19,
            Channel.CONCEPTUAL: 0.03,
            Channel.KNOWLEDGE: 0.3,
            Channel.TEMPORAL: 0.0,
        }
    )


@pytest.mark.parametrize(
    ("share", "asks_when", "expected"),
    [(0.0, False, 0.0), (0.0, True, 0.1), (0.5, False, 0.45), (0.5, True, 0.45), (1.0, False, 0.75)],
)
def test_time_weighs_by_what_the_question_says_of_it(share: float, *, asks_when: bool, expected: float) -> None:
    assert hybrid(time_share=share, asks_when=asks_when)[Channel.TEMPORAL] == pytest.approx(expected)


def test_asking_when_weighs_less_beside_names() -> None:
    found = hybrid(names=[named(words=2)], content_words=4, asks_when=True)
    assert found[Channel.TEMPORAL] == pytest.approx(0.1 * 0.7)


@given(evidence=EVIDENCE)
def test_words_meaning_and_names_share_one_whole(evidence: Evidence) -> None:
    found = weights_for(SearchType.HYBRID, evidence)
    shared = (Channel.NEURAL, Channel.LEXICAL, Channel.SPARSE, Channel.KNOWLEDGE)
    assert sum(found[name] for name in shared) == pytest.approx(1.0)
    assert all(0 <= weight <= 1 for weight in found.values())
