"""The SDK's graph store over entities, their relations, and what live memories name together.

A node's id is its entity's key, so "Harbor  Checkout" and "harbor checkout" are one node. Entities that memories name
are nodes already; what is named together is read from memories and cannot be written here.
"""

from typing import Any, Never

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from apps.memory.adapters.kse.base import implements
from apps.memory.adapters.kse.nodes import Node, NodeStore, node_of, related
from apps.memory.adapters.paths import shortest_path
from apps.memory.engine.graph import MENTIONED_WITH
from apps.memory.engine.reader import EVERYTHING
from apps.memory.models import Entity, Memory, Mention, Relation
from apps.memory.selectors.graph import entities_visible
from apps.memory.services.changes import change_begin
from apps.memory.services.entities import EntityName, entities_ensure

# The strongest only: a hub is named together with thousands of things.
MAX_MENTIONED_WITH = 100
MAX_RELATED = 1_000
MAX_DEPTH = 6


@implements("GraphStoreInterface")
class GraphStore(NodeStore):
    """A node is `{"id": str, "labels": [str], "properties": {"name": str, ...}}`. Writes to unknown nodes raise."""

    async def create_node(self, node_id: str, labels: list[str], properties: dict[str, Any]) -> bool:
        """Create a node; False if there is one already, which stays as it is. The label is the entity's kind."""
        return await self._run(self._create_node, node_id, labels, properties)

    async def update_node(self, node_id: str, properties: dict[str, Any]) -> bool:
        """Merge properties into a node's; `name` renames it, its id stays."""
        return await self._run(self._update_node, node_id, properties)

    async def delete_node(self, node_id: str) -> bool:
        """Delete a node with its relations and mentions; the memories stay. False if it is unknown."""
        return await self._run(self._delete_node, node_id)

    async def create_relationship(
        self, source_id: str, target_id: str, relationship_type: str, properties: dict[str, Any] | None = None
    ) -> bool:
        """State a relation between two nodes; False if it was stated already, which stays as it is."""
        return await self._run(self._create_relation, source_id, target_id, relationship_type, properties or {})

    async def delete_relationship(self, source_id: str, target_id: str, relationship_type: str) -> bool:
        """Withdraw a relation; False if there is none."""
        return await self._run(self._delete_relation, source_id, target_id, relationship_type)

    async def get_node(self, node_id: str) -> Node | None:
        """Return a node; None if it is unknown or only memories in the trash, or expired ones, still tell of it."""
        return await self._run(self._get_node, node_id)

    async def get_neighbors(self, node_id: str, relationship_types: list[str] | None = None) -> list[Node]:
        """Return nodes with `relationship`: type, direction, properties. First relations, then co-mentions.

        A node comes once for each relation. The type `mentioned_with` selects co-mentions, the strongest first with
        the number of `memories` that name both. An unknown node has no neighbours.
        """
        return await self._run(self._neighbours, node_id, relationship_types)

    async def find_path(self, source_id: str, target_id: str, max_depth: int = 3) -> list[Node] | None:
        """Return the nodes of a shortest path over relations and co-mentions, both ends included.

        Each node but the first has the `relationship` that leads to it. None without a path of at most `max_depth`
        steps (1 to 6) or when an end is unknown.
        """
        return await self._run(self._path, source_id, target_id, max_depth)

    async def execute_query(self, query: str, parameters: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """Raise: a query language would reach past the organisation's scope."""
        self._refuse_query(query, parameters)

    def _refuse_query(self, *_: object) -> Never:
        raise self.refusal("queries in a language of the store's own are not run; use the other methods")

    def _create_node(self, node_id: str, labels: list[str], properties: dict[str, Any]) -> bool:
        name, rest = self.properties(properties)
        key, kind = self.key(node_id), self.label(labels)
        with transaction.atomic():
            change = change_begin(now=timezone.now())
            if Entity.objects.filter(key=key).exists():
                return False
            made = entities_ensure(names={key: EntityName(name or node_id, kind)}, change=change)[key]
            made.properties = rest
            made.save(update_fields=["properties"])
        return True

    def _update_node(self, node_id: str, properties: dict[str, Any]) -> bool:
        name, rest = self.properties(properties)
        with transaction.atomic():
            change_begin(now=timezone.now())
            entity = Entity.objects.select_for_update().get(id=self.found(node_id).id)
            entity.name = name or entity.name
            entity.properties = self.storable({**entity.properties, **rest})
            entity.save(update_fields=["name", "properties"])
        return True

    def _delete_node(self, node_id: str) -> bool:
        if self.find(node_id) is None:
            return False
        with transaction.atomic():
            change_begin(now=timezone.now())
            entity = self.find(node_id)
            if entity is not None:
                entity.delete()
        return entity is not None

    def _create_relation(
        self, source_id: str, target_id: str, relationship_type: str, properties: dict[str, Any]
    ) -> bool:
        kind, stated = self.stated_kind(relationship_type), self.storable(properties)
        source, target = self.found(source_id), self.found(target_id)
        if source == target:
            raise self.refusal("a relation joins two different nodes")
        with transaction.atomic():
            change_begin(now=timezone.now())
            _, created = Relation.objects.get_or_create(
                source=source, target=target, kind=kind, defaults={"properties": stated}
            )
        return created

    def _delete_relation(self, source_id: str, target_id: str, relationship_type: str) -> bool:
        kind = self.stated_kind(relationship_type)
        source, target = self.find(source_id), self.find(target_id)
        with transaction.atomic():
            change_begin(now=timezone.now())
            deleted, _ = Relation.objects.filter(source=source, target=target, kind=kind).delete()
        return deleted > 0

    def _get_node(self, node_id: str) -> Node | None:
        entity = self.find(node_id)
        if entity is None or not entities_visible(EVERYTHING, now=timezone.now()).filter(id=entity.id).exists():
            return None
        return node_of(entity)

    def _neighbours(self, node_id: str, relationship_types: list[str] | None) -> list[Node]:
        kinds = None if relationship_types is None else [self.kind(one) for one in relationship_types]
        entity = self.find(node_id)
        if entity is None:
            return []
        found = self._relations(entity, kinds)
        if kinds is None or MENTIONED_WITH in kinds:
            found += self._mentioned_with(entity)
        return found

    def _relations(self, entity: Entity, kinds: list[str] | None) -> list[Node]:
        rows = Relation.objects.select_related("source", "target").order_by("kind", "id")
        if kinds is not None:
            rows = rows.filter(kind__in=kinds)
        leaving = rows.filter(source=entity)[:MAX_RELATED]
        coming = rows.filter(target=entity)[:MAX_RELATED]
        return [
            *(related(row.target, kind=row.kind, direction="out", properties=row.properties) for row in leaving),
            *(related(row.source, kind=row.kind, direction="in", properties=row.properties) for row in coming),
        ]

    def _mentioned_with(self, entity: Entity) -> list[Node]:
        live = Memory.objects.live(timezone.now()).filter(mentions__entity=entity)
        counts = dict(
            Mention.objects.filter(memory__in=live.values("id"))
            .exclude(entity=entity)
            .values_list("entity_id")
            .annotate(memories=Count("memory_id"))
            .order_by("-memories", "entity__key")[:MAX_MENTIONED_WITH]
        )
        entities = Entity.objects.in_bulk(counts)
        return [
            related(entities[one], kind=MENTIONED_WITH, direction="both", properties={"memories": memories})
            for one, memories in counts.items()
            # Deleted since it was counted.
            if one in entities
        ]

    def _path(self, source_id: str, target_id: str, max_depth: int) -> list[Node] | None:
        most_steps = self.whole(max_depth, name="max_depth", most=MAX_DEPTH)
        source, target = self.find(source_id), self.find(target_id)
        if source is None or target is None:
            return None
        live = Memory.objects.live(timezone.now())
        path = shortest_path(live, None, source=source.id, target=target.id, most_steps=most_steps)
        if path is None:
            return None
        entities = Entity.objects.in_bulk(path.entity_ids)
        stated_ids = [one for one in path.relation_ids if one is not None]
        relations = Relation.objects.in_bulk(stated_ids)
        if len(entities) < len(path.entity_ids) or len(relations) < len(stated_ids):
            # Deleted since it was found.
            return None
        nodes = [node_of(source)]
        for entity_id, relation_id in zip(path.entity_ids[1:], path.relation_ids, strict=True):
            entity = entities[entity_id]
            if relation_id is None:
                nodes.append(related(entity, kind=MENTIONED_WITH, direction="both", properties={}))
            else:
                stated = relations[relation_id]
                direction = "out" if stated.target_id == entity_id else "in"
                nodes.append(related(entity, kind=stated.kind, direction=direction, properties=stated.properties))
        return nodes
