"""The knowledge graph: entities, what is named together, and what was stated. Only live memories count."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import Aggregate, Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from numpy.typing import NDArray

from apps.core.api.pagination import page_of
from apps.memory.adapters.paths import shortest_path
from apps.memory.engine.entities import normalise_key
from apps.memory.engine.graph import MENTIONED_WITH, CoMentions, association
from apps.memory.engine.reader import Reader, Right
from apps.memory.exceptions import EntityNotFound
from apps.memory.models import Entity, Memory, MemoryQuerySet, MemoryRows, Mention, Relation
from apps.memory.selectors.insights import InsightScope, memories_counted, mentions_of
from apps.memory.selectors.readers import readable, relations_visible
from apps.memory.types import PRESENT

MAX_HOPS = 4
_EVIDENCE = 5
# Edges that are shown for each node that may be: more make a picture black.
_EDGES_PER_NODE = 4


@dataclass(frozen=True, slots=True)
class _Shared:
    """The weight of being named together, and the numbers of the latest memories that do it."""

    weight: float
    numbers: Sequence[int]


@dataclass(frozen=True, slots=True)
class _Edge:
    source: UUID
    target: UUID
    kind: str
    weight: float
    numbers: Sequence[int]


# By the places of the two entities in a list, the smaller one first.
_SharedPairs = Mapping[tuple[int, int], _Shared]


class _Live:
    """What live memories name together, read once for a request: a fifth of a second at half a million mentions."""

    def __init__(self, live: MemoryRows) -> None:
        mentions, self.entity_ids = mentions_of(live)
        self.places = {entity_id: place for place, entity_id in enumerate(self.entity_ids)}
        self.graph = CoMentions(mentions, entities=len(self.entity_ids))
        self.total = live.count()

    def allowed(self, kind: str | None) -> NDArray[np.bool_]:
        """Return for each entity whether it is of the kind, if one is given."""
        allowed = np.full(len(self.entity_ids), kind is None)
        if kind is not None:
            rows = Entity.objects.filter(kind=kind).values_list("id", flat=True).iterator()
            allowed[[self.places[entity_id] for entity_id in rows if entity_id in self.places]] = True
        return allowed

    def known(self, node_ids: Sequence[UUID]) -> NDArray[np.int64]:
        """Return the places of those entities that live memories name."""
        return np.array([self.places[one] for one in node_ids if one in self.places], dtype=np.int64)

    def shared(self, node_ids: Sequence[UUID]) -> _SharedPairs:
        named = [place for place, node_id in enumerate(node_ids) if node_id in self.places]
        nodes = self.known(node_ids)
        pairs = self.graph.shared(nodes, evidence=_EVIDENCE)
        ends = nodes[np.array(list(pairs), dtype=np.int64).reshape(-1, 2)]
        together = np.array([count for count, _ in pairs.values()], dtype=np.int64)
        sizes = self.graph.memories[ends]
        weights = association(together, sizes[:, 0], sizes[:, 1], memories=self.total)
        return {
            (named[one], named[other]): _Shared(round(weight, 6), numbers)
            for ((one, other), (_, numbers)), weight in zip(pairs.items(), weights.tolist(), strict=True)
        }

    def nodes(self, node_ids: Sequence[UUID]) -> list[dict[str, Any]]:
        entities = Entity.objects.in_bulk(list(node_ids))
        nodes = []
        for node_id in node_ids:
            place = self.places.get(node_id)
            mentions, memories = (0, 0) if place is None else (self.graph.mentions[place], self.graph.memories[place])
            if node_id in entities:
                nodes.append(_node(entities[node_id], mentions=int(mentions), memories=int(memories)))
        return nodes


def _counted(reader: Reader, *, now: datetime) -> MemoryQuerySet:
    """Return the live memories of which a reader is told what they name."""
    return readable(reader.to(Right.DERIVE)).live(now)


def entities_visible(reader: Reader, *, now: datetime) -> QuerySet[Entity]:
    """Return the entities that an open, live memory names, or that are stated in a relation.

    What is named by memories in the trash or expired ones alone is not among them; to who reads everything what no
    memory names at all is.
    """
    named = Mention.objects.filter(entity=OuterRef("id"))
    live = named.filter(memory__in=_counted(reader, now=now).values("id"))
    stated = relations_visible(reader.to(Right.DERIVE)).filter(Q(source=OuterRef("id")) | Q(target=OuterRef("id")))
    found = Exists(live) | Exists(stated)
    return Entity.objects.filter(found | ~Exists(named) if reader.everything else found)


def entity_get(text: str, reader: Reader, *, now: datetime) -> Entity:
    """Return the visible entity of an id or a name, in any spelling; raises `EntityNotFound`."""
    return _entity(text, entities_visible(reader, now=now))


def _entity(text: str, visible: QuerySet[Entity]) -> Entity:
    try:
        entity = visible.filter(id=UUID(text)).first()
    except ValueError:
        keys = list(dict.fromkeys((text, text.casefold(), normalise_key(text))))
        found = {entity.key: entity for entity in visible.filter(key__in=keys)}
        entity = next((found[key] for key in keys if key in found), None)
    if entity is None:
        raise EntityNotFound("No live memory names such an entity.")
    return entity


def entities_page(
    *, reader: Reader, text: str, kind: str | None, cursor: str | None, limit: int, now: datetime
) -> dict[str, Any]:
    """Return a page of the visible entities in the order of their keys; `text` is a part of the name."""
    rows = entities_visible(reader, now=now)
    if text:
        rows = rows.filter(Q(name__icontains=text) | Q(key__icontains=text))
    if kind is not None:
        rows = rows.filter(kind=kind)
    live = _counted(reader, now=now)
    counted = rows.annotate(mentioned=_of_live(Sum("count"), live), memories=_of_live(Count("id"), live))
    return page_of(counted, order="key", cursor=cursor, limit=limit, present=_listed)


def _of_live(number: Aggregate, live: MemoryQuerySet) -> Coalesce:
    """Return an aggregate over the mentions of an entity in live memories."""
    mentions = Mention.objects.filter(entity=OuterRef("id"), memory__in=live.values("id"))
    grouped = mentions.order_by().values("entity").annotate(number=number)
    return Coalesce(Subquery(grouped.values("number"), output_field=IntegerField()), 0)


def _listed(entity: Any) -> dict[str, Any]:
    return _node(entity, mentions=entity.mentioned, memories=entity.memories)


def _node(entity: Entity, *, mentions: int, memories: int) -> dict[str, Any]:
    return {
        "id": str(entity.id),
        "name": entity.name,
        "kind": entity.kind,
        "mentions": mentions,
        "memories": memories,
    }


def graph_present(
    *,
    reader: Reader,
    entity: str | None,
    depth: int,
    limit: int,
    kind: str | None,
    scope: InsightScope,
    now: datetime,
) -> dict[str, Any]:
    """Return up to `limit` entities and the edges between them, strongest first.

    Without an entity they are the most mentioned ones, with one those up to `depth` steps from it: stated relations
    first, then the strongest co-mentions. `kind` is that of the entities, apart from the one asked for. Only memories
    of the scope count. Raises `EntityNotFound`.
    """
    visible = memories_counted(scope, reader, now=now)
    stated = relations_visible(reader.to(Right.DERIVE))
    if not scope.whole:
        stated = stated.filter(evidence__memory_id__in=visible.values_list("id", flat=True)).distinct()
    live = _Live(visible)
    if entity is None:
        strongest = live.graph.strongest(live.allowed(kind))[:limit]
        node_ids = [live.entity_ids[place] for place in strongest]
    else:
        among = _entities_of(live, stated, reader, scope, now=now)
        centre = _entity(entity, among).id
        node_ids = _around(centre, live, stated, among, depth=depth, kind=kind, limit=limit)
    shared = live.shared(node_ids)
    mentioned = [_mentioned(node_ids[one], node_ids[other], pair) for (one, other), pair in shared.items()]
    heaviest = sorted(mentioned, key=lambda edge: (-edge.weight, edge.source, edge.target))
    edges = [*_relations(shared, node_ids, stated), *heaviest][: limit * _EDGES_PER_NODE]
    return {"nodes": live.nodes(node_ids), "edges": _edges(edges)}


def _entities_of(
    live: _Live, stated: QuerySet[Relation], reader: Reader, scope: InsightScope, *, now: datetime
) -> QuerySet[Entity]:
    """Return the entities that a graph of a moment may show."""
    if scope.as_of == PRESENT:
        return entities_visible(reader, now=now)
    if reader.everything:
        return Entity.objects.all()
    ends = stated.filter(Q(source=OuterRef("id")) | Q(target=OuterRef("id")))
    return Entity.objects.filter(Q(id__in=live.entity_ids) | Exists(ends))


def path_present(*, reader: Reader, source: str, target: str, now: datetime) -> dict[str, Any]:
    """Return a shortest path of up to four hops, with the memories on the way. Raises `EntityNotFound`."""
    visible = _counted(reader, now=now)
    ends = [entity_get(end, reader, now=now).id for end in (source, target)]
    stated = None if reader.everything else relations_visible(reader.to(Right.DERIVE))
    path = shortest_path(visible, stated, source=ends[0], target=ends[1], most_steps=MAX_HOPS)
    if path is None:
        return {"hops": None, "nodes": [], "edges": []}
    live = _Live(visible)
    shared = live.shared(path.entity_ids)
    relations = Relation.objects.in_bulk([one for one in path.relation_ids if one is not None])
    edges = []
    for place, relation_id in enumerate(path.relation_ids):
        pair = shared.get((place, place + 1))
        # What was deleted since the path was found is no edge any more.
        if relation_id in relations:
            edges.append(_stated(relations[relation_id], pair))
        elif relation_id is None and pair is not None:
            edges.append(_mentioned(path.entity_ids[place], path.entity_ids[place + 1], pair))
    return {"hops": len(path.relation_ids), "nodes": live.nodes(path.entity_ids), "edges": _edges(edges)}


def _around(
    centre: UUID,
    live: _Live,
    stated: QuerySet[Relation],
    among: QuerySet[Entity],
    *,
    depth: int,
    kind: str | None,
    limit: int,
) -> list[UUID]:
    """Return the centre and what is found step by step, until there are enough."""
    found, frontier = [centre], [centre]
    allowed = live.allowed(kind)
    for _ in range(depth):
        wanted = limit - len(found)
        if wanted <= 0 or not frontier:
            break
        beside = _related(frontier, stated, among, seen=found, kind=kind)[:wanted]
        allowed[live.known([*found, *beside])] = False
        met = live.graph.neighbours(live.known(frontier), allowed, total_memories=live.total)
        frontier = [*beside, *(live.entity_ids[place] for place in met[: wanted - len(beside)])]
        found += frontier
    return found


def _related(
    of: Sequence[UUID],
    stated: QuerySet[Relation],
    among: QuerySet[Entity],
    *,
    seen: Sequence[UUID],
    kind: str | None,
) -> list[UUID]:
    """Return the unseen entities that stated relations join to some others, in the order in which they were stated."""
    pairs = stated.filter(Q(source__in=of) | Q(target__in=of)).order_by("id")
    ends = dict.fromkeys(end for pair in pairs.values_list("source_id", "target_id") for end in pair)
    allowed = among.filter(id__in=ends)
    if kind is not None:
        allowed = allowed.filter(kind=kind)
    known = set(allowed.values_list("id", flat=True)).difference(seen)
    return [end for end in ends if end in known]


def _relations(shared: _SharedPairs, node_ids: Sequence[UUID], stated: QuerySet[Relation]) -> list[_Edge]:
    places = {node_id: place for place, node_id in enumerate(node_ids)}
    rows = stated.filter(source__in=node_ids, target__in=node_ids).order_by("id")
    found = []
    for relation in rows:
        first, second = sorted((places[relation.source_id], places[relation.target_id]))
        found.append(_stated(relation, shared.get((first, second))))
    return found


def _mentioned(one: UUID, other: UUID, pair: _Shared) -> _Edge:
    return _Edge(one, other, MENTIONED_WITH, pair.weight, pair.numbers)


def _stated(relation: Relation, pair: _Shared | None) -> _Edge:
    return _Edge(relation.source_id, relation.target_id, relation.kind, 1.0, pair.numbers if pair else ())


def _edges(edges: Sequence[_Edge]) -> list[dict[str, Any]]:
    numbers = {number for edge in edges for number in edge.numbers}
    ids = dict(Memory.objects.filter(number__in=numbers).values_list("number", "id"))
    return [
        {
            "source": str(edge.source),
            "target": str(edge.target),
            "kind": edge.kind,
            "weight": edge.weight,
            "memory_ids": [str(ids[number]) for number in edge.numbers if number in ids],
        }
        for edge in edges
    ]
