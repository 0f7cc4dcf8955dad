"""The SDK's graph store over entities, stated relations, and what memories name together.

A node's id is its entity's key, the normalised name. Relations that somebody stated have their own types; two entities
that a live memory names together are neighbours of the type `mentioned_with`, which nobody can state or delete.
"""

from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from psycopg import sql

from apps.memory.engine.entities import normalise_key
from apps.memory.kse.bound import OrganizationBound, plain, refuse
from apps.memory.kse.contract import kse_contract
from apps.memory.models import Entity, Relation

_ERROR = "GraphStoreError"
MENTIONED_WITH = "mentioned_with"
MAX_DEPTH = 6
MAX_NEIGHBOURS = 500
_KIND_LENGTH = 20
_TYPE_LENGTH = 100

Node = dict[str, Any]


class PostgresGraphStore(OrganizationBound):
    async def create_node(self, node_id: str, labels: list[str], properties: dict[str, Any]) -> bool:
        """Create an entity; the first label is its kind. Returns False if it exists."""
        key = _key(node_id, "create_node")
        kind = labels[0] if labels else "name"
        if len(labels) > 1 or not 1 <= len(kind) <= _KIND_LENGTH:
            refuse(_ERROR, "create_node", f"a node has one label of 1 to {_KIND_LENGTH} characters")
        stored = plain(properties)
        name = str(stored.pop("name", node_id))[:200]

        def create() -> bool:
            _, created = Entity.objects.get_or_create(
                key=key, defaults={"name": name, "kind": kind, "properties": stored}
            )
            return created

        return await self._run(create)

    async def update_node(self, node_id: str, properties: dict[str, Any]) -> bool:
        """Replace the properties of an entity; returns False if there is none."""
        key = _key(node_id, "update_node")
        return await self._run(lambda: Entity.objects.filter(key=key).update(properties=plain(properties)) > 0)

    async def delete_node(self, node_id: str) -> bool:
        """Delete an entity with its relations and mentions; memories stay. Returns False if there is none."""
        key = _key(node_id, "delete_node")
        return await self._run(lambda: Entity.objects.filter(key=key).delete()[0] > 0)

    async def create_relationship(
        self, source_id: str, target_id: str, relationship_type: str, properties: dict[str, Any] | None = None
    ) -> bool:
        """State a relation, or replace the properties of a stated one. Raises `GraphStoreError` for unknown nodes."""
        source, target = _key(source_id, "create_relationship"), _key(target_id, "create_relationship")
        kind = _relation_type(relationship_type, "create_relationship")

        def create() -> bool:
            ids = dict(Entity.objects.filter(key__in=[source, target]).values_list("key", "id"))
            if source not in ids or target not in ids:
                refuse(_ERROR, "create_relationship", "both nodes must exist")
            with transaction.atomic():
                Relation.objects.update_or_create(
                    source_id=ids[source], target_id=ids[target], kind=kind, defaults={"properties": plain(properties)}
                )
            return True

        try:
            return await self._run(create)
        except IntegrityError:
            refuse(_ERROR, "create_relationship", "a node was deleted meanwhile")

    async def delete_relationship(self, source_id: str, target_id: str, relationship_type: str) -> bool:
        source, target = _key(source_id, "delete_relationship"), _key(target_id, "delete_relationship")
        kind = _relation_type(relationship_type, "delete_relationship")
        rows = Q(source__key=source, target__key=target, kind=kind)
        return await self._run(lambda: Relation.objects.filter(rows).delete()[0] > 0)

    async def get_node(self, node_id: str) -> Node | None:
        key = _key(node_id, "get_node")

        def get() -> Node | None:
            entity = Entity.objects.filter(key=key).first()
            return None if entity is None else _node(entity)

        return await self._run(get)

    async def get_neighbors(self, node_id: str, relationship_types: list[str] | None = None) -> list[Node]:
        """Return neighbours over relations in either direction and over common memories, each with its types."""
        key = _key(node_id, "get_neighbors")

        def get() -> list[Node]:
            with connection.cursor() as cursor:
                ids = list(Entity.objects.filter(key=key).values_list("id", flat=True))
                cursor.execute(_NEIGHBOURS, {"ids": ids, "types": relationship_types, "limit": MAX_NEIGHBOURS})
                types = dict(cursor.fetchall())
            entities = Entity.objects.filter(id__in=types).order_by("key")
            return [{**_node(entity), "relationship_types": types[entity.id]} for entity in entities]

        return await self._run(get)

    async def find_path(self, source_id: str, target_id: str, max_depth: int = 3) -> list[Node] | None:
        """Return the nodes of a shortest path, both ends included, or None; `max_depth` edges at most (1 to 6)."""
        source, target = _key(source_id, "find_path"), _key(target_id, "find_path")
        if not 1 <= max_depth <= MAX_DEPTH:
            refuse(_ERROR, "find_path", f"max_depth must lie between 1 and {MAX_DEPTH}")

        def find() -> list[Node] | None:
            ids = dict(Entity.objects.filter(key__in=[source, target]).values_list("key", "id"))
            if source not in ids or target not in ids:
                return None
            path = _shortest_path(ids[source], ids[target], max_depth=max_depth)
            entities = {entity.id: entity for entity in Entity.objects.filter(id__in=path)}
            return [_node(entities[entity_id]) for entity_id in path] or None

        return await self._run(find)

    async def execute_query(self, query: str, parameters: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        del query, parameters
        refuse(_ERROR, "execute_query", "a free query could reach more than this organisation's graph")


def _key(node_id: str, operation: str) -> str:
    key = normalise_key(node_id)
    if not key:
        refuse(_ERROR, operation, "a node needs a name")
    return key


def _relation_type(value: str, operation: str) -> str:
    if value == MENTIONED_WITH:
        refuse(_ERROR, operation, f"{MENTIONED_WITH} follows from memories and cannot be stated or deleted")
    if not 1 <= len(value) <= _TYPE_LENGTH:
        refuse(_ERROR, operation, f"a relationship type has 1 to {_TYPE_LENGTH} characters")
    return value


def _shortest_path(source: UUID, target: UUID, *, max_depth: int) -> list[UUID]:
    """Search breadth first, one query a level; every node is visited once. Returns [] if there is no path."""
    came_from: dict[UUID, UUID | None] = {source: None}
    frontier = [source]
    for _ in range(max_depth):
        if target in came_from or not frontier:
            break
        with connection.cursor() as cursor:
            cursor.execute(_STEP, {"ids": frontier})
            edges = cursor.fetchall()
        frontier = []
        for near, far in edges:
            if far not in came_from:
                came_from[far] = near
                frontier.append(far)
    path: list[UUID] = []
    step: UUID | None = target if target in came_from else None
    while step is not None:
        path.append(step)
        step = came_from[step]
    return path[::-1]


def _node(entity: Entity) -> Node:
    return {
        "id": entity.key,
        "labels": [entity.kind],
        "properties": {**entity.properties, "name": entity.name},
    }


# Edges of the given nodes, in both directions. Memories in the trash or expired connect nothing.
_EDGES = sql.SQL("""
    SELECT source_id AS a, target_id AS b, kind AS type FROM memory_relation WHERE source_id = ANY(%(ids)s)
    UNION ALL
    SELECT target_id, source_id, kind FROM memory_relation WHERE target_id = ANY(%(ids)s)
    UNION ALL
    SELECT one.entity_id, other.entity_id, {mentioned_with}
    FROM memory_mention one JOIN memory_mention other
        ON other.memory_id = one.memory_id AND other.entity_id <> one.entity_id
    JOIN memory_memory memory ON memory.id = one.memory_id AND memory.deleted_at IS NULL
        AND (memory.expires_at IS NULL OR memory.expires_at > now())
    WHERE one.entity_id = ANY(%(ids)s)
""").format(mentioned_with=sql.Literal(MENTIONED_WITH))
_NEIGHBOURS = sql.SQL("""
    SELECT b, array_agg(DISTINCT type ORDER BY type) FROM ({edges}) AS edges
    WHERE %(types)s::text[] IS NULL OR type = ANY(%(types)s::text[])
    GROUP BY b ORDER BY b LIMIT %(limit)s
""").format(edges=_EDGES)
_STEP = sql.SQL("SELECT DISTINCT a, b FROM ({edges}) AS edges ORDER BY a, b").format(edges=_EDGES)


kse_contract().interface("GraphStoreInterface").register(PostgresGraphStore)
