import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.memory.engine.attention import PRIOR, Neighbourhood, spread

# Weights of edges between memories and entities, 0 for none.
GRAPHS = st.integers(1, 5).flatmap(
    lambda width: st.lists(
        st.lists(st.sampled_from([0, 0, 1, 2, 8]), min_size=width, max_size=width), min_size=1, max_size=5
    )
)


def part_of(weights: np.ndarray, beyond: np.ndarray) -> Neighbourhood:
    memories, entities = np.nonzero(weights)
    return Neighbourhood(
        memories=memories,
        entities=entities,
        weights=weights[memories, entities].astype(np.float64),
        strength=weights.sum(axis=0) + beyond,
        memory_count=len(weights),
    )


def walked(weights: np.ndarray, strength: np.ndarray, names: np.ndarray, prior: np.ndarray) -> np.ndarray:
    """Twelve steps of the power iteration on the whole transition matrix, entities first."""
    count, width = weights.shape
    step = np.zeros((width + count, width + count))
    for memory in range(count):
        for entity in range(width):
            if weights[memory, entity]:
                step[entity, width + memory] = weights[memory, entity] / weights[memory].sum()
                step[width + memory, entity] = weights[memory, entity] / strength[entity]
    parts = [vector / vector.sum() if vector.sum() else vector for vector in (names, prior)]
    start = np.concatenate([parts[0], parts[1] * 0.2])
    start /= start.sum()
    here = start
    for _ in range(12):
        here = 0.2 * start + 0.8 * step @ here
    return np.asarray(here[width:])


@given(graph=GRAPHS, data=st.data())
def test_attention_is_that_of_the_walk_on_the_whole_matrix(graph: list[list[int]], data: st.DataObject) -> None:
    weights = np.array(graph, dtype=np.float64)
    count, width = weights.shape
    amounts = st.sampled_from([0.0, 0.0, 0.5, 3.0])
    beyond, names = (np.array(data.draw(st.lists(amounts, min_size=width, max_size=width))) for _ in range(2))
    prior = np.array(data.draw(st.lists(amounts, min_size=count, max_size=count)))
    part = part_of(weights, beyond)
    found = spread(part, names=names, prior=prior)
    if names.sum() + prior.sum() == 0:
        assert found.tolist() == [0.0] * count
    else:
        assert found == pytest.approx(walked(weights, part.strength, names, prior))


def test_all_attention_stays_in_a_whole_graph_and_the_rest_is_lost_beyond_a_part() -> None:
    weights = np.array([[1.0]])
    closed = spread(part_of(weights, np.zeros(1)), names=np.ones(1), prior=np.zeros(1))
    # Of a geometric series, the odd steps up to the eleventh; the twelfth is not restarted.
    assert closed == pytest.approx([sum(0.2 * 0.8**step for step in range(1, 12, 2))])
    half = spread(part_of(weights, np.ones(1)), names=np.ones(1), prior=np.zeros(1))
    assert half == pytest.approx([sum(0.2 * 0.8**step * 0.5 ** ((step + 1) // 2) for step in range(1, 12, 2))])


def test_names_and_prior_share_the_start_in_a_fixed_ratio_whatever_their_units() -> None:
    assert PRIOR == 0.2
    # The second memory has no edge: what it gets is what starts there.
    part = part_of(np.array([[1.0], [0.0]]), np.zeros(1))
    expected = 0.2 * (0.2 / 1.2)
    for names, prior in ((1.0, 1.0), (1e-6, 50.0), (7.0, 1e-3)):
        assert spread(part, names=np.array([names]), prior=np.array([0.0, prior]))[1] == pytest.approx(expected)


def test_attention_that_starts_at_memories_alone_is_whole() -> None:
    part = part_of(np.array([[1.0], [0.0]]), np.zeros(1))
    assert spread(part, names=np.zeros(1), prior=np.array([0.0, 3.0]))[1] == pytest.approx(0.2)


def test_no_edges_and_no_start_are_no_error() -> None:
    nothing = part_of(np.zeros((2, 1)), np.ones(1))
    assert spread(nothing, names=np.ones(1), prior=np.zeros(2)).tolist() == [0.0, 0.0]
    assert spread(part_of(np.ones((2, 1)), np.zeros(1)), names=np.zeros(1), prior=np.zeros(2)).tolist() == [0.0, 0.0]
