"""The four channels as SQL. Each takes the visible memories of the query and returns its best hits, best first.

Conditions narrow the memories before a channel cuts its list, so a strict filter never empties a result that exists.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import numpy as np
from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db import connection
from django.db.models import F, Func, IntegerField, Max, Min, Value
from django.db.models.expressions import Expression
from numpy.typing import NDArray
from pgvector.django import CosineDistance, L1Distance, VectorField

from apps.memory.engine.entities import query_terms
from apps.memory.engine.fusion import ChannelHit
from apps.memory.models import Chunk, MemoryQuerySet

# How many hits a channel hands to fusion.
CANDIDATES = 100
# How much a memory gains from naming what the question's entities are named together with.
NEIGHBOUR_SHARE = 0.3
_DIRECT_LIMIT = 200
_NEIGHBOUR_LIMIT = 50

Floats = NDArray[np.float32]


def neural(visible: MemoryQuerySet, *, vector: Floats) -> list[ChannelHit]:
    """Rank by the cosine of the nearest passage, in [-1, 1]. An exact scan: the organisation's schema bounds it."""
    rows = (
        Chunk.objects.filter(memory__in=visible.values("id"))
        .values("memory_id")
        .annotate(distance=Min(CosineDistance("embedding", vector)))
        .order_by("distance", "memory_id")[:CANDIDATES]
    )
    return [ChannelHit(row["memory_id"], 1.0 - row["distance"]) for row in rows]


def lexical(visible: MemoryQuerySet, *, text: str) -> list[ChannelHit]:
    """Rank by PostgreSQL's text rank of the best passage over any of the question's words, stemmed as English."""
    query = _AnyWord(text, config="english")
    rows = (
        Chunk.objects.filter(memory__in=visible.values("id"), lexemes=query)
        .values("memory_id")
        .annotate(rank=Max(SearchRank(F("lexemes"), query)))
        .order_by("-rank", "memory_id")[:CANDIDATES]
    )
    return [ChannelHit(row["memory_id"], row["rank"]) for row in rows]


def conceptual(visible: MemoryQuerySet, *, target: Floats, weight: Floats) -> list[ChannelHit]:
    """Rank by nearness to the question's place in the conceptual space, in [0, 1].

    One minus the weighted city-block distance: stretching both sides by the weights turns it into a plain one.
    """
    stretched = _Product("concepts", _vector(weight))
    distance = L1Distance(stretched, target * weight)
    # A change of the context may commit between the question's target and this read: other spaces do not compare.
    placed = visible.annotate(dims=Func(F("concepts"), function="vector_dims", output_field=IntegerField()))
    comparable = placed.filter(dims=len(target)).annotate(distance=distance)
    rows = comparable.order_by("distance", "id").values_list("id", "distance")[:CANDIDATES]
    return [ChannelHit(memory_id, 1.0 - far) for memory_id, far in rows]


def knowledge(visible: MemoryQuerySet, *, text: str) -> list[ChannelHit]:
    """Rank by the question's entities: rare ones count more, and so do entities named together with them."""
    keys = query_terms(text)
    if not keys:
        return []
    subquery, parameters = visible.values("id").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            _KNOWLEDGE.format(visible=subquery),
            [*parameters, keys, _DIRECT_LIMIT, _NEIGHBOUR_LIMIT, NEIGHBOUR_SHARE, CANDIDATES],
        )
        return [ChannelHit(memory_id, float(score)) for memory_id, score in cursor.fetchall()]


def best_passages(memory_ids: Sequence[UUID], *, vector: Floats) -> dict[UUID, tuple[int, int, str]]:
    """Return start, end and text of each memory's passage nearest to the question."""
    rows = (
        Chunk.objects.filter(memory_id__in=memory_ids)
        .annotate(distance=CosineDistance("embedding", vector))
        .order_by("memory_id", "distance", "ordinal")
        .distinct("memory_id")
        .values_list("memory_id", "start", "end", "text")
    )
    return {memory_id: (start, end, text) for memory_id, start, end, text in rows}


class _Product(Func):
    """pgvector's product of two vectors, element by element."""

    arg_joiner = " * "
    template = "(%(expressions)s)"
    output_field = VectorField()


def _vector(values: Floats) -> Expression:
    return Value(values, output_field=VectorField())


class _AnyWord(SearchQuery):
    """A query that any of the words satisfies; PostgreSQL itself splits and stems them, and joins them with `&`."""

    def as_sql(self, *args: Any, **kwargs: Any) -> Any:
        statement, parameters = super().as_sql(*args, **kwargs)
        return f"replace(({statement})::text, ' & ', ' | ')::tsquery", parameters


_KNOWLEDGE = """
    WITH visible AS MATERIALIZED ({visible}),
    seeds AS (
        SELECT entity.id, ln(1 + (SELECT count(*) FROM visible)::float / greatest(1, count(mention.id))) AS idf
        FROM memory_entity entity JOIN memory_mention mention ON mention.entity_id = entity.id
        WHERE entity.key = ANY(%s) GROUP BY entity.id
    ),
    direct AS (
        SELECT mention.memory_id, sum(seeds.idf * (1 + ln(mention.count))) AS score
        FROM seeds JOIN memory_mention mention ON mention.entity_id = seeds.id
        WHERE mention.memory_id IN (SELECT id FROM visible)
        GROUP BY mention.memory_id ORDER BY score DESC, mention.memory_id LIMIT %s
    ),
    neighbours AS (
        SELECT mention.entity_id, sum(direct.score) / (
            SELECT count(*) FROM memory_mention every WHERE every.entity_id = mention.entity_id
        ) AS strength
        FROM direct JOIN memory_mention mention ON mention.memory_id = direct.memory_id
        WHERE mention.entity_id NOT IN (SELECT id FROM seeds)
        GROUP BY mention.entity_id ORDER BY strength DESC, mention.entity_id LIMIT %s
    ),
    gathered AS (
        SELECT memory_id, score FROM direct
        UNION ALL
        SELECT mention.memory_id, %s * neighbours.strength
        FROM neighbours JOIN memory_mention mention ON mention.entity_id = neighbours.entity_id
        WHERE mention.memory_id IN (SELECT id FROM visible)
    )
    SELECT memory_id, sum(score) AS total FROM gathered
    GROUP BY memory_id ORDER BY total DESC, memory_id LIMIT %s
"""
