"""What is named together with some entities, strongest first, as one statement over the mentions."""

from collections.abc import Collection
from uuid import UUID

from django.db import connection

from apps.memory.models import MemoryQuerySet


def strongest_neighbours(
    visible: MemoryQuerySet, *, of: Collection[UUID], seen: Collection[UUID], kind: str | None, limit: int
) -> list[UUID]:
    """Return up to `limit` entities, of a kind if one is given, that are not among those seen.

    They go by their strongest edge to the entities in `of`, weighted as `engine.graph.association` says (ties by id).
    """
    live, parameters = visible.values("id").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_NEIGHBOURS.format(live=live), [*parameters, list(of), list(seen), list(of), kind, kind, limit])
        return [entity_id for (entity_id,) in cursor.fetchall()]


_NEIGHBOURS = """
    WITH live AS MATERIALIZED ({live}),
    near AS MATERIALIZED (
        SELECT entity_id, memory_id FROM memory_mention
        WHERE entity_id = ANY(%s) AND memory_id IN (SELECT id FROM live)
    ),
    met AS MATERIALIZED (
        SELECT near.entity_id AS one, mention.entity_id AS other, count(*) AS together
        FROM near JOIN memory_mention mention ON mention.memory_id = near.memory_id
        WHERE NOT mention.entity_id = ANY(%s)
        GROUP BY near.entity_id, mention.entity_id
    ),
    sizes AS MATERIALIZED (
        SELECT entity_id, count(*) AS memories FROM memory_mention
        WHERE memory_id IN (SELECT id FROM live)
            AND (entity_id IN (SELECT other FROM met) OR entity_id = ANY(%s))
        GROUP BY entity_id
    )
    SELECT met.other
    FROM met
    JOIN sizes AS one ON one.entity_id = met.one
    JOIN sizes AS other ON other.entity_id = met.other
    JOIN memory_entity entity ON entity.id = met.other AND (%s::text IS NULL OR entity.kind = %s)
    GROUP BY met.other
    ORDER BY max(
        met.together
        * ln(1 + (SELECT count(*) FROM live)::float * met.together / (one.memories * other.memories))
    ) DESC, met.other
    LIMIT %s
"""
