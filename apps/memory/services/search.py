"""Search: quota first, then the organisation's index, and the explanation of every result.

A service rather than a selector because a search is metered: it takes from the day's quota and leaves a usage row.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from apps.billing.services.quotas import quota_use
from apps.billing.types import Meter, QuotaState, Usage
from apps.core.ids import new_id
from apps.memory.adapters.embedders import embedder_named
from apps.memory.adapters.index_store import index_current
from apps.memory.adapters.reranking import default_reranker
from apps.memory.adapters.sketching import default_sketcher
from apps.memory.adapters.sparse import default_encoder
from apps.memory.engine.concepts import Dimension
from apps.memory.engine.explain import Why, explain, matched_terms
from apps.memory.engine.fusion import DEFAULT_ANCHORS, UNITS, ChannelHit, FusedHit, fuse
from apps.memory.engine.lexicon import STOP_WORDS, WORD
from apps.memory.engine.memory_index import Mask, MemoryIndex
from apps.memory.engine.ports import RerankerUnavailableError
from apps.memory.engine.question import Question, understand
from apps.memory.engine.reader import Reader
from apps.memory.engine.retrieval import Asked, Retrieval, anchors_of, rerank, retrieve
from apps.memory.engine.terms import terms_of
from apps.memory.engine.types import Channel, SearchType
from apps.memory.exceptions import EmbedderUnavailable, ModelUnknown, RerankerMissing
from apps.memory.metrics import search_observed
from apps.memory.models import Memory, MemoryContext, MemoryRows, MemoryState
from apps.memory.selectors.archived import states_complete
from apps.memory.selectors.contexts import answered, concept_space, dimensions_of
from apps.memory.selectors.earlier import earlier_texts
from apps.memory.selectors.readers import entities_named, open_of
from apps.memory.selectors.visible import memories_visible
from apps.memory.services.earlier import earlier_index
from apps.memory.services.stubs import stubs_index
from apps.memory.types import PRESENT, Passage, SearchQuery, SearchResult, Shelf

# Dimensions on which question and memory are alike enough to be named in an explanation, and how many of them.
_ALIKE = 0.15
_MAX_DIMENSIONS_NAMED = 2
# What cannot be asked without the embedding model, and the searches that are nothing else.
_BY_MODEL = frozenset({Channel.NEURAL.value, Channel.CONCEPTUAL.value})
_ONLY_BY_MODEL = frozenset({SearchType.NEURAL, SearchType.CONCEPTUAL})
# So far apart in a dimension's middle a question says nothing about it.
_STRESSED = 0.2
_BEGINNING, _END = -1e18, 1e18
# How many of the best a reranker judges, and how long it may take without a deadline.
_JUDGED = 50
_RERANK_SECONDS = 2.0

Floats = NDArray[np.float32]

_log = logging.getLogger(__name__)
_models = ThreadPoolExecutor(max_workers=2, thread_name_prefix="models")


@dataclass(frozen=True, slots=True)
class SearchResponse:
    """Results, best first; `took_ms` is the time spent here, in milliseconds; `dropped` the channels left out.

    `model` is the embedding model of question and passages alike.
    """

    results: tuple[SearchResult, ...]
    took_ms: float
    quota: QuotaState
    model: str
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """What the index answered, and what it takes to explain it."""

    retrieval: Retrieval
    passages: Mapping[UUID, tuple[int, int]]
    shared: Mapping[UUID, Sequence[int]]
    links: Mapping[UUID, Sequence[int]]
    # Where in the conceptual space they stand.
    places: Mapping[UUID, Floats]


@dataclass(frozen=True, slots=True)
class Finding:
    """The results of a search, best first, the channels that were left out, and the embedding model that it asked."""

    results: tuple[SearchResult, ...]
    dropped: tuple[str, ...]
    model: str


def memory_search(*, organization_id: UUID, reader: Reader, query: SearchQuery, now: datetime) -> SearchResponse:
    """Answer a question. Raises `QuotaExceeded` before any work is done."""
    began = time.perf_counter()
    quota = _metered(organization_id, query.search_type, now=now)
    found = memories_find(organization_id=organization_id, reader=reader, query=query, now=now)
    took = time.perf_counter() - began
    search_observed(organization_id=organization_id, search_type=query.search_type, seconds=took)
    return SearchResponse(found.results, took_ms=took * 1000, quota=quota, model=found.model, dropped=found.dropped)


def memories_find(*, organization_id: UUID, reader: Reader, query: SearchQuery, now: datetime) -> Finding:
    """Return the results of a search without metering it.

    An embedding model that does not answer is done without; raises `EmbedderUnavailable` where nothing else is asked.
    """
    if query.rerank and default_reranker() is None:
        raise RerankerMissing("No reranker is configured here; search without.")
    return answered(organization_id, lambda context: _answer(context, organization_id, reader, query, now=now))


def _answer(
    context: MemoryContext, organization_id: UUID, reader: Reader, query: SearchQuery, *, now: datetime
) -> Finding:
    began = time.perf_counter()
    dimensions = dimensions_of(context)
    question = understand(query.text, now=now)
    asked = _asked(question, context, query.search_type)
    with index_current(
        organization_id=organization_id, epoch=context.epoch, change=context.change, concepts=len(dimensions)
    ) as index:
        # What grants with a condition open is asked of the database: once for a search.
        is_open = open_of(index, reader)
        asked = _dated(asked, question, index, is_open & index.visible(now=now.timestamp()))
        visible = _visible(index, query, reader, is_open=is_open, now=now)
        found = _find(index, asked, query, visible=visible, is_open=is_open, began=began)
        units, holders = index.units, index.holders(list(asked.terms))
    apart = earlier_index(_rows(query, reader, now=now), context=context) if query.as_of.recorded else None
    for one in (apart, stubs_beside(query, reader, context=context, now=now)):
        if one is not None:
            one.stand_beside(units=units, holders=holders)
            everything = one.visible(now=now.timestamp(), among=one.numbers)
            # Its memories were chosen for the reader.
            found = _joined(_find(one, asked, query, visible=everything, is_open=everything, began=began), found)
    if query.rerank:
        found = _reranked(found, query, reader, began=began, now=now)
    least = 0 if query.threshold is None else query.threshold * UNITS
    hits = [hit for hit in found.retrieval.hits if hit.score_units >= least][: query.limit]
    rows = [memories_visible(reader=reader, now=now, as_of=query.as_of)]
    if query.include_archived and query.as_of == PRESENT:
        rows.append(memories_visible(reader=reader, now=now, shelf=Shelf.ARCHIVED))
    like = {memory_id: _alike(asked, dimensions, place) for memory_id, place in found.places.items()}
    results = _explained(hits, found, rows=rows, question=question, asked=asked, alike=like, query=query, reader=reader)
    return Finding(results, tuple(found.retrieval.dropped), context.epoch.model)


@dataclass(frozen=True, slots=True)
class Ranking:
    """All that the channels of a search found, best first, and the embedding model that it asked."""

    hits: Sequence[FusedHit]
    model: str


def memories_rank(
    *,
    organization_id: UUID,
    reader: Reader,
    query: SearchQuery,
    beside: Callable[[MemoryContext], MemoryIndex | None] = lambda _: None,
    now: datetime,
) -> Ranking:
    """Return everything that the channels of a search find, best first, whatever its limit; nothing is metered.

    `beside` makes an index of other memories that take part, with vectors of the context's model.
    """

    def answer(context: MemoryContext) -> Ranking:
        question = understand(query.text, now=now)
        asked = _asked(question, context, query.search_type)
        width = len(dimensions_of(context))
        with index_current(
            organization_id=organization_id, epoch=context.epoch, change=context.change, concepts=width
        ) as index:
            is_open = open_of(index, reader)
            asked = _dated(asked, question, index, is_open & index.visible(now=now.timestamp()))
            visible = _visible(index, query, reader, is_open=is_open, now=now)
            found = retrieve(index, asked, search_type=query.search_type, visible=visible, weights=query.weights)
            units, holders = index.units, index.holders(list(asked.terms))
        others = beside(context)
        if others is not None:
            others.stand_beside(units=units, holders=holders)
            everything = others.visible(now=now.timestamp(), among=others.numbers)
            apart = retrieve(others, asked, search_type=query.search_type, visible=everything, weights=query.weights)
            found = _retrieved_together(apart, found)
        return Ranking(found.hits, context.epoch.model)

    return answered(organization_id, answer)


def memory_search_near(
    *,
    organization_id: UUID,
    reader: Reader,
    target: NDArray[np.float32],
    weight: NDArray[np.float32],
    limit: int,
    now: datetime,
) -> SearchResponse:
    """Answer a question that is a place in the conceptual space, with the scores of a conceptual search.

    `target` and `weight` are float32 (k,), the weights summing to 1. Without words there are neither passages nor
    explanations. Raises `QuotaExceeded` likewise.
    """
    began = time.perf_counter()
    quota = _metered(organization_id, SearchType.CONCEPTUAL, now=now)

    def answer(context: MemoryContext) -> Ranking:
        with index_current(
            organization_id=organization_id, epoch=context.epoch, change=context.change, concepts=len(target)
        ) as index:
            visible = open_of(index, reader) & index.visible(now=now.timestamp())
            positions, scores = index.conceptual(target, weight, visible=visible)
            hits = fuse(
                {
                    Channel.CONCEPTUAL: [
                        ChannelHit(index.ids[position], raw)
                        for position, raw in zip(positions.tolist(), scores.tolist(), strict=True)
                    ]
                },
                weights={Channel.CONCEPTUAL: 1.0},
                recency={
                    index.ids[position]: moment
                    for position, moment in zip(positions.tolist(), index.occurred(positions).tolist(), strict=True)
                },
                anchors=DEFAULT_ANCHORS,
            )[:limit]
        return Ranking(hits, context.epoch.model)

    ranking = answered(organization_id, answer)
    hits = ranking.hits
    memories = memories_visible(reader=reader, now=now).select_related("file").in_bulk([hit.memory_id for hit in hits])
    results = tuple(
        SearchResult(hit=hit, memory=memories[hit.memory_id], passage=None, explanation=None, why=None)
        for hit in hits
        if hit.memory_id in memories
    )
    took = (time.perf_counter() - began) * 1000
    return SearchResponse(results, took_ms=took, quota=quota, model=ranking.model)


def _metered(organization_id: UUID, search_type: SearchType, *, now: datetime) -> QuotaState:
    return quota_use(
        organization_id=organization_id,
        meter=Meter.MEMORY_SEARCHES,
        quantity=1,
        usage=Usage("memory.search", source_id=str(new_id()), operation=f"search.{search_type}"),
        now=now,
    )


def _asked(question: Question, context: MemoryContext, search_type: SearchType) -> Asked:
    """Compute what the channels need of a question's text.

    Without the embedding model its channels are mute. Raises `EmbedderUnavailable` if there are no others.
    """
    # The models release the interpreter while they work.
    sparse = _models.submit(default_encoder().encode_query, question.text)
    mute: frozenset[str] = frozenset()
    try:
        vector = embedder_named(context.epoch.model).embed_query(question.text)
        target, stress = concept_space(context).query_target(vector)
    except (EmbedderUnavailable, ModelUnknown) as error:
        if search_type in _ONLY_BY_MODEL:
            raise EmbedderUnavailable(error.detail) from None
        _log.warning("the question was not read by the embedding model: %s", error.detail)
        mute = _BY_MODEL
        vector = np.zeros(context.epoch.dimension, dtype=np.float32)
        target = stress = np.zeros(len(dimensions_of(context)), dtype=np.float32)
    sketch = default_sketcher().sketch([question.text])[0]
    keys, weights = sparse.result()
    return Asked(
        text=question.text,
        terms=Counter(terms_of(question.words)),
        vector=vector,
        sketch=sketch,
        sparse_keys=keys,
        sparse_weights=weights.astype(np.float32),
        target=target,
        stress=stress,
        windows=[
            (
                window.begins.timestamp() if window.begins else _BEGINNING,
                window.ends.timestamp() if window.ends else _END,
            )
            for window in question.windows
        ],
        time_share=_time_share(question),
        asks_when=question.asks_when,
        mute=mute,
    )


def _dated(asked: Asked, question: Question, index: MemoryIndex, among: Mask) -> Asked:
    """Add the times that the question tells by events of which some memories know when they happened."""
    windows = list(asked.windows)
    spans: list[tuple[int, int]] = []
    for event in question.events:
        moment = index.moment_of(sorted(set(terms_of(event.event))), visible=among)
        if moment is not None:
            windows.append((_BEGINNING, moment) if event.is_before else (moment, _END))
            spans.append((event.start, event.end))
    if not spans:
        return asked
    return replace(asked, windows=windows, time_share=min(1.0, asked.time_share + _share(question.text, spans)))


def _time_share(question: Question) -> float:
    """Return which share of a question's content words name times."""
    return _share(question.text, [(window.start, window.end) for window in question.windows])


def _share(text: str, spans: Sequence[tuple[int, int]]) -> float:
    whole = _content_words(text)
    named = sum(_content_words(text[start:end]) for start, end in spans)
    return min(1.0, named / whole) if whole else 0.0


def _content_words(text: str) -> int:
    return sum(match[0].casefold() not in STOP_WORDS for match in WORD.finditer(text))


def _rows(query: SearchQuery, reader: Reader, *, shelf: Shelf = Shelf.LIVE, now: datetime) -> MemoryRows:
    """Return the memories that the query's conditions leave."""
    return memories_visible(
        reader=reader,
        now=now,
        as_of=query.as_of,
        shelf=shelf,
        memory_types=query.memory_types,
        condition=query.filter,
        occurred_after=query.occurred_after,
        occurred_before=query.occurred_before,
    )


def stubs_beside(query: SearchQuery, reader: Reader, *, context: MemoryContext, now: datetime) -> MemoryIndex | None:
    """Return an index of the archived memories that may answer, for a search that looks at them."""
    of_past = query.as_of != PRESENT
    if not of_past and not query.include_archived:
        return None
    rows = _rows(query, reader, shelf=Shelf.LIVE if of_past else Shelf.ARCHIVED, now=now)
    rows = rows if of_past else rows.filter(superseded_at=None)
    return stubs_index(rows, question=query.text, context=context)


def _visible(index: MemoryIndex, query: SearchQuery, reader: Reader, *, is_open: Mask, now: datetime) -> Mask:
    """Return which memories the query's conditions leave; without conditions the index itself knows.

    As of a moment, those whose text was another one then are left out.
    """
    conditions = (query.memory_types, query.filter, query.occurred_after, query.occurred_before)
    if query.as_of == PRESENT and not any(conditions):
        return is_open & index.visible(now=now.timestamp())
    rows = _rows(query, reader, now=now)
    edited = {state.number for state in earlier_texts(rows)}
    among = [number for number in rows.values_list("number", flat=True) if number not in edited]
    return index.visible(now=now.timestamp(), among=among)


def _find(
    index: MemoryIndex, asked: Asked, query: SearchQuery, *, visible: Mask, is_open: Mask, began: float
) -> _Found:
    def out_of_time() -> bool:
        return query.deadline_ms is not None and (time.perf_counter() - began) * 1000 > query.deadline_ms

    retrieval = retrieve(
        index,
        asked,
        search_type=query.search_type,
        visible=visible,
        weights=query.weights,
        limit=max(query.limit, _JUDGED) if query.rerank else query.limit,
        out_of_time=out_of_time,
    )
    shown = [retrieval.positions[hit.memory_id] for hit in retrieval.hits]
    passages = index.passages(np.array(shown, dtype=np.int64), terms=asked.terms, vector=asked.vector)
    names = [name.number for name in retrieval.names]
    explained = shown if query.explain else []
    # Nobody learns what joins names in a memory that is closed to them.
    shared = {index.ids[position]: index.shared_names(position, names) for position in explained}
    return _Found(
        retrieval=retrieval,
        passages={index.ids[position]: span for position, span in passages.items()},
        shared=shared,
        links={
            index.ids[position]: [] if shared[index.ids[position]] else index.path_to(position, names, among=is_open)
            for position in explained
        },
        places={index.ids[position]: index.place(position) for position in explained},
    )


def _retrieved_together(first: Retrieval, second: Retrieval) -> Retrieval:
    """Rank together what two indexes answered about different memories, by the weights of the second."""
    channels = {name: [*first.found.get(name, ()), *hits] for name, hits in second.found.items()}
    recency = {**first.recency, **second.recency}
    return replace(
        second,
        hits=fuse(channels, weights=second.weights, recency=recency, anchors=anchors_of(channels)),
        found=channels,
        recency=recency,
        positions={**first.positions, **second.positions},
    )


def _joined(apart: _Found, found: _Found) -> _Found:
    """Rank together what two indexes answered, each of which has named its best only."""
    passages = {**apart.passages, **found.passages}
    together = _retrieved_together(apart.retrieval, found.retrieval)
    retrieval = replace(together, hits=[hit for hit in together.hits if hit.memory_id in passages])
    return _Found(
        retrieval=retrieval,
        passages=passages,
        shared={**apart.shared, **found.shared},
        links={**apart.links, **found.links},
        places={**apart.places, **found.places},
    )


def _reranked(found: _Found, query: SearchQuery, reader: Reader, *, began: float, now: datetime) -> _Found:
    """Have the best hits judged beside the question; without an answer in time they stay as they are."""
    reranker, best = default_reranker(), found.retrieval.hits[:_JUDGED]
    rows = _rows(query, reader, now=now).filter(archived_at=None, id__in=[hit.memory_id for hit in best])
    contents = dict(rows.values_list("id", "content"))
    judged = [hit.memory_id for hit in best if hit.memory_id in contents]
    if reranker is None or not judged:
        return found
    passages = [contents[memory_id][slice(*found.passages[memory_id])] for memory_id in judged]
    deadline = _RERANK_SECONDS if query.deadline_ms is None else query.deadline_ms / 1000
    left = deadline - (time.perf_counter() - began)
    try:
        scores = reranker.rerank(query.text, passages, seconds=max(left, 0.001))
    except RerankerUnavailableError as error:
        _log.warning("the reranker did not judge: %s", error)
        dropped = [*found.retrieval.dropped, Channel.RERANK.value]
        return replace(found, retrieval=replace(found.retrieval, dropped=dropped))
    hits = rerank(found.retrieval, dict(zip(judged, scores, strict=True)))
    shown = [hit for hit in hits if hit.memory_id in found.passages]
    return replace(found, retrieval=replace(found.retrieval, hits=shown))


def _explained(
    hits: Sequence[FusedHit],
    found: _Found,
    *,
    rows: Sequence[MemoryRows],
    question: Question,
    asked: Asked,
    alike: Mapping[UUID, Sequence[str]],
    query: SearchQuery,
    reader: Reader,
) -> tuple[SearchResult, ...]:
    memories: dict[UUID, Memory | MemoryState] = {}
    for some in rows:
        memories.update(some.select_related("file").in_bulk([hit.memory_id for hit in hits]))
    states_complete(list(memories.values()), strict=False)
    numbers = {number for path in (*found.links.values(), *found.shared.values()) for number in path}
    # What an open memory names may be another name of what closed ones alone call so.
    known = entities_named(reader).filter(number__in=numbers)
    names = dict(known.values_list("number", "name")) if numbers else {}
    results = []
    # A memory trashed since the index read it is no result any more.
    for hit in (hit for hit in hits if hit.memory_id in memories):
        memory = memories[hit.memory_id]
        start, end = found.passages[hit.memory_id]
        why = None
        if query.explain:
            terms = matched_terms(question.text, memory.content[start:end])
            why = Why(
                matched_terms=tuple(dict.fromkeys(span.term for span in terms)),
                entities=tuple(names[number] for number in found.shared[hit.memory_id] if number in names),
                entity_path=tuple(names[number] for number in found.links[hit.memory_id] if number in names),
                dimensions=tuple(alike.get(memory.id, ())),
                in_time=bool(asked.windows),
                happened_then=memory.occurred_given and _is_in(asked.windows, memory.occurred_at),
                occurred=memory.occurred_at,
            )
        results.append(
            SearchResult(
                hit=hit,
                memory=memory,
                # Of one that was archived since it was found, only the beginning is at hand.
                passage=Passage(start, end) if end <= len(memory.content) else None,
                explanation=explain(hit, query=question.text, why=why) if why else None,
                why=why,
            )
        )
    return tuple(results)


def _is_in(windows: Sequence[tuple[float, float]], moment: datetime) -> bool:
    return any(begins <= moment.timestamp() < ends for begins, ends in windows)


def _alike(asked: Asked, dimensions: Sequence[Dimension], coordinates: Floats) -> list[str]:
    """Return the names of the dimensions that the question stresses and on which a memory stands near it."""
    near = (np.abs(coordinates - asked.target) <= _ALIKE) & (np.abs(asked.target - 0.5) >= _STRESSED)
    order = np.argsort(-asked.stress, kind="stable")
    return [dimensions[i].name for i in order[:_MAX_DIMENSIONS_NAMED] if near[i]]
