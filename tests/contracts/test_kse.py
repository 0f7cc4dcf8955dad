"""The SDK's interfaces on PostgreSQL: complete, bound to one organisation, and refusing what has no place here."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.utils import timezone

from apps.accounts.models import Organization
from apps.billing.models import UsageEvent
from apps.core.tenancy.scope import no_scope, organization_scope
from apps.memory.adapters.embedding import default_embedder
from apps.memory.kse.bound import OrganizationBound
from apps.memory.kse.cache import OrganizationCache
from apps.memory.kse.concepts import PostgresConceptStore, ProjectionConceptualService
from apps.memory.kse.contract import kse_contract
from apps.memory.kse.embeddings import OnnxEmbeddingService
from apps.memory.kse.graph import PostgresGraphStore
from apps.memory.kse.search import MemorySearchService
from apps.memory.kse.vectors import PostgresVectorStore
from apps.memory.models import Chunk, Memory
from apps.memory.services.memories import memory_store, memory_trash
from apps.memory.types import StoreItem

IMPLEMENTATIONS: dict[str, type[Any]] = {
    "VectorStoreInterface": PostgresVectorStore,
    "GraphStoreInterface": PostgresGraphStore,
    "ConceptStoreInterface": PostgresConceptStore,
    "ConceptualServiceInterface": ProjectionConceptualService,
    "EmbeddingServiceInterface": OnnxEmbeddingService,
    "SearchServiceInterface": MemorySearchService,
    "CacheInterface": OrganizationCache,
}
TEXTS = {
    "pricing": "EXP-117: Priya Raman tested a discount on the annual plan.",
    "sequel": "EXP-131 repeats EXP-117 in France.",
    "parcels": "Parcels to Sweden arrive late; Wim de Groot looks into it.",
}


@dataclass(frozen=True)
class Tenant:
    """An organisation with the texts above; ids of memories and of their passages by name."""

    id: UUID
    memories: dict[str, str]
    chunks: dict[str, str]


def _fill(organization: Organization, prefix: str) -> Tenant:
    memories, chunks = {}, {}
    with organization_scope(organization.id):
        for name, text in TEXTS.items():
            item = StoreItem(content=f"{prefix} {text}", memory_type=name, metadata={"prefix": prefix})
            stored = memory_store(organization_id=organization.id, item=item, user_id=None, now=timezone.now())
            memories[name] = str(stored.memory_id)
            chunks[name] = str(Chunk.objects.get(memory_id=stored.memory_id).id)
    return Tenant(organization.id, memories, chunks)


@pytest.fixture
def ours(acme: Organization) -> Tenant:
    return _fill(acme, "Ours:")


@pytest.fixture
def theirs(globex: Organization) -> Tenant:
    return _fill(globex, "Theirs:")


def call(method: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Await a method from outside every scope, as a program that knows only the SDK would."""
    with no_scope():
        return async_to_sync(method)(*arguments, **named)


def vector_of(text: str) -> list[float]:
    return [float(one) for one in default_embedder().embed([text])[0]]


def refusal(error: str) -> type[Exception]:
    kind: type[Exception] = kse_contract().exception(error)
    return kind


@pytest.mark.parametrize("name", IMPLEMENTATIONS)
def test_every_abstract_method_is_there_with_the_same_parameters(name: str) -> None:
    interface, ours = kse_contract().interface(name), IMPLEMENTATIONS[name]
    assert issubclass(ours, interface)
    for method in sorted(interface.__abstractmethods__):
        implementation = getattr(ours, method)
        assert inspect.iscoroutinefunction(implementation), method
        wanted = list(inspect.signature(getattr(interface, method)).parameters)
        assert list(inspect.signature(implementation).parameters) == wanted, method


def test_work_runs_on_the_connection_of_the_test(acme: Organization) -> None:
    mine = connection.connection

    async def same() -> bool:
        return await OrganizationBound(acme.id)._run(lambda: connection.cursor().db.connection is mine)

    connection.ensure_connection()
    mine = connection.connection
    assert call(same) is True


def test_connecting_needs_nothing(acme: Organization) -> None:
    store = PostgresVectorStore(acme.id)
    assert call(store.connect) is True
    assert call(store.disconnect) is True


def test_vectors_are_found_nearest_first(ours: Tenant, theirs: Tenant) -> None:
    found = call(PostgresVectorStore(ours.id).search_vectors, vector_of("annual discount"), top_k=10)
    assert found[0][0] == ours.chunks["pricing"]
    assert {row[0] for row in found} == set(ours.chunks.values())
    scores = [row[1] for row in found]
    assert scores == sorted(scores, reverse=True)
    assert found[0][2]["memory_id"] == ours.memories["pricing"]
    assert found[0][2]["metadata"] == {"prefix": "Ours:"}


def test_filters_apply_before_the_list_is_cut(ours: Tenant) -> None:
    store = PostgresVectorStore(ours.id)
    far = call(store.search_vectors, vector_of("annual discount"), top_k=1, filters={"memory_type": "parcels"})
    assert [row[0] for row in far] == [ours.chunks["parcels"]]
    for filters in ({"organization_id": "x"}, {"metadata.a": {"like": "x"}}):
        with pytest.raises(refusal("VectorStoreError")):
            call(store.search_vectors, vector_of("x"), filters=filters)


@pytest.mark.parametrize("vector", [[0.1] * 3, [float("nan")] * 384, []])
def test_vectors_of_another_kind_are_refused(vector: list[float], ours: Tenant) -> None:
    store = PostgresVectorStore(ours.id)
    with pytest.raises(refusal("VectorStoreError")):
        call(store.search_vectors, vector)
    with pytest.raises(refusal("VectorStoreError")):
        call(store.upsert_vectors, [(ours.chunks["pricing"], vector, {})])


def test_replacing_a_vector_moves_the_passage(ours: Tenant) -> None:
    store = PostgresVectorStore(ours.id)
    moved = vector_of("a completely different subject: penguins")
    assert call(store.upsert_vectors, [(ours.chunks["pricing"], moved, {})]) is True
    assert call(store.search_vectors, moved, top_k=1)[0][0] == ours.chunks["pricing"]
    stored, metadata = call(store.get_vector, ours.chunks["pricing"])
    assert np.allclose(stored, moved, atol=1e-3)
    assert metadata["memory_type"] == "pricing"


def test_what_cannot_be_replaced_changes_nothing(ours: Tenant, theirs: Tenant) -> None:
    store = PostgresVectorStore(ours.id)
    before = call(store.get_vector, ours.chunks["pricing"])
    new = vector_of("penguins")
    for bad in (str(uuid4()), theirs.chunks["pricing"], "no id"):
        with pytest.raises(refusal("VectorStoreError")):
            call(store.upsert_vectors, [(ours.chunks["pricing"], new, {}), (bad, new, {})])
    with pytest.raises(refusal("VectorStoreError")):
        call(store.upsert_vectors, [(ours.chunks["pricing"], new, {"a": 1})])
    assert call(store.get_vector, ours.chunks["pricing"]) == before


def test_another_organisations_vectors_are_unknown(ours: Tenant, theirs: Tenant) -> None:
    store = PostgresVectorStore(ours.id)
    assert call(store.get_vector, theirs.chunks["pricing"]) is None
    assert call(store.delete_vectors, [theirs.chunks["pricing"]]) is False
    assert call(PostgresVectorStore(theirs.id).get_vector, theirs.chunks["pricing"]) is not None


def test_deleted_vectors_and_trashed_memories_are_not_found(ours: Tenant) -> None:
    store = PostgresVectorStore(ours.id)
    assert call(store.delete_vectors, [ours.chunks["sequel"]]) is True
    with organization_scope(ours.id):
        memory_trash(organization_id=ours.id, memory_id=UUID(ours.memories["pricing"]), now=timezone.now())
    found = [row[0] for row in call(store.search_vectors, vector_of("discount"))]
    assert found == [ours.chunks["parcels"]]
    assert call(store.get_vector, ours.chunks["pricing"]) is None


@pytest.mark.parametrize(
    ("store", "method", "arguments", "error"),
    [
        (PostgresVectorStore, "create_index", (384,), "VectorStoreError"),
        (PostgresVectorStore, "delete_index", (), "VectorStoreError"),
        (PostgresGraphStore, "execute_query", ("MATCH (n) RETURN n",), "GraphStoreError"),
        (PostgresConceptStore, "delete_conceptual_dimensions", ("x",), "ConceptStoreError"),
        (OrganizationCache, "clear", (), "CacheError"),
    ],
)
def test_operations_without_a_place_here_say_so(
    store: type[Any], method: str, arguments: tuple[Any, ...], error: str, ours: Tenant
) -> None:
    with pytest.raises(refusal(error)) as caught:
        call(getattr(store(ours.id), method), *arguments)
    assert len(str(caught.value)) > 10


def test_nodes_live_and_die(ours: Tenant, theirs: Tenant) -> None:
    graph = PostgresGraphStore(ours.id)
    assert call(graph.create_node, "Harbor Checkout", ["product"], {"owner": "Priya"}) is True
    assert call(graph.create_node, "harbor  CHECKOUT", ["product"], {}) is False
    expected = {
        "id": "harbor checkout",
        "labels": ["product"],
        "properties": {"owner": "Priya", "name": "Harbor Checkout"},
    }
    assert call(graph.get_node, "HARBOR checkout") == expected
    assert call(PostgresGraphStore(theirs.id).get_node, "Harbor Checkout") is None
    assert call(graph.update_node, "Harbor Checkout", {"owner": "Lena"}) is True
    assert call(graph.get_node, "Harbor Checkout")["properties"]["owner"] == "Lena"
    assert call(graph.delete_node, "Harbor Checkout") is True
    assert call(graph.delete_node, "Harbor Checkout") is False
    assert call(graph.update_node, "Harbor Checkout", {}) is False


def test_relations_and_common_memories_make_neighbours(ours: Tenant) -> None:
    graph = PostgresGraphStore(ours.id)
    call(graph.create_relationship, "Priya Raman", "Sweden", "lives_in", {"since": 2020})
    neighbours = {row["id"]: row["relationship_types"] for row in call(graph.get_neighbors, "Priya Raman")}
    assert neighbours == {"exp-117": ["mentioned_with"], "sweden": ["lives_in"]}
    assert [row["id"] for row in call(graph.get_neighbors, "Sweden", ["lives_in"])] == ["priya raman"]
    assert call(graph.get_neighbors, "nobody") == []
    assert call(graph.delete_relationship, "Priya Raman", "Sweden", "lives_in") is True
    assert call(graph.delete_relationship, "Priya Raman", "Sweden", "lives_in") is False


def test_relations_that_cannot_be_stated(ours: Tenant, theirs: Tenant) -> None:
    call(PostgresGraphStore(theirs.id).create_node, "Only Theirs", ["name"], {})
    graph = PostgresGraphStore(ours.id)
    for source, target, kind in (
        ("Priya Raman", "Only Theirs", "knows"),
        ("nobody", "Priya Raman", "knows"),
        ("Priya Raman", "Sweden", "mentioned_with"),
        ("Priya Raman", "Sweden", ""),
        ("", "Sweden", "knows"),
    ):
        with pytest.raises(refusal("GraphStoreError")):
            call(graph.create_relationship, source, target, kind)


def test_paths_are_shortest_and_bounded(ours: Tenant, theirs: Tenant) -> None:
    graph = PostgresGraphStore(ours.id)
    path = [node["id"] for node in call(graph.find_path, "Priya Raman", "France")]
    assert path == ["priya raman", "exp-117", "france"]
    assert call(graph.find_path, "Priya Raman", "France", 1) is None
    assert call(graph.find_path, "Priya Raman", "Sweden", 6) is None
    assert [node["id"] for node in call(graph.find_path, "France", "France")] == ["france"]
    assert call(graph.find_path, "Priya Raman", "nobody") is None
    for depth in (0, 7):
        with pytest.raises(refusal("GraphStoreError")):
            call(graph.find_path, "Priya Raman", "France", depth)


def test_trashed_memories_connect_nothing(ours: Tenant) -> None:
    with organization_scope(ours.id):
        memory_trash(organization_id=ours.id, memory_id=UUID(ours.memories["sequel"]), now=timezone.now())
    assert call(PostgresGraphStore(ours.id).find_path, "Priya Raman", "France") is None


def test_coordinates_are_read_replaced_and_compared(ours: Tenant, theirs: Tenant) -> None:
    store = PostgresConceptStore(ours.id)
    space = call(store.get_conceptual_dimensions, ours.memories["pricing"])
    assert space.domain == "general"
    assert len(space.dimensions) == 8
    space.dimensions = dict.fromkeys(space.dimensions, 0.25)
    assert call(store.store_conceptual_dimensions, ours.memories["pricing"], space) is True
    assert call(store.get_conceptual_dimensions, ours.memories["pricing"]).dimensions == space.dimensions
    similar = call(store.find_similar_concepts, space, threshold=0.0)
    assert similar[0] == (ours.memories["pricing"], 1.0)
    assert {row[0] for row in similar} == set(ours.memories.values())
    assert call(store.find_similar_concepts, space, threshold=1.0) == [(ours.memories["pricing"], 1.0)]


def test_another_organisations_coordinates_are_unknown(ours: Tenant, theirs: Tenant) -> None:
    store = PostgresConceptStore(ours.id)
    space = call(store.get_conceptual_dimensions, ours.memories["pricing"])
    assert call(store.get_conceptual_dimensions, theirs.memories["pricing"]) is None
    assert call(store.store_conceptual_dimensions, theirs.memories["pricing"], space) is False


def test_coordinates_outside_the_space_are_refused(ours: Tenant) -> None:
    store = PostgresConceptStore(ours.id)
    space = call(store.get_conceptual_dimensions, ours.memories["pricing"])
    for changes in ({"elegance": 0.5}, {"urgency": 1.5}, {"urgency": "high"}):
        bad = kse_contract().model("ConceptualSpace")(dimensions={**space.dimensions, **changes})
        with pytest.raises(refusal("ConceptStoreError")):
            call(store.store_conceptual_dimensions, ours.memories["pricing"], bad)


def test_statistics_are_those_of_the_live_memories(ours: Tenant) -> None:
    store = PostgresConceptStore(ours.id)
    values = [
        call(store.get_conceptual_dimensions, memory_id).dimensions["urgency"] for memory_id in ours.memories.values()
    ]
    statistics = call(store.get_dimension_statistics)["urgency"]
    assert statistics["count"] == 3
    assert statistics["min"] == pytest.approx(min(values))
    assert statistics["max"] == pytest.approx(max(values))
    assert statistics["mean"] == pytest.approx(np.mean(values), abs=1e-6)
    assert statistics["std"] == pytest.approx(np.std(values), abs=1e-6)


def test_entities_get_coordinates_and_words_for_them(ours: Tenant) -> None:
    service = ProjectionConceptualService(ours.id)
    entity = kse_contract().model("Entity")(title="Outage", description="Everything is down, act at once!")
    calm = kse_contract().model("Entity")(title="Lunch", description="We might have soup some day.")
    first, second = call(service.compute_batch_dimensions, [entity, calm])
    assert call(service.compute_dimensions, entity).dimensions == pytest.approx(first.dimensions, abs=1e-6)
    assert first.dimensions["urgency"] > second.dimensions["urgency"]
    assert call(service.explain_dimensions, entity, first).startswith("Outage stands ")
    assert call(service.compute_batch_dimensions, []) == []


def test_texts_are_embedded_and_images_refused(db: None) -> None:
    service = OnnxEmbeddingService()
    one, two = call(service.generate_batch_text_embeddings, ["a", "b"])
    assert (one.dimension, one.model) == (384, default_embedder().name)
    assert one.created_at.tzinfo is not None
    assert call(service.generate_text_embedding, "a").vector == one.vector
    assert one.vector != two.vector
    for method in (service.generate_image_embedding, service.generate_batch_image_embeddings):
        with pytest.raises(refusal("EmbeddingError")):
            call(method, ["x"])


def test_searching_by_the_sdks_words(ours: Tenant, theirs: Tenant) -> None:
    service, contract = MemorySearchService(ours.id), kse_contract()
    result = call(service.semantic_search, "annual discount")[0]
    assert result.entity.id == ours.memories["pricing"]
    assert result.entity.title == f"Ours: {TEXTS['pricing']}"
    assert result.entity.created_at.tzinfo is not None
    assert result.embedding_similarity is not None
    assert result.knowledge_graph_similarity is None
    assert call(service.knowledge_graph_search, "Wim de Groot")[0].entity.id == ours.memories["parcels"]
    query = contract.model("SearchQuery")(query="discount", limit=1, offset=1, filters={"metadata.prefix": "Ours:"})
    every = call(service.search, contract.model("SearchQuery")(query="discount"))
    assert [row.entity.id for row in call(service.hybrid_search, query)] == [every[1].entity.id]
    assert {row.entity.id for row in every} <= set(ours.memories.values())


def test_searching_near_a_place_in_the_space(ours: Tenant, theirs: Tenant) -> None:
    place = call(PostgresConceptStore(ours.id).get_conceptual_dimensions, ours.memories["parcels"])
    results = call(MemorySearchService(ours.id).conceptual_search, place, limit=2)
    assert results[0].entity.id == ours.memories["parcels"]
    assert (len(results), results[0].score, results[0].conceptual_similarity) == (2, 1.0, 1.0)
    assert UsageEvent.objects.filter(organization_id=ours.id, source="memory.search.conceptual").count() == 1


def test_switching_a_part_of_a_hybrid_search_off(ours: Tenant) -> None:
    query = kse_contract().model("SearchQuery")(query="discount", include_embeddings=False)
    assert all(row.embedding_similarity is None for row in call(MemorySearchService(ours.id).search, query))


@pytest.mark.parametrize(
    "fields",
    [
        {"query": ""},
        {"query": "x" * 2001},
        {"limit": 0},
        {"limit": 101},
        {"offset": -1},
        {"offset": 95, "limit": 10},
        {"filters": {"brand": "x"}},
        {"conceptual_weights": {"urgency": 1.0}},
    ],
)
def test_questions_that_cannot_be_asked(fields: dict[str, Any], ours: Tenant) -> None:
    query = kse_contract().model("SearchQuery")(**{"query": "x", **fields})
    with pytest.raises(refusal("SearchError")):
        call(MemorySearchService(ours.id).search, query)


@pytest.mark.usefixtures("flush_redis")
def test_caches_of_two_organisations_are_apart(acme: Organization, globex: Organization) -> None:
    ours, theirs = OrganizationCache(acme.id), OrganizationCache(globex.id)
    assert call(ours.set, "k", {"a": 1}, ttl=60) is True
    assert call(ours.get, "k") == {"a": 1}
    assert call(theirs.get, "k") is None
    assert call(theirs.exists, "k") is False
    assert call(theirs.delete, "k") is False
    assert call(ours.exists, "k") is True
    assert call(ours.delete, "k") is True
    assert call(ours.get, "k") is None


def test_what_is_handed_out_is_a_copy(ours: Tenant) -> None:
    _, metadata = call(PostgresVectorStore(ours.id).get_vector, ours.chunks["pricing"])
    metadata["metadata"]["prefix"] = "changed"
    with organization_scope(ours.id):
        assert Memory.objects.get(id=ours.memories["pricing"]).metadata == {"prefix": "Ours:"}
