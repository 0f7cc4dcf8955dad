from datetime import UTC
from typing import Any

import pytest

from apps.accounts.models import Organization
from apps.billing.exceptions import QuotaExceeded
from apps.billing.models import UsageEvent
from apps.core.tenancy.scope import organization_scope
from apps.memory.adapters.kse import ConceptStore, SearchService
from apps.memory.engine.fusion import UNITS
from apps.memory.engine.reader import EVERYTHING
from apps.memory.engine.types import SearchType
from apps.memory.services import search as search_module
from apps.memory.services.search import memory_search
from apps.memory.types import SearchQuery
from tests.contracts.kse import MOMENT, call, error, expire, model, remember, trash

HARBOR = "Harbor Checkout fails when a voucher is used twice.\nSeen by Mira Castellan."
PICNIC = "The summer picnic moves to the lake on Friday."


def query(text: str = "voucher problems at Harbor Checkout", search_type: str = "hybrid", **named: Any) -> Any:
    return model("SearchQuery")(query=text, search_type=model("SearchType")(search_type), **named)


def ids(results: list[Any]) -> list[str]:
    return [one.entity.id for one in results]


@pytest.fixture
def service(acme: Organization) -> SearchService:
    return SearchService(acme.id)


def test_results_are_the_sdks_with_the_memory_as_entity(acme: Organization, service: SearchService) -> None:
    memory_id = remember(
        acme, HARBOR, memory_type="incident", metadata={"team": ["payments"]}, source="pager", occurred_at=MOMENT
    )
    remember(acme, PICNIC)
    found = call(service.search, query())
    best = found[0]
    assert isinstance(best, model("SearchResult"))
    assert isinstance(best.entity, model("Entity"))
    assert (best.entity.id, best.entity.entity_type, best.entity.source) == (str(memory_id), "incident", "pager")
    assert best.entity.title == "Harbor Checkout fails when a voucher is used twice."
    assert best.entity.description == HARBOR
    assert best.entity.metadata == {"team": ["payments"]}
    assert best.entity.created_at.tzinfo is UTC
    assert best.entity.updated_at == best.entity.created_at
    place = call(ConceptStore(acme.id).get_conceptual_dimensions, str(memory_id))
    assert best.entity.conceptual_space == place
    assert found[1].entity.source is None


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("semantic", SearchType.NEURAL),
        ("conceptual", SearchType.CONCEPTUAL),
        ("knowledge_graph", SearchType.KNOWLEDGE),
        ("hybrid", SearchType.HYBRID),
    ],
)
def test_each_type_is_ours_with_its_scores(
    acme: Organization, service: SearchService, theirs: str, ours: SearchType
) -> None:
    remember(acme, HARBOR)
    remember(acme, PICNIC)
    asked = query(search_type=theirs)
    found = call(service.search, asked)
    with organization_scope(acme.id):
        expected = memory_search(
            reader=EVERYTHING,
            organization_id=acme.id,
            query=SearchQuery(text=asked.query, search_type=ours),
            now=MOMENT,
        ).results
    assert [(one.entity.id, one.score, one.explanation) for one in found] == [
        (str(one.memory.id), one.hit.score_units / UNITS, one.explanation) for one in expected
    ]
    shares = {"semantic": "embedding", "conceptual": "conceptual", "knowledge_graph": "knowledge_graph"}
    seen = [channel for channel in shares.values() if getattr(found[0], f"{channel}_similarity") is not None]
    assert seen == ([shares[theirs]] if theirs in shares else list(shares.values()))


def test_named_searches_are_searches_of_their_type(acme: Organization, service: SearchService) -> None:
    remember(acme, HARBOR)
    remember(acme, PICNIC)
    text = query().query
    assert call(service.semantic_search, text) == call(service.search, query(search_type="semantic"))
    assert call(service.knowledge_graph_search, text, 1) == call(
        service.search, query(search_type="knowledge_graph", limit=1)
    )
    assert call(service.hybrid_search, query(search_type="semantic")) == call(service.search, query())
    assert len(call(service.semantic_search, text, 1)) == 1


def test_search_near_a_place_scores_as_a_conceptual_search(acme: Organization, service: SearchService) -> None:
    harbor, picnic = (str(remember(acme, text)) for text in (HARBOR, PICNIC))
    place = call(ConceptStore(acme.id).get_conceptual_dimensions, picnic)
    best, other = call(service.conceptual_search, place)
    assert (best.entity.id, other.entity.id) == (picnic, harbor)
    assert best.score == pytest.approx(1.0, abs=1e-4)
    assert best.conceptual_similarity == pytest.approx(1.0, abs=1e-5)
    assert (best.embedding_similarity, best.knowledge_graph_similarity, best.explanation) == (None, None, None)
    assert ids(call(service.conceptual_search, place, 1)) == [picnic]
    with pytest.raises(error("SearchError"), match="'luxury' is unknown"):
        call(service.conceptual_search, model("ConceptualSpace")(dimensions={"luxury": 1.0}))


def test_channels_can_be_turned_off(acme: Organization, service: SearchService) -> None:
    remember(acme, HARBOR)
    off: dict[str, Any] = {"include_embeddings": False, "include_conceptual": False, "include_knowledge_graph": False}
    (words,) = call(service.search, query(**off))
    assert (words.embedding_similarity, words.conceptual_similarity, words.knowledge_graph_similarity) == (
        None, None, None,
    )  # fmt: skip
    (some,) = call(service.search, query(include_embeddings=False))
    assert some.embedding_similarity is None
    assert some.conceptual_similarity is not None
    # A search of one channel keeps it.
    assert call(service.search, query(search_type="semantic", **off))


def test_filters_apply_before_the_limit(acme: Organization, service: SearchService) -> None:
    for number in range(3):
        remember(acme, f"{HARBOR} Seen {number} times.")
    picnic = remember(acme, PICNIC, metadata={"place": "lake"})
    for search_type in ("semantic", "conceptual", "hybrid"):
        asked = query(search_type=search_type, limit=1, filters={"metadata.place": "lake"})
        assert ids(call(service.search, asked)) == [str(picnic)]
    for filters in ({"organization_id": "x"}, {"memory_type": {"like": "x"}}, "memory_type"):
        with pytest.raises(error("SearchError"), match="filter was not understood"):
            call(service.search, query(filters=filters))


def test_pages_follow_each_other(acme: Organization, service: SearchService) -> None:
    for number in range(5):
        remember(acme, f"{HARBOR} Seen {number} times.")
    everything = ids(call(service.search, query(limit=5)))
    pages = [ids(call(service.search, query(limit=2, offset=offset))) for offset in (0, 2, 4)]
    assert [one for page in pages for one in page] == everything
    assert [len(page) for page in pages] == [2, 2, 1]


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"text": ""}, "a query is text"),
        ({"text": " \n"}, "a query is text"),
        ({"text": "x" * 2_001}, "a query is text"),
        ({"text": "nul\x00"}, "a query is text"),
        ({"text": None}, "a query is text"),
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
        ({"limit": True}, "limit"),
        ({"offset": -1}, "offset"),
        ({"limit": 60, "offset": 60}, "at most 100"),
        ({"conceptual_weights": {"urgency": 2.0}}, "conceptual_weights"),
    ],
)
def test_questions_that_are_not_understood_are_refused_unmetered(
    acme: Organization, service: SearchService, named: Any, message: str
) -> None:
    with pytest.raises(error("SearchError"), match=message):
        call(service.search, query(**named))
    assert not UsageEvent.objects.filter(organization_id=acme.id, meter="memory_searches").exists()


def test_other_types_are_refused(service: SearchService) -> None:
    for method in (service.search, service.hybrid_search):
        with pytest.raises(error("SearchError"), match="a query is a SearchQuery"):
            call(method, "voucher")
    with pytest.raises(error("SearchError"), match="search_type is a SearchType"):
        call(service.search, model("SearchQuery")(query="voucher", search_type="semantic"))


def test_every_search_is_metered_and_a_used_up_quota_refuses(
    acme: Organization, service: SearchService, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory_id = str(remember(acme, HARBOR))
    place = call(ConceptStore(acme.id).get_conceptual_dimensions, memory_id)
    call(service.search, query())
    call(service.semantic_search, "voucher")
    call(service.conceptual_search, place)
    counted = UsageEvent.objects.filter(organization_id=acme.id, source="memory.search")
    assert sorted(counted.values_list("operation", flat=True)) == [
        "search.conceptual", "search.hybrid", "search.neural",
    ]  # fmt: skip

    def refuse(**_: object) -> None:
        raise QuotaExceeded("All searches of the day are used.")

    monkeypatch.setattr(search_module, "quota_use", refuse)
    for method, argument in ((service.search, query()), (service.conceptual_search, place)):
        with pytest.raises(error("SearchError"), match="All searches of the day are used"):
            call(method, argument)


@pytest.mark.parametrize("hide", [trash, expire])
def test_hidden_memories_are_not_found(acme: Organization, service: SearchService, hide: Any) -> None:
    memory_id = remember(acme, HARBOR)
    place = call(ConceptStore(acme.id).get_conceptual_dimensions, str(memory_id))
    hide(acme, memory_id)
    for search_type in ("semantic", "conceptual", "knowledge_graph", "hybrid"):
        assert call(service.search, query(search_type=search_type)) == []
    assert call(service.conceptual_search, place) == []


def test_nothing_of_another_organisation_is_found(
    acme: Organization, globex: Organization, service: SearchService
) -> None:
    theirs = str(remember(globex, HARBOR, metadata={"secret": True}))
    place = call(ConceptStore(globex.id).get_conceptual_dimensions, theirs)
    for search_type in ("semantic", "conceptual", "knowledge_graph", "hybrid"):
        assert call(service.search, query(search_type=search_type)) == []
        assert ids(call(SearchService(globex.id).search, query(search_type=search_type))) == [theirs]
    assert call(service.search, query(filters={"metadata.secret": True})) == []
    assert call(service.conceptual_search, place) == []
