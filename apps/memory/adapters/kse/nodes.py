"""What a node of the knowledge graph looks like to users of the SDK, and how they may name one."""

import re
from copy import deepcopy
from typing import Any

from apps.memory.adapters.kse.base import Store
from apps.memory.engine.entities import KEY_CHARACTERS, extract_mentions, normalise_key
from apps.memory.engine.graph import MENTIONED_WITH
from apps.memory.engine.types import MentionKind
from apps.memory.models import Entity

_MAX_RELATION = 100
_MAX_LABEL = 20
_MAX_NAME = 200
_DEFAULT_LABEL = MentionKind.NAME.value
# PostgreSQL stores neither NUL nor half of a surrogate pair.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

Node = dict[str, Any]


class NodeStore(Store):
    """Names and shapes; what reads and writes stands in `graph`."""

    error = "GraphStoreError"

    def key(self, node_id: object) -> str:
        """Return the key that a memory which names the node would give it."""
        text = self.text(node_id, name="a node id", most=KEY_CHARACTERS)
        for mention in extract_mentions(text):
            # The dots and underscores around these belong to them.
            if mention.name == text and mention.kind in {MentionKind.EMAIL, MentionKind.HANDLE}:
                return mention.key
        key = normalise_key(text)
        if not key:
            raise self.refusal("a node id has a letter or a digit")
        return key

    def find(self, node_id: object) -> Entity | None:
        """Return the entity of a node id. The ids that this store gave out are found as they are."""
        if not isinstance(node_id, str) or len(node_id) > KEY_CHARACTERS or _UNSTORABLE.search(node_id):
            return None
        exact = Entity.objects.filter(key=node_id).first()
        if exact is not None or not normalise_key(node_id):
            return exact
        return Entity.objects.filter(key=self.key(node_id)).first()

    def found(self, node_id: object) -> Entity:
        entity = self.find(node_id)
        if entity is None:
            raise self.refusal(f"there is no node {node_id!r}")
        return entity

    def label(self, labels: object) -> str:
        """Return the kind of an entity: it has one, so more than one label is refused."""
        if not isinstance(labels, list | tuple) or len(labels) > 1:
            raise self.refusal("a node has at most one label")
        return self.text(labels[0], name="a label", most=_MAX_LABEL) if labels else _DEFAULT_LABEL

    def kind(self, relationship_type: object) -> str:
        return self.text(relationship_type, name="a relationship type", most=_MAX_RELATION)

    def stated_kind(self, relationship_type: object) -> str:
        kind = self.kind(relationship_type)
        if kind == MENTIONED_WITH:
            raise self.refusal(f"{MENTIONED_WITH} follows from the memories and cannot be stated or withdrawn")
        return kind

    def properties(self, given: object) -> tuple[str | None, dict[str, Any]]:
        """Return the display name, if there is one among the properties, and the others."""
        rest = self.storable(given)
        name = rest.pop("name", None)
        return None if name is None else self.text(name, name="the name", most=_MAX_NAME), rest

    def text(self, value: object, *, name: str, most: int) -> str:
        if not isinstance(value, str) or not value.strip() or len(value) > most or _UNSTORABLE.search(value):
            raise self.refusal(f"{name} is text of 1 to {most} characters that can be stored")
        return value


def node_of(entity: Entity) -> Node:
    return {
        "id": entity.key,
        "labels": [entity.kind],
        "properties": {"name": entity.name, **deepcopy(entity.properties)},
    }


def related(entity: Entity, *, kind: str, direction: str, properties: dict[str, Any]) -> Node:
    """Return a neighbour; `direction` is "out", "in", or "both" for what has none."""
    edge = {"type": kind, "direction": direction, "properties": deepcopy(properties)}
    return {**node_of(entity), "relationship": edge}
