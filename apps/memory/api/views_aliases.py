"""Names that mean the same entity, over HTTP."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import Permission
from apps.core.api.serializers import StrictSerializer
from apps.memory.api.base import MemoryApiView
from apps.memory.engine.reader import Reader
from apps.memory.models import Entity
from apps.memory.selectors.readers import entities_named
from apps.memory.services.aliases import aliases_proposed, entity_get, entity_merge, entity_part

# More than anybody reviews at once; the surest come first.
MAX_PROPOSED = 200


class EntityNameOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.CharField()
    type = serializers.CharField()


class AliasOutput(serializers.Serializer[Any]):
    alias = EntityNameOutput()
    entity = EntityNameOutput()
    reason = serializers.CharField()
    confidence = serializers.CharField()


class AliasesOutput(serializers.Serializer[Any]):
    results = AliasOutput(many=True)
    total = serializers.IntegerField()


class MergeInput(StrictSerializer):
    into = serializers.UUIDField(help_text="The entity of which this one is another name.")


class MergeOutput(serializers.Serializer[Any]):
    entity = EntityNameOutput()
    alias_of = EntityNameOutput(allow_null=True)


class AliasesView(MemoryApiView):
    access = {"GET": Permission.MEMORY_READ}

    @extend_schema(responses=AliasesOutput)
    def get(self, request: Request) -> Response:
        """Pairs of names that may mean the same, the certain ones first, at most 200."""
        found = sorted(aliases_proposed(self.reader), key=lambda one: one[0].confidence)
        rows = [
            {
                "alias": _name(alias),
                "entity": _name(entity),
                "reason": one.reason,
                "confidence": one.confidence,
            }
            for one, alias, entity in found[:MAX_PROPOSED]
        ]
        return Response({"results": rows, "total": len(found)})


class EntityMergeView(MemoryApiView):
    access = {"POST": Permission.MEMORY_WRITE, "DELETE": Permission.MEMORY_WRITE}

    @extend_schema(request=MergeInput, responses=MergeOutput)
    def post(self, request: Request, entity_id: UUID) -> Response:
        """Make an entity another name of a second one; searches take them for the same from then on."""
        entity_get(entity_id=entity_id, reader=self.reader)
        into = self.valid_body(request, MergeInput)["into"]
        merged = entity_merge(alias_id=entity_id, into_id=into, reader=self.reader, now=timezone.now())
        return _merged(merged, self.reader)

    @extend_schema(responses=MergeOutput)
    def delete(self, request: Request, entity_id: UUID) -> Response:
        """Undo the merge of an entity into another."""
        return _merged(entity_part(alias_id=entity_id, reader=self.reader, now=timezone.now()), self.reader)


def _merged(entity: Entity, reader: Reader) -> Response:
    # What it was merged into may be another name itself, of what is closed to the caller.
    into = entity.alias_of
    is_open = into is not None and entities_named(reader).filter(id=into.id).exists()
    return Response({"entity": _name(entity), "alias_of": _name(into) if into and is_open else None})


def _name(entity: Entity) -> dict[str, Any]:
    return {"id": str(entity.id), "name": entity.name, "kind": entity.kind, "type": entity.type or "unknown"}
