"""Search: quota first, then the channels, their fusion, and the explanation of every result.

A service rather than a selector because a search is metered: it takes from the day's quota and leaves a usage row.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from apps.billing.services import quota_reserve, usage_record
from apps.billing.types import Meter, QuotaState
from apps.core.ids import new_id
from apps.memory.adapters import channels
from apps.memory.adapters.embedding import default_embedder
from apps.memory.engine.concepts import ConceptSpace
from apps.memory.engine.entities import query_terms
from apps.memory.engine.explain import explain, matched_terms
from apps.memory.engine.fusion import DEFAULT_ANCHORS, DEFAULT_WEIGHTS, UNITS, ChannelHit, FusedHit, fuse
from apps.memory.engine.types import Channel, SearchType
from apps.memory.models import Memory, MemoryQuerySet, Mention
from apps.memory.selectors.contexts import concept_space, context_get
from apps.memory.selectors.memories import memories_visible
from apps.memory.types import Passage, SearchQuery, SearchResult

# Dimensions on which question and memory are alike enough to be named in an explanation, and how many of them.
_ALIKE = 0.15
_MAX_DIMENSIONS_NAMED = 2


@dataclass(frozen=True, slots=True)
class SearchResponse:
    """Results, best first; `took_ms` is the time spent here, in milliseconds."""

    results: tuple[SearchResult, ...]
    took_ms: float
    quota: QuotaState


@dataclass(frozen=True, slots=True, eq=False)
class _Question:
    """A query with what is computed from its text once."""

    query: SearchQuery
    vector: NDArray[np.float32]
    space: ConceptSpace
    target: NDArray[np.float32]
    weight: NDArray[np.float32]


def memory_search(*, organization_id: UUID, query: SearchQuery, now: datetime) -> SearchResponse:
    """Answer a question. Raises `QuotaExceeded` before any work is done."""
    began = time.perf_counter()
    quota = _metered(organization_id, query.search_type, now=now)
    visible = memories_visible(
        now=now,
        memory_types=query.memory_types,
        condition=query.filter,
        occurred_after=query.occurred_after,
        occurred_before=query.occurred_before,
    )
    results = _results(_question(query), visible)
    return SearchResponse(results=results, took_ms=(time.perf_counter() - began) * 1000, quota=quota)


def memory_search_near(
    *, organization_id: UUID, target: NDArray[np.float32], weight: NDArray[np.float32], limit: int, now: datetime
) -> SearchResponse:
    """Answer a question that is a place in the conceptual space, with the scores of a conceptual search.

    `target` and `weight` are float32 (k,), the weights summing to 1. Without words there are neither passages nor
    explanations. Raises `QuotaExceeded` likewise.
    """
    began = time.perf_counter()
    quota = _metered(organization_id, SearchType.CONCEPTUAL, now=now)
    visible = memories_visible(now=now)
    hits = channels.conceptual(visible, target=target, weight=weight)
    best = _fused({Channel.CONCEPTUAL: hits}, weights=DEFAULT_WEIGHTS[SearchType.CONCEPTUAL])[:limit]
    memories = visible.in_bulk([hit.memory_id for hit in best])
    results = tuple(
        SearchResult(hit=hit, memory=memories[hit.memory_id], passage=None, explanation=None)
        for hit in best
        if hit.memory_id in memories
    )
    return SearchResponse(results=results, took_ms=(time.perf_counter() - began) * 1000, quota=quota)


@transaction.atomic
def _metered(organization_id: UUID, search_type: SearchType, *, now: datetime) -> QuotaState:
    quota = quota_reserve(organization_id=organization_id, meter=Meter.MEMORY_SEARCHES, quantity=1, now=now)
    usage_record(
        organization_id=organization_id,
        meter=Meter.MEMORY_SEARCHES,
        quantity=1,
        source=f"memory.search.{search_type}",
        source_id=str(new_id()),
        now=now,
    )
    return quota


def _question(query: SearchQuery) -> _Question:
    vector = default_embedder().embed_query(query.text)
    space = concept_space(context_get())
    target, weight = space.query_target(vector)
    return _Question(query=query, vector=vector, space=space, target=target, weight=weight)


def _results(question: _Question, visible: MemoryQuerySet) -> tuple[SearchResult, ...]:
    weights = {**DEFAULT_WEIGHTS[question.query.search_type], **question.query.weights}
    found = {name: _channel(name, question, visible) for name, weight in weights.items() if weight > 0}
    hits = _fused(found, weights=weights)
    if question.query.threshold is not None:
        least = question.query.threshold * UNITS
        hits = [hit for hit in hits if hit.score_units >= least]
    best = hits[: question.query.limit]
    memories = {memory.id: memory for memory in visible.filter(id__in=[hit.memory_id for hit in best])}
    # A memory trashed since the channels read it is no result any more.
    return _explained([hit for hit in best if hit.memory_id in memories], memories, question)


def _fused(found: Mapping[str, Sequence[ChannelHit]], *, weights: Mapping[str, float]) -> list[FusedHit]:
    candidates = {hit.memory_id for hits in found.values() for hit in hits}
    occurred = dict(Memory.objects.filter(id__in=candidates).values_list("id", "occurred_at")) if candidates else {}
    return fuse(
        found,
        weights=weights,
        recency={memory_id: moment.timestamp() for memory_id, moment in occurred.items()},
        anchors=DEFAULT_ANCHORS,
    )


def _channel(name: str, question: _Question, visible: MemoryQuerySet) -> Sequence[ChannelHit]:
    match name:
        case Channel.NEURAL:
            return channels.neural(visible, vector=question.vector)
        case Channel.LEXICAL:
            return channels.lexical(visible, text=question.query.text)
        case Channel.CONCEPTUAL:
            return channels.conceptual(visible, target=question.target, weight=question.weight)
        case Channel.KNOWLEDGE:
            return channels.knowledge(visible, text=question.query.text)
    raise ValueError(f"unknown channel {name}")


def _explained(
    hits: Sequence[FusedHit], memories: Mapping[UUID, Memory], question: _Question
) -> tuple[SearchResult, ...]:
    ids = [hit.memory_id for hit in hits]
    passages = channels.best_passages(ids, vector=question.vector)
    named = _named_entities(ids, question.query.text) if question.query.explain else {}
    results = []
    for hit in hits:
        passage = passages.get(hit.memory_id)
        text = None
        if question.query.explain:
            terms = matched_terms(question.query.text, passage[2] if passage else "")
            text = explain(
                hit,
                query=question.query.text,
                matched_terms=list(dict.fromkeys(span.term for span in terms)),
                entities=named.get(hit.memory_id, []),
                dimensions=_alike(question, memories[hit.memory_id]),
            )
        results.append(
            SearchResult(
                hit=hit,
                memory=memories[hit.memory_id],
                passage=Passage(passage[0], passage[1]) if passage else None,
                explanation=text,
            )
        )
    return tuple(results)


def _named_entities(memory_ids: Sequence[UUID], text: str) -> dict[UUID, list[str]]:
    """Return the question's entities that each memory names."""
    rows = (
        Mention.objects.filter(memory_id__in=memory_ids, entity__key__in=query_terms(text))
        .order_by("memory_id", "-count", "entity__key")
        .values_list("memory_id", "entity__name")
    )
    named: dict[UUID, list[str]] = {}
    for memory_id, name in rows:
        named.setdefault(memory_id, []).append(name)
    return named


def _alike(question: _Question, memory: Memory) -> list[str]:
    """Return the names of the dimensions that the question stresses and on which the memory stands near it."""
    coordinates = np.asarray(memory.concepts, dtype=np.float32)
    near = np.abs(coordinates - question.target) <= _ALIKE
    order = np.argsort(-question.weight, kind="stable")
    return [question.space.dimensions[i].name for i in order[:_MAX_DIMENSIONS_NAMED] if near[i]]
