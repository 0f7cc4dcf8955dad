"""Which pairs of memories are worth comparing: those that share a rare name or stand near each other in meaning."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from django.db import connection

from apps.memory.adapters.vectors import VECTORS
from apps.memory.engine.ports import Scale
from apps.memory.models import Memory, Mention
from apps.memory.selectors.contexts import context_get

# For each memory, by the names that it shares and by each of its first passages.
_BY_NAMES = 20
_BY_MEANING = 12
_PASSAGES = 8
# So many of the nearest passages are looked at to find those: the trash and what was superseded may lie among them.
_LOOKED_AT = 64
# A name that more memories have says little of what they are about, and costs much to follow.
_RARE = 200
# Cosines, on the engine's scale; those of paraphrases and other wordings of one claim lie above.
_NEAR = 0.5

_SHARING = """
    WITH own AS (SELECT memory_id, entity_id FROM memory_mention WHERE memory_id = ANY(%s)),
    rare AS (
        SELECT entity_id, count(*) AS memories FROM memory_mention
        WHERE entity_id IN (SELECT entity_id FROM own) GROUP BY entity_id HAVING count(*) BETWEEN 2 AND %s
    )
    SELECT memory_id, other_id FROM (
        SELECT own.memory_id, other.memory_id AS other_id, row_number() OVER (
            PARTITION BY own.memory_id ORDER BY sum(1.0 / rare.memories) DESC, other.memory_id
        ) AS place
        FROM own JOIN rare USING (entity_id) JOIN memory_mention AS other USING (entity_id)
        JOIN memory_memory AS memory ON memory.id = other.memory_id
        WHERE other.memory_id <> own.memory_id AND memory.deleted_at IS NULL AND memory.superseded_at IS NULL
            AND memory.archived_at IS NULL
        GROUP BY own.memory_id, other.memory_id
    ) AS ranked WHERE place <= %s
"""
# Vectors alone are gone through, and a bounded number for each passage is joined to what it belongs to, of however many
# that are near; its own memory's passages are among the nearest, so there is room for them.
_NEARBY = f"""
    WITH own AS (
        SELECT id, memory_id, ordinal, count(*) OVER (PARTITION BY memory_id) AS passages
        FROM memory_chunk WHERE memory_id = ANY(%(ids)s)
    )
    SELECT memory_id, other_id FROM (
        SELECT near.memory_id, chunk.memory_id AS other_id, row_number() OVER (
            PARTITION BY near.chunk_id ORDER BY near.distance, chunk.memory_id
        ) AS place
        FROM (
            SELECT own.id AS chunk_id, own.memory_id, nearest.chunk_id AS other, nearest.distance
            FROM own JOIN {VECTORS} AS mine ON mine.chunk_id = own.id CROSS JOIN LATERAL (
                SELECT vector.chunk_id, vector.embedding <=> mine.embedding AS distance
                FROM {VECTORS} AS vector ORDER BY distance, vector.chunk_id LIMIT %(looked_at)s + own.passages
            ) AS nearest
            WHERE own.ordinal < %(passages)s AND nearest.distance < %(farthest)s
        ) AS near
        JOIN memory_chunk AS chunk ON chunk.id = near.other JOIN memory_memory AS memory ON memory.id = chunk.memory_id
        WHERE chunk.memory_id <> near.memory_id AND memory.deleted_at IS NULL AND memory.superseded_at IS NULL
    ) AS ranked WHERE place <= %(most)s
"""  # noqa: S608 - of constants


def candidates_of(
    memories: Sequence[Memory], *, replacing: Mapping[UUID, Collection[str]]
) -> Mapping[UUID, Collection[UUID]]:
    """Return for each memory the live ones that may say the same or contradict it: a bounded number.

    `replacing` are the keys of what memories say that they take the place of, whose nearness does not matter.
    """
    ids = [memory.id for memory in memories]
    epoch = context_get().epoch
    found: dict[UUID, set[UUID]] = defaultdict(set)
    with connection.cursor() as cursor:
        cursor.execute(_SHARING, [ids, _RARE, _BY_NAMES])
        for memory_id, other in cursor.fetchall():
            found[memory_id].add(other)
        cursor.execute(
            _NEARBY,
            {
                "epoch": epoch.id,
                "most": _BY_MEANING,
                "looked_at": _LOOKED_AT,
                "ids": ids,
                "passages": _PASSAGES,
                "farthest": 1 - Scale(epoch.zero, epoch.unit).cosine(_NEAR),
            },
        )
        for memory_id, other in cursor.fetchall():
            found[memory_id].add(other)
    for memory_id, keys in replacing.items():
        subjects = Mention.objects.filter(entity__key__in=keys, is_subject=True).exclude(memory_id=memory_id)
        found[memory_id].update(subjects.order_by("-memory_id").values_list("memory_id", flat=True)[:_BY_NAMES])
    return found
