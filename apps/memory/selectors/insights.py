"""What a set of memories is about, read from their rows. Definitions stand with the functions of the engine."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import Count, Q, QuerySet
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
from apps.memory.engine.reader import Reader, Right
from apps.memory.models import Entity, MemoryRows, MemoryState, Relation
from apps.memory.selectors.earlier import earlier_texts, entities_in
from apps.memory.selectors.visible import memories_visible
from apps.memory.types import PRESENT, AsOf

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
    """Which memories insights are about: those of a moment, within a window of the event."""

    as_of: AsOf = PRESENT
    occurred_after: datetime | None = None
    occurred_before: datetime | None = None
    memory_types: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether they are about all that is live now."""
        return self == InsightScope()


def memories_counted(scope: InsightScope, reader: Reader, *, now: datetime) -> MemoryRows:
    """Return the memories that insights count for a reader, in the state of the moment."""
    return memories_visible(
        reader=reader.to(Right.DERIVE),
        now=now,
        as_of=scope.as_of,
        memory_types=scope.memory_types,
        occurred_after=scope.occurred_after,
        occurred_before=scope.occurred_before,
    )


def numbers_of(rows: MemoryRows) -> NDArray[np.int64]:
    """Return the numbers of memories, in no order."""
    statement, parameters = rows.values("number").query.sql_with_params()
    numbers: NDArray[np.int64] = read_columns(statement, parameters, {"number": BIGINT})["number"].astype(np.int64)
    return numbers


def facts_of(rows: MemoryRows, relations: QuerySet[Relation]) -> dict[str, Any]:
    """Return total, concepts, density, days and hours of these memories, as JSON; `relations` join what they name."""
    memories = _memories(rows)
    mentions, entity_ids = mentions_of(rows)
    patterns = temporal_patterns(times(memories["occurred"]))
    density = knowledge_density(mentions, _relations(entity_ids, relations))
    return {
        "total": len(memories["number"]),
        "concepts": _concepts(mentions, memories, entity_ids),
        "density": round(density.density, 6),
        "nodes": density.nodes,
        "edges": density.edges,
        "by_day": [_day(day) for day in patterns.by_day],
        "by_hour_of_week": list(patterns.by_hour_of_week),
    }


def _memories(rows: MemoryRows) -> dict[str, Any]:
    statement, parameters = rows.values_list("number", "id", "occurred_at").query.sql_with_params()
    return read_columns(statement, parameters, {"number": BIGINT, "id": UUID_BYTES, "occurred": TIMESTAMP})


def mentions_of(rows: MemoryRows) -> tuple[Mentions, list[UUID]]:
    """Return what these memories name. Entities are places in the list of ids, which ascends; memories are numbers."""
    earlier = earlier_texts(rows)
    if earlier:
        rows = rows.exclude(id__in=[state.id for state in earlier])
    counted, parameters = rows.values("id", "number").query.sql_with_params()
    found = read_columns(
        _MENTIONS.format(counted=counted),
        parameters,
        {"entity": BIGINT, "entity_id": UUID_BYTES, "memory": BIGINT, "count": INTEGER},
    )
    _, first, entity = np.unique(found["entity"], return_index=True, return_inverse=True)
    mentions = Mentions(entity, found["memory"].astype(np.int64), found["count"].astype(np.int64))
    entity_ids = [UUID(bytes=entity_id) for entity_id in found["entity_id"][first].tolist()]
    return _with_earlier(mentions, entity_ids, earlier) if earlier else (mentions, entity_ids)


def _with_earlier(
    mentions: Mentions, entity_ids: list[UUID], states: Sequence[MemoryState]
) -> tuple[Mentions, list[UUID]]:
    """Add what the texts of these states name."""
    added = entities_in(states)
    known = sorted({*entity_ids, *(entity_id for _, entity_id, _ in added)})
    places = {entity_id: place for place, entity_id in enumerate(known)}
    moved = np.array([places[entity_id] for entity_id in entity_ids], dtype=np.int64)
    return (
        Mentions(
            np.concatenate([moved[mentions.entity], [places[entity_id] for _, entity_id, _ in added]]).astype(np.int64),
            np.concatenate([mentions.memory, [state.number for state, _, _ in added]]).astype(np.int64),
            np.concatenate([mentions.count, [count for _, _, count in added]]).astype(np.int64),
        ),
        known,
    )


def _relations(entity_ids: Sequence[UUID], relations: QuerySet[Relation]) -> NDArray[np.int64]:
    """Return the stated relations between entities of a list, as places in it, (r, 2)."""
    places = {entity_id: place for place, entity_id in enumerate(entity_ids)}
    pairs = [
        (places[source], places[target])
        for source, target in relations.values_list("source_id", "target_id").iterator()
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


def trend_of(scope: InsightScope, reader: Reader, *, now: datetime) -> dict[str, Any]:
    """Return the trend up to the end of the window, with its two windows of 30 days, whatever the window's start."""
    held = scope.as_of.valid or scope.as_of.recorded or now
    end = min(scope.occurred_before or held, held)
    middle, start = end - TREND_WINDOW, end - 2 * TREND_WINDOW
    counts = (
        memories_visible(reader=reader.to(Right.DERIVE), now=now, as_of=scope.as_of, memory_types=scope.memory_types)
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
