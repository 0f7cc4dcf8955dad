"""What a set of memories is about, read from their rows. Definitions stand with the functions of the engine."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import Count, Q
from numpy.typing import NDArray

from apps.memory.adapters.columns import BIGINT, INTEGER, TIMESTAMP, UUID_BYTES, read_columns, times
from apps.memory.engine.insights import (
    TREND_WINDOW,
    DayCount,
    Mentions,
    dominant_concepts,
    knowledge_density,
    temporal_patterns,
    trend,
)
from apps.memory.models import Entity, Memory, MemoryQuerySet, Relation

# One number per entity, in the order of the ids, is all that counting needs.
_MENTIONS = """
    WITH counted AS MATERIALIZED ({counted}),
    entity AS MATERIALIZED (SELECT id, row_number() OVER (ORDER BY id) AS number FROM memory_entity)
    SELECT entity.number, entity.id, counted.number, mention.count
    FROM memory_mention mention
    JOIN counted ON counted.id = mention.memory_id JOIN entity ON entity.id = mention.entity_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class InsightScope:
    """Which memories insights are about: those of the moment `as_of`, None for now, within a window of the event."""

    as_of: datetime | None = None
    occurred_after: datetime | None = None
    occurred_before: datetime | None = None
    memory_types: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether they are about all that is live now."""
        return self == InsightScope()


def memories_counted(scope: InsightScope, *, now: datetime) -> MemoryQuerySet:
    """Return the memories that insights count, in their present revision.

    At a moment of the past these are the ones recorded by then that were not in the trash yet and had not expired, as
    far as the rows tell: what was deleted for good since is missing, and what was restored since counts throughout.
    """
    rows = _of_the_moment(scope, now=now)
    if scope.occurred_after is not None:
        rows = rows.filter(occurred_at__gte=scope.occurred_after)
    if scope.occurred_before is not None:
        rows = rows.filter(occurred_at__lt=scope.occurred_before)
    return rows


def _of_the_moment(scope: InsightScope, *, now: datetime) -> MemoryQuerySet:
    if scope.as_of is None:
        rows = Memory.objects.live(now)
    else:
        rows = Memory.objects.filter(
            Q(deleted_at=None) | Q(deleted_at__gt=scope.as_of),
            Q(expires_at=None) | Q(expires_at__gt=scope.as_of),
            recorded_at__lte=scope.as_of,
        )
    return rows.filter(memory_type__in=scope.memory_types) if scope.memory_types else rows


def numbers_of(rows: MemoryQuerySet) -> NDArray[np.int64]:
    """Return the numbers of memories, in no order."""
    statement, parameters = rows.values("number").query.sql_with_params()
    numbers: NDArray[np.int64] = read_columns(statement, parameters, {"number": BIGINT})["number"].astype(np.int64)
    return numbers


def facts_of(rows: MemoryQuerySet) -> dict[str, Any]:
    """Return total, concepts, density, days and hours of these memories, as JSON."""
    memories = _memories(rows)
    mentions, entity_ids = mentions_of(rows)
    patterns = temporal_patterns(times(memories["occurred"]))
    density = knowledge_density(mentions, _relations(entity_ids))
    return {
        "total": len(memories["number"]),
        "concepts": _concepts(mentions, memories, entity_ids),
        "density": round(density.density, 6),
        "nodes": density.nodes,
        "edges": density.edges,
        "by_day": [_day(day) for day in patterns.by_day],
        "by_hour_of_week": list(patterns.by_hour_of_week),
    }


def _memories(rows: MemoryQuerySet) -> dict[str, Any]:
    statement, parameters = rows.values_list("number", "id", "occurred_at").query.sql_with_params()
    return read_columns(statement, parameters, {"number": BIGINT, "id": UUID_BYTES, "occurred": TIMESTAMP})


def mentions_of(rows: MemoryQuerySet) -> tuple[Mentions, list[UUID]]:
    """Return what these memories name. Entities are places in the list of ids, which ascends; memories are numbers."""
    counted, parameters = rows.values("id", "number").query.sql_with_params()
    found = read_columns(
        _MENTIONS.format(counted=counted),
        parameters,
        {"entity": BIGINT, "entity_id": UUID_BYTES, "memory": BIGINT, "count": INTEGER},
    )
    _, first, entity = np.unique(found["entity"], return_index=True, return_inverse=True)
    mentions = Mentions(entity, found["memory"].astype(np.int64), found["count"].astype(np.int64))
    return mentions, [UUID(bytes=entity_id) for entity_id in found["entity_id"][first].tolist()]


def _relations(entity_ids: Sequence[UUID]) -> NDArray[np.int64]:
    """Return the stated relations between entities of a list, as places in it, (r, 2)."""
    places = {entity_id: place for place, entity_id in enumerate(entity_ids)}
    pairs = [
        (places[source], places[target])
        for source, target in Relation.objects.values_list("source_id", "target_id").iterator()
        if source in places and target in places
    ]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def _concepts(mentions: Mentions, memories: dict[str, Any], entity_ids: Sequence[UUID]) -> list[dict[str, Any]]:
    concepts = dominant_concepts(mentions, total_memories=len(memories["number"]))
    ids = {one.entity: entity_ids[one.entity] for one in concepts}
    names = dict(Entity.objects.filter(id__in=ids.values()).values_list("id", "name"))
    wanted = np.isin(memories["number"], [number for one in concepts for number in one.memories])
    ids_of = dict(zip(memories["number"][wanted].tolist(), memories["id"][wanted].tolist(), strict=True))
    return [
        {
            "concept": names.get(ids[one.entity], ""),
            "entity_id": str(ids[one.entity]),
            "weight": round(one.weight, 6),
            "count": one.count,
            # One that was stored between the two reads has no id here.
            "memory_ids": [str(UUID(bytes=ids_of[number])) for number in one.memories if number in ids_of],
        }
        for one in concepts
    ]


def _day(day: DayCount) -> dict[str, Any]:
    start = datetime.combine(day.date, time.min)
    return {
        "date": day.date.isoformat(),
        "count": day.count,
        "from": f"{start.isoformat()}Z",
        "to": f"{(start + timedelta(days=1)).isoformat()}Z",
    }


def trend_of(scope: InsightScope, *, now: datetime) -> dict[str, Any]:
    """Return the trend up to the end of the window, with its two windows of 30 days, whatever the window's start."""
    end = min(scope.occurred_before or now, scope.as_of or now)
    middle, start = end - TREND_WINDOW, end - 2 * TREND_WINDOW
    counts = (
        _of_the_moment(scope, now=now)
        .filter(occurred_at__gte=start, occurred_at__lt=end)
        .aggregate(
            recent=Count("id", filter=Q(occurred_at__gte=middle)), before=Count("id", filter=Q(occurred_at__lt=middle))
        )
    )
    return {
        "trend": trend(recent=counts["recent"], before=counts["before"]),
        "trend_windows": [
            {"from": start, "to": middle, "count": counts["before"]},
            {"from": middle, "to": end, "count": counts["recent"]},
        ],
    }
