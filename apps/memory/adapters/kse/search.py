"""The SDK's search service over ours: the same channels, scores, quota and explanations as the API's search."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any

from django.utils import timezone

from apps.memory.adapters.kse.base import Bound, implements
from apps.memory.adapters.kse.spaces import coordinates_of, space_of
from apps.memory.adapters.vectors import places_of
from apps.memory.engine.filters import Filter, FilterError, parse_filter
from apps.memory.engine.fusion import UNITS
from apps.memory.engine.memory_index import CANDIDATES
from apps.memory.engine.reader import EVERYTHING
from apps.memory.engine.types import Channel, SearchType
from apps.memory.kse import kse_contract
from apps.memory.selectors.contexts import context_get
from apps.memory.services.search import memory_search, memory_search_near
from apps.memory.types import MAX_QUERY, SearchQuery, SearchResult

_TITLE = 80
_SEARCH_TYPES = {
    "semantic": SearchType.NEURAL,
    "conceptual": SearchType.CONCEPTUAL,
    "knowledge_graph": SearchType.KNOWLEDGE,
    "hybrid": SearchType.HYBRID,
}
_SWITCHES = {
    Channel.NEURAL: "include_embeddings",
    Channel.CONCEPTUAL: "include_conceptual",
    Channel.KNOWLEDGE: "include_knowledge_graph",
}


@implements("SearchServiceInterface")
class SearchService(Bound):
    """Takes the SDK's `SearchQuery` and returns its `SearchResult`s, best first, scores in [0, 1].

    Similarities are the channels' own scores: a cosine, a nearness in [0, 1], and for the graph the share of the best.
    Every search is metered; a used-up quota raises like any other refusal.
    """

    error = "SearchError"

    async def search(self, query: Any) -> list[Any]:
        """Search as the query's type says. A hybrid search leaves out the channels that `include_...` turns off.

        Raises for filters that are not understood, for pages beyond the first 100 results, and for
        `conceptual_weights`, which this search does not know.
        """
        return await self._run(self._search, query)

    async def semantic_search(self, query: str, limit: int = 10) -> list[Any]:
        return await self._typed(query, limit, "SEMANTIC")

    async def conceptual_search(self, dimensions: Any, limit: int = 10) -> list[Any]:
        """Search near a place in the conceptual space; dimensions may be left out of it."""
        return await self._run(self._near, dimensions, limit)

    async def knowledge_graph_search(self, query: str, limit: int = 10) -> list[Any]:
        return await self._typed(query, limit, "KNOWLEDGE_GRAPH")

    async def hybrid_search(self, query: Any) -> list[Any]:
        """Search as `search` does, whatever the query's type."""
        return await self._run(self._hybrid, query)

    async def _typed(self, text: str, limit: int, search_type: str) -> list[Any]:
        contract = kse_contract()
        asked = getattr(contract.model("SearchType"), search_type)
        return await self.search(contract.model("SearchQuery")(query=text, limit=limit, search_type=asked))

    def _hybrid(self, query: Any) -> list[Any]:
        self._check_model(query)
        return self._search(replace(query, search_type=kse_contract().model("SearchType")["HYBRID"]))

    def _search(self, query: Any) -> list[Any]:
        self._check_model(query)
        first = self.whole(query.offset, name="offset", least=0, most=CANDIDATES)
        last = first + self.whole(query.limit, name="limit", most=CANDIDATES)
        if last > CANDIDATES:
            raise self.refusal(f"offset and limit reach at most {CANDIDATES} results")
        if query.conceptual_weights:
            raise self.refusal("conceptual_weights are not known here; use conceptual_search for some dimensions only")
        asked = SearchQuery(
            text=self._text(query.query),
            search_type=self._search_type(query.search_type),
            limit=last,
            filter=self._filter(query.filters),
            weights=_weights(query),
        )
        found = memory_search(organization_id=self.organization_id, reader=EVERYTHING, query=asked, now=timezone.now())
        return _results(found.results[first:])

    def _near(self, dimensions: Any, limit: int) -> list[Any]:
        most = self.whole(limit, name="limit", most=CANDIDATES)
        context = context_get()
        target, weight = coordinates_of(context, dimensions, partial=True, refusal=self.refusal)
        found = memory_search_near(
            organization_id=self.organization_id,
            reader=EVERYTHING,
            target=target,
            weight=weight,
            limit=most,
            now=timezone.now(),
        )
        return _results(found.results)

    def _check_model(self, query: Any) -> None:
        if not isinstance(query, kse_contract().model("SearchQuery")):
            raise self.refusal("a query is a SearchQuery")

    def _search_type(self, search_type: Any) -> SearchType:
        if not isinstance(search_type, kse_contract().model("SearchType")):
            raise self.refusal("search_type is a SearchType")
        return _SEARCH_TYPES[search_type.value]

    def _text(self, text: object) -> str:
        if not isinstance(text, str) or not text.strip() or len(text) > MAX_QUERY or "\x00" in text:
            raise self.refusal(f"a query is text of 1 to {MAX_QUERY} characters")
        return text.strip().encode("utf-8", "replace").decode()

    def _filter(self, filters: object) -> Filter | None:
        if filters is None or filters == {}:
            return None
        try:
            return parse_filter(filters)
        except FilterError as problem:
            raise self.refusal(f"the filter was not understood: {problem}") from None


def _weights(query: Any) -> dict[str, float]:
    if _SEARCH_TYPES[query.search_type.value] is not SearchType.HYBRID:
        return {}
    return {channel: 0.0 for channel, switch in _SWITCHES.items() if not getattr(query, switch)}


def _results(found: Sequence[SearchResult]) -> list[Any]:
    context = context_get()
    places = places_of(context.epoch_id, [one.memory.id for one in found])
    return [_result(one, space_of(context, places.get(one.memory.id))) for one in found]


def _result(found: SearchResult, space: Any) -> Any:
    contract, memory = kse_contract(), found.memory
    given = {one.channel: one for one in found.hit.contributions}
    knowledge = given.get(Channel.KNOWLEDGE)
    entity = contract.model("Entity")(
        id=str(memory.id),
        title=_title(memory.content),
        description=memory.content,
        entity_type=memory.memory_type,
        source=memory.source or None,
        metadata=deepcopy(memory.metadata),
        conceptual_space=space,
        created_at=memory.recorded_at,
        updated_at=memory.recorded_at,
    )
    return contract.model("SearchResult")(
        entity=entity,
        score=found.hit.score_units / UNITS,
        explanation=found.explanation,
        conceptual_similarity=given[Channel.CONCEPTUAL].raw if Channel.CONCEPTUAL in given else None,
        embedding_similarity=given[Channel.NEURAL].raw if Channel.NEURAL in given else None,
        knowledge_graph_similarity=(
            knowledge.units / (knowledge.weight * UNITS) if knowledge and knowledge.units is not None else None
        ),
    )


def _title(content: str) -> str:
    line = content.strip().split("\n", 1)[0].strip()
    return line if len(line) <= _TITLE else f"{line[:_TITLE].rstrip()}..."
