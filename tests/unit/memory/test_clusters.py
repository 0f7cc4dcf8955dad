from collections.abc import Sequence
from uuid import UUID

import numpy as np
import pytest
from numpy.typing import NDArray

from apps.memory.adapters.embedding import default_embedder
from apps.memory.engine import clusters
from apps.memory.engine.clusters import Cluster, semantic_clusters
from tests.unit.memory.cost import ends

TOPICS = {
    "note": [
        "Churn rose after the price increase.",
        "Customers cancel their subscription because it is expensive.",
        "Many subscribers churned last month over pricing.",
        "Cancellations are higher for customers on the yearly price.",
        "Subscribers who churn say the price is too high.",
    ],
    "recipe": [
        "Bake the bread for forty minutes in a hot oven.",
        "Knead the dough and let the bread rise.",
        "Add yeast and flour to the bread dough.",
        "The oven must be hot before the dough goes in.",
    ],
    "incident": [
        "The database server crashed during the night.",
        "A server outage took the database offline.",
        "We restarted the crashed server and restored the database.",
    ],
}


def ids(count: int) -> list[UUID]:
    return [UUID(int=number) for number in range(count)]


def blobs(sizes: Sequence[int], *, dimension: int = 32) -> NDArray[np.float32]:
    """Well separated groups: axis k plus a little fixed noise."""
    noise = np.random.default_rng(7)
    rows = [
        np.eye(dimension)[number] + 0.1 * noise.normal(size=dimension)
        for number, size in enumerate(sizes)
        for _ in range(size)
    ]
    return np.array(rows, dtype=np.float32)


def sizes_of(vectors: NDArray[np.float32], **more: int) -> list[int]:
    count = len(vectors)
    found = semantic_clusters(vectors, memory_ids=ids(count), terms=[[]] * count, types=["note"] * count, **more)
    return [cluster.size for cluster in found]


def test_topics_of_real_sentences_are_found_and_named() -> None:
    texts = [text for topic in TOPICS.values() for text in topic]
    found = semantic_clusters(
        default_embedder().embed(texts),
        memory_ids=ids(len(texts)),
        terms=[[word.strip(".").lower() for word in text.split() if len(word) > 3] for text in texts],
        types=[kind for kind, topic in TOPICS.items() for _ in topic],
    )
    assert [(one.id, one.type, one.size) for one in found] == [(0, "note", 5), (1, "recipe", 4), (2, "incident", 3)]
    assert "price" in found[0].terms
    assert {"bread", "dough"} <= set(found[1].label.split(", "))
    assert {"database", "server"} <= set(found[2].label.split(", "))
    assert {one.int for one in found[2].exemplar_ids} == {9, 10, 11}


def test_separated_groups_are_found_largest_first() -> None:
    assert sizes_of(blobs([5, 30, 2, 12])) == [30, 12, 5, 2]
    assert sizes_of(blobs([5, 30, 2, 12]), limit=2) == [30, 12]


def test_one_dense_group_is_one_topic() -> None:
    noise = np.random.default_rng(3).normal(size=(300, 64))
    assert sizes_of((noise + 1.5).astype(np.float32)) == [300]


def test_what_all_memories_share_hides_no_topic() -> None:
    shared = np.zeros(64)
    shared[-1] = 2
    vectors = blobs([40, 30, 20], dimension=64) + shared
    assert sizes_of(vectors.astype(np.float32)) == [40, 30, 20]


def test_memory_near_no_other_belongs_to_no_topic() -> None:
    vectors = np.vstack([blobs([6]), np.eye(32, dtype=np.float32)[[20, 21]]])
    assert sizes_of(vectors) == [6]


@pytest.mark.parametrize(
    ("vectors", "expected"),
    [
        (np.empty((0, 4)), []),
        ([[1, 0]], []),
        ([[1, 0], [1, 0.1]], [2]),
        ([[1, 0], [0, 1]], []),
        ([[0, 0], [0, 0]], []),
        ([[1, 0]] * 3, [3]),
        ([[2, 0], [5, 0.1], [-1, 0], [-3, 0]], [2, 2]),
    ],
)
def test_few_memories(vectors: list[list[float]], expected: list[int]) -> None:
    assert sizes_of(np.array(vectors, dtype=np.float32)) == expected


def test_fields_of_a_topic() -> None:
    vectors = np.array([[1, 0], [1, 0.2], [1, -0.2], [0, 1], [0.1, 1]], dtype=np.float32)
    found = semantic_clusters(
        vectors,
        memory_ids=ids(5),
        terms=[["churn", "the"], ["churn", "price", "the"], ["price", "churn", "the"], ["the", "bread"], ["bread"]],
        types=["note", "chat", "chat", "note", "chat"],
    )
    assert found == [
        Cluster(0, "churn, price, the", 3, "chat", ("churn", "price", "the"), (UUID(int=0), UUID(int=1), UUID(int=2))),
        Cluster(1, "bread, the", 2, "chat", ("bread", "the"), (UUID(int=3), UUID(int=4))),
    ]


def test_topic_without_terms_is_named_after_its_type() -> None:
    (found,) = semantic_clusters(
        np.ones((2, 3), dtype=np.float32), memory_ids=ids(2), terms=[[], []], types=["note", "note"]
    )
    assert (found.label, found.terms) == ("note", ())


def test_order_of_the_input_does_not_matter() -> None:
    vectors = blobs([9, 7, 5])
    order = np.random.default_rng(1).permutation(21)
    terms = [[f"t{number % 4}"] for number in range(21)]
    kinds = ["a" if number % 3 else "b" for number in range(21)]
    straight = semantic_clusters(vectors, memory_ids=ids(21), terms=terms, types=kinds)
    shuffled = semantic_clusters(
        vectors[order],
        memory_ids=[UUID(int=int(number)) for number in order],
        terms=[terms[number] for number in order],
        types=[kinds[number] for number in order],
    )
    assert shuffled == straight


def test_memories_beyond_the_sample_join_the_nearest_topic(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = np.vstack([blobs([60, 40, 20]), -np.eye(32, dtype=np.float32)[[30, 31]]])
    monkeypatch.setattr(clusters, "GRAPH_MEMORIES", 50)
    assert sizes_of(vectors) == [60, 40, 20]


def test_nearest_neighbours_equal_those_of_a_full_sort() -> None:
    units = clusters._normalised(np.random.default_rng(2).normal(size=(1200, 16)).astype(np.float32))
    neighbours, similarity = clusters._nearest(units, wanted=5)
    cosines = units @ units.T
    np.fill_diagonal(cosines, -np.inf)
    assert np.array_equal(neighbours, np.argsort(-cosines, axis=1, kind="stable")[:, :5])
    np.testing.assert_allclose(similarity, -np.sort(-cosines, axis=1)[:, :5], rtol=1e-5)


def test_peaks_are_joined_when_as_similar_across_as_within() -> None:
    # Pairs with an inner similarity of 0.8; the first two are alike to 0.6 across, three quarters of that.
    sums = 2 * np.array([[0.9**0.5, 0, 0], [0.4**0.5, 0.5**0.5, 0], [0, 0, 0.9**0.5]])
    sizes = np.array([2.0, 2.0, 2.0])
    assert clusters._merge(sums, sizes, baseline=0.0).tolist() == [0, 0, 2]
    assert clusters._merge(sums, sizes, baseline=0.4).tolist() == [0, 1, 2]


def test_lengths_that_differ_are_refused() -> None:
    with pytest.raises(ValueError, match="same memories"):
        semantic_clusters(np.ones((2, 3), dtype=np.float32), memory_ids=ids(2), terms=[[]], types=["a", "a"])


def test_ten_thousand_memories_are_no_burden() -> None:
    noise = np.random.default_rng(5)
    centres = noise.normal(size=(10, 384))
    vectors = (centres[np.arange(10_000) % 10] + noise.normal(size=(10_000, 384))).astype(np.float32)
    with ends():
        assert sizes_of(vectors) == [1000] * 10
