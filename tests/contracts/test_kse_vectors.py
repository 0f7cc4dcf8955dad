from typing import Any

import numpy as np
import pytest

from apps.accounts.models import Organization
from apps.core.tenancy.scope import organization_scope
from apps.memory.adapters.embedding import default_embedder
from apps.memory.adapters.kse import VectorStore
from apps.memory.models import Memory, MemoryContext
from tests.contracts.kse import UNKNOWN, call, chunk_ids, error, expire, remember, trash

HARBOR = "The harbor checkout fails when a voucher is used twice."
PICNIC = "The summer picnic moves to the lake on Friday."
LONG = "\n\n".join(f"Passage {number}: {HARBOR} {PICNIC}" * 8 for number in range(4))


def vector_of(text: str) -> list[float]:
    values: list[float] = default_embedder().embed_query(text).tolist()
    return values


@pytest.fixture
def store(acme: Organization) -> VectorStore:
    return VectorStore(acme.id)


def test_search_finds_the_nearest_passages_with_the_memorys_metadata(acme: Organization, store: VectorStore) -> None:
    harbor = remember(acme, HARBOR, memory_type="incident", metadata={"team": {"name": "payments"}})
    picnic = remember(acme, PICNIC)
    found = call(store.search_vectors, vector_of(HARBOR))
    assert [one[0] for one in found] == [*chunk_ids(acme, harbor), *chunk_ids(acme, picnic)]
    assert found[0][1] == pytest.approx(1.0, abs=1e-3)
    assert found[0][2] == {
        "memory_id": str(harbor), "memory_type": "incident", "metadata": {"team": {"name": "payments"}},
    }  # fmt: skip
    assert [one[0] for one in call(store.search_vectors, vector_of(HARBOR), 1)] == chunk_ids(acme, harbor)


def test_filters_apply_before_the_limit(acme: Organization, store: VectorStore) -> None:
    for number in range(5):
        remember(acme, f"{HARBOR} Seen {number} times.")
    picnic = remember(acme, PICNIC, memory_type="event", metadata={"place": "lake"})
    for filters in ({"memory_type": "event"}, {"metadata.place": "lake"}, {"NOT": {"memory_type": "general"}}):
        assert [one[0] for one in call(store.search_vectors, vector_of(HARBOR), 1, filters)] == chunk_ids(acme, picnic)
    assert call(store.search_vectors, vector_of(HARBOR), 5, {"memory_type": "nothing"}) == []
    assert len(call(store.search_vectors, vector_of(HARBOR), 10, {})) == 6


@pytest.mark.parametrize(
    "filters",
    [{"organization_id": "x"}, {"memory_type": {"like": "x"}}, {"deleted_at": None}, [], "memory_type", {"AND": []}],
)
def test_filters_that_are_not_understood_are_refused(acme: Organization, store: VectorStore, filters: Any) -> None:
    remember(acme, HARBOR)
    with pytest.raises(error("VectorStoreError"), match="filter was not understood"):
        call(store.search_vectors, vector_of(HARBOR), 10, filters)


@pytest.mark.parametrize("hide", [trash, expire])
def test_hidden_memories_have_no_vectors(acme: Organization, store: VectorStore, hide: Any) -> None:
    memory_id = remember(acme, HARBOR)
    (chunk_id,) = chunk_ids(acme, memory_id)
    hide(acme, memory_id)
    assert call(store.search_vectors, vector_of(HARBOR)) == []
    assert call(store.get_vector, chunk_id) is None
    assert call(store.delete_vectors, [chunk_id]) is False
    with pytest.raises(error("VectorStoreError"), match="belongs to no vector"):
        call(store.upsert_vectors, [(chunk_id, vector_of(PICNIC), {})])


def test_upsert_replaces_the_embedding_at_unit_length(acme: Organization, store: VectorStore) -> None:
    (chunk_id,) = chunk_ids(acme, remember(acme, HARBOR, metadata={"a": 1}))
    _, metadata = call(store.get_vector, chunk_id)
    doubled = [2 * value for value in vector_of(PICNIC)]
    assert call(store.upsert_vectors, [(chunk_id, doubled, metadata)]) is True
    vector, unchanged = call(store.get_vector, chunk_id)
    assert np.allclose(vector, vector_of(PICNIC), atol=1e-3)
    assert unchanged == metadata
    assert call(store.search_vectors, vector_of(PICNIC))[0][1] == pytest.approx(1.0, abs=1e-3)


def test_upsert_is_all_or_nothing(acme: Organization, store: VectorStore) -> None:
    (chunk_id,) = chunk_ids(acme, remember(acme, HARBOR))
    before = call(store.get_vector, chunk_id)
    for unknown in (UNKNOWN, "not an id", 7):
        with pytest.raises(error("VectorStoreError"), match="belongs to no vector"):
            call(store.upsert_vectors, [(chunk_id, vector_of(PICNIC), {}), (unknown, vector_of(PICNIC), {})])
    with pytest.raises(error("VectorStoreError"), match="metadata belongs to the memory"):
        call(store.upsert_vectors, [(chunk_id, vector_of(PICNIC), {"memory_type": "other"})])
    assert call(store.get_vector, chunk_id) == before


@pytest.mark.parametrize(
    "vector", [[], [1.0], [0.0] * 384, [float("nan")] * 384, [float("inf")] * 384, ["x"] * 384, None, [[1.0] * 384]]
)
def test_vectors_that_cannot_be_compared_are_refused(acme: Organization, store: VectorStore, vector: Any) -> None:
    (chunk_id,) = chunk_ids(acme, remember(acme, HARBOR))
    with pytest.raises(error("VectorStoreError"), match="a vector"):
        call(store.search_vectors, vector)
    with pytest.raises(error("VectorStoreError"), match="a vector"):
        call(store.upsert_vectors, [(chunk_id, vector, {})])


@pytest.mark.parametrize("top_k", [0, -1, 1_001, 1.5, True, None])
def test_top_k_is_bounded(store: VectorStore, top_k: Any) -> None:
    with pytest.raises(error("VectorStoreError"), match="top_k"):
        call(store.search_vectors, vector_of(HARBOR), top_k)


def test_delete_leaves_every_memory_a_passage(acme: Organization, store: VectorStore) -> None:
    chunks = chunk_ids(acme, memory_id := remember(acme, LONG))
    assert len(chunks) > 1
    with pytest.raises(error("VectorStoreError"), match="delete the memory instead"):
        call(store.delete_vectors, chunks)
    assert chunk_ids(acme, memory_id) == chunks
    assert call(store.delete_vectors, [*chunks[1:], UNKNOWN]) is True
    assert chunk_ids(acme, memory_id) == chunks[:1]
    assert call(store.delete_vectors, chunks[1:]) is False
    assert call(store.delete_vectors, []) is False


def test_nothing_of_another_organisation_is_seen_or_changed(
    acme: Organization, globex: Organization, store: VectorStore
) -> None:
    theirs = remember(globex, LONG, metadata={"secret": True})
    chunks = chunk_ids(globex, theirs)
    before = [call(VectorStore(globex.id).get_vector, one) for one in chunks]
    assert call(store.search_vectors, vector_of(HARBOR)) == []
    assert call(store.search_vectors, vector_of(HARBOR), 10, {"metadata.secret": True}) == []
    assert [call(store.get_vector, one) for one in chunks] == [None] * len(chunks)
    assert call(store.delete_vectors, chunks[1:]) is False
    with pytest.raises(error("VectorStoreError"), match="belongs to no vector"):
        call(store.upsert_vectors, [(chunks[0], vector_of(PICNIC), {})])
    assert [call(VectorStore(globex.id).get_vector, one) for one in chunks] == before
    assert None not in before


def test_indexes_are_not_made_or_dropped(store: VectorStore) -> None:
    with pytest.raises(error("VectorStoreError"), match="belong to the migrations"):
        call(store.create_index, 384)
    with pytest.raises(error("VectorStoreError"), match="belong to the migrations"):
        call(store.delete_index)


def test_writing_is_a_change_of_the_memory(acme: Organization, store: VectorStore) -> None:
    memory_id, other = remember(acme, LONG), remember(acme, PICNIC)
    ids = chunk_ids(acme, memory_id)
    call(store.upsert_vectors, [(ids[0], vector_of(PICNIC), {})])
    call(store.delete_vectors, ids[1:2])
    with pytest.raises(error("VectorStoreError")):
        call(store.upsert_vectors, [(UNKNOWN, vector_of(PICNIC), {})])
    with organization_scope(acme.id):
        assert MemoryContext.objects.get().change == 4
        assert (Memory.objects.get(id=memory_id).change, Memory.objects.get(id=other).change) == (4, 2)
