"""What the memory as a whole is about. Definitions stand with the functions of the engine that compute them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import Avg

from apps.memory.adapters.embedding import MINILM
from apps.memory.engine.insights import (
    Cluster,
    DominantConcept,
    TemporalPatterns,
    dominant_concepts,
    knowledge_density,
    semantic_clusters,
    temporal_patterns,
)
from apps.memory.engine.lexicon import content_words
from apps.memory.models import Chunk, Entity, Memory, Mention

# Words of a memory that may name the cluster it is in; the beginning of a text says what it is about.
_TERMS_PER_MEMORY = 300
_TERMS_CHARACTERS = 4_000


def insights_present(*, now: datetime) -> dict[str, Any]:
    """Return the insights over all live memories, each figure with ids of memories behind it."""
    visible = Memory.objects.live(now)
    total = visible.count()
    mentions = list(
        Mention.objects.filter(memory__in=visible.values("id")).values_list("entity_id", "memory_id", "count")
    )
    concepts = dominant_concepts(mentions, total_memories=total)
    density = knowledge_density(mentions)
    names = dict(Entity.objects.filter(id__in=[one.entity_id for one in concepts]).values_list("id", "name"))
    return {
        "total_memories": total,
        "dominant_concepts": [_concept(one, names[one.entity_id]) for one in concepts],
        "knowledge_density": round(density.density, 6),
        "knowledge_graph": {"entities": density.nodes, "links": density.edges},
        "temporal_patterns": _patterns(temporal_patterns(list(visible.values_list("occurred_at", flat=True)), now=now)),
        "semantic_clusters": [_cluster(one) for one in _clusters(now)],
        "as_of": now,
    }


def _clusters(now: datetime) -> list[Cluster]:
    rows = list(
        Chunk.objects.filter(memory__in=Memory.objects.live(now).values("id"))
        .values("memory_id")
        .annotate(centre=Avg("embedding"))
        .values_list("memory_id", "centre", "memory__memory_type", "memory__content")
        .order_by("memory_id")
    )
    ids: Sequence[UUID] = [row[0] for row in rows]
    vectors = np.array([row[1] for row in rows], dtype=np.float32).reshape(-1, MINILM.dimension)
    return semantic_clusters(
        vectors,
        memory_ids=ids,
        terms=[content_words(row[3][:_TERMS_CHARACTERS])[:_TERMS_PER_MEMORY] for row in rows],
        types=[row[2] for row in rows],
    )


def _concept(concept: DominantConcept, name: str) -> dict[str, Any]:
    return {
        "concept": name,
        "weight": round(concept.weight, 6),
        "count": concept.count,
        "memory_ids": [str(memory_id) for memory_id in concept.memory_ids],
    }


def _patterns(patterns: TemporalPatterns) -> dict[str, Any]:
    return {
        "by_day": [{"date": day.date, "count": day.count} for day in patterns.by_day],
        "by_hour_of_week": list(patterns.by_hour_of_week),
        "trend": patterns.trend,
    }


def _cluster(cluster: Cluster) -> dict[str, Any]:
    return {
        "id": cluster.id,
        "label": cluster.label,
        "size": cluster.size,
        "type": cluster.type,
        "terms": list(cluster.terms),
        "exemplar_ids": [str(memory_id) for memory_id in cluster.exemplar_ids],
    }
