"""The SDK's search service over ours. A search is metered, whoever asks for it."""

from typing import Any

from django.utils import timezone

from apps.memory.engine.filters import FilterError, parse_filter
from apps.memory.engine.fusion import UNITS
from apps.memory.engine.types import Channel, SearchType
from apps.memory.kse.bound import OrganizationBound
from apps.memory.kse.concepts import PostgresConceptStore
from apps.memory.kse.contract import kse_contract
from apps.memory.models import Memory
from apps.memory.services.search import memory_search, search_meter
from apps.memory.types import MAX_QUERY, SearchQuery, SearchResult

MAX_LIMIT = 100
_TITLE_LENGTH = 80
_TYPES = {
    "semantic": SearchType.NEURAL,
    "conceptual": SearchType.CONCEPTUAL,
    "knowledge_graph": SearchType.KNOWLEDGE,
    "hybrid": SearchType.HYBRID,
}
# The SDK's switches for parts of a hybrid search, and the channels behind them.
_SWITCHES = {
    "include_conceptual": Channel.CONCEPTUAL,
    "include_embeddings": Channel.NEURAL,
    "include_knowledge_graph": Channel.KNOWLEDGE,
}


class MemorySearchService(OrganizationBound):
    async def search(self, query: Any) -> list[Any]:
        """Answer an SDK `SearchQuery` with `SearchResult`s, best first.

        `offset` and `limit` cut the first 100 results. Raises the SDK's `SearchError` for what cannot be asked.
        """
        ours = _ours(query)
        found = await self._run(
            lambda: memory_search(organization_id=self.organization_id, query=ours, now=timezone.now())
        )
        return [_theirs(result) for result in found.results[query.offset :]]

    async def semantic_search(self, query: str, limit: int = 10) -> list[Any]:
        return await self.search(_query(query, "SEMANTIC", limit))

    async def conceptual_search(self, dimensions: Any, limit: int = 10) -> list[Any]:
        """Return the memories nearest to a place in the conceptual space, with their nearness as score."""
        near = await PostgresConceptStore(self.organization_id).find_similar_concepts(dimensions, 0.0, limit)

        def read() -> dict[str, Memory]:
            search_meter(organization_id=self.organization_id, search_type=SearchType.CONCEPTUAL, now=timezone.now())
            rows = Memory.objects.live(timezone.now()).filter(id__in=[memory_id for memory_id, _ in near])
            return {str(row.id): row for row in rows}

        memories = await self._run(read)
        make = kse_contract().model("SearchResult")
        return [
            make(entity=_entity(memories[memory_id]), score=score, conceptual_similarity=score)
            for memory_id, score in near
            if memory_id in memories
        ]

    async def knowledge_graph_search(self, query: str, limit: int = 10) -> list[Any]:
        return await self.search(_query(query, "KNOWLEDGE_GRAPH", limit))

    async def hybrid_search(self, query: Any) -> list[Any]:
        return await self.search(query)


def _query(text: str, kind: str, limit: int) -> Any:
    contract = kse_contract()
    return contract.model("SearchQuery")(query=text, search_type=contract.model("SearchType")[kind], limit=limit)


def _ours(query: Any) -> SearchQuery:
    def refuse(reason: str) -> Exception:
        error: Exception = kse_contract().exception("SearchError")(reason, query=query.query)
        return error

    if not 1 <= len(query.query) <= MAX_QUERY:
        raise refuse(f"a query has 1 to {MAX_QUERY} characters")
    if query.offset < 0 or not 1 <= query.limit <= MAX_LIMIT - query.offset:
        raise refuse(f"offset and limit must stay within the first {MAX_LIMIT} results")
    if query.conceptual_weights:
        raise refuse("weights of single dimensions are not supported")
    search_type = _TYPES[query.search_type.value]
    off = [channel for name, channel in _SWITCHES.items() if not getattr(query, name)]
    try:
        condition = parse_filter(query.filters)
    except FilterError as error:
        raise refuse(f"{error.pointer}: {error.detail}") from None
    return SearchQuery(
        text=query.query,
        search_type=search_type,
        limit=query.offset + query.limit,
        filter=condition,
        weights=dict.fromkeys(off, 0.0) if search_type is SearchType.HYBRID else {},
    )


def _theirs(result: SearchResult) -> Any:
    raw = {one.channel: one.raw for one in result.hit.contributions}
    return kse_contract().model("SearchResult")(
        entity=_entity(result.memory),
        score=result.hit.score_units / UNITS,
        explanation=result.explanation,
        conceptual_similarity=raw.get(Channel.CONCEPTUAL),
        embedding_similarity=raw.get(Channel.NEURAL),
        knowledge_graph_similarity=raw.get(Channel.KNOWLEDGE),
    )


def _entity(memory: Memory) -> Any:
    return kse_contract().model("Entity")(
        id=str(memory.id),
        title=memory.content.strip().partition("\n")[0][:_TITLE_LENGTH],
        description=memory.content,
        entity_type=memory.memory_type,
        source=memory.source or None,
        metadata=memory.metadata,
        created_at=memory.recorded_at,
        updated_at=memory.recorded_at,
    )


kse_contract().interface("SearchServiceInterface").register(MemorySearchService)
