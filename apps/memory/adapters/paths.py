"""The shortest way between two entities, over stated relations and shared live memories, as one statement."""

from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from apps.memory.models import MemoryQuerySet, Relation


@dataclass(frozen=True, slots=True)
class Path:
    """Entities from source to target, and what joins each to the next: a relation's id, or None for a memory."""

    entity_ids: tuple[UUID, ...]
    relation_ids: tuple[int | None, ...]


def shortest_path(
    visible: MemoryQuerySet, stated: QuerySet[Relation] | None, *, source: UUID, target: UUID, most_steps: int
) -> Path | None:
    """Return a path with the fewest steps; a stated relation goes before a memory, then lower ids before higher.

    `stated` are the relations that it may take, None for all of them.
    """
    live, parameters = visible.values("id").query.sql_with_params()
    among, relations = ("", ()) if stated is None else stated.values("id").query.sql_with_params()
    only = f"AND relation.id IN ({among})" if among else ""
    with connection.cursor() as cursor:
        cursor.execute(
            _BREADTH_FIRST.format(live=live, only=only),
            [source, source, *relations, *relations, *parameters, 2 * most_steps, target],
        )
        row = cursor.fetchone()
    return Path(tuple(row[0]), tuple(row[1])) if row else None


# A step is two half-steps: from an entity to an edge (a memory, or a relation together with its far end), and from the
# edge to an entity. Going through memories costs as many rows as there are mentions; joining mentions with mentions
# would cost their squares. Each half-step keeps one way to each place, and the outer LIMIT ends the search at the
# first level that has the target, because a recursive query yields its levels in order and only as they are read.
_BREADTH_FIRST = """
    WITH RECURSIVE walk (place, relation_id, half, entities, relations) AS (
        SELECT %s::uuid, NULL::bigint, 0, ARRAY[%s::uuid], ARRAY[]::bigint[]
        UNION ALL
        SELECT level.* FROM (
            SELECT DISTINCT ON (step.place, step.relation_id IS NULL)
                step.place,
                step.relation_id,
                walk.half + 1,
                CASE walk.half %% 2 WHEN 0 THEN walk.entities ELSE array_append(walk.entities, step.place) END,
                CASE walk.half %% 2 WHEN 0 THEN walk.relations ELSE array_append(walk.relations, walk.relation_id) END
            FROM walk CROSS JOIN LATERAL (
                SELECT relation.target_id, relation.id FROM memory_relation relation
                WHERE walk.half %% 2 = 0 AND relation.source_id = walk.place {only}
                UNION ALL
                SELECT relation.source_id, relation.id FROM memory_relation relation
                WHERE walk.half %% 2 = 0 AND relation.target_id = walk.place {only}
                UNION ALL
                SELECT mention.memory_id, NULL FROM memory_mention mention
                WHERE walk.half %% 2 = 0 AND mention.entity_id = walk.place AND mention.memory_id IN ({live})
                UNION ALL
                SELECT walk.place, NULL WHERE walk.half %% 2 = 1 AND walk.relation_id IS NOT NULL
                UNION ALL
                SELECT mention.entity_id, NULL FROM memory_mention mention
                WHERE walk.half %% 2 = 1 AND walk.relation_id IS NULL AND mention.memory_id = walk.place
            ) AS step (place, relation_id)
            WHERE walk.half < %s AND NOT step.place = ANY (walk.entities)
            ORDER BY step.place, step.relation_id IS NULL, walk.relation_id, step.relation_id, walk.entities
        ) AS level
    )
    SELECT entities, relations FROM walk WHERE half %% 2 = 0 AND place = %s LIMIT 1
"""
