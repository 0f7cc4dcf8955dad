"""The memory as a whole over HTTP: insights, the map, the graph, and the concepts of one memory."""

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import Permission
from apps.core.api.serializers import StrictSerializer
from apps.memory.api import serializers_insights as io
from apps.memory.api.base import MemoryApiView
from apps.memory.api.serializers import as_of_of
from apps.memory.selectors.concepts import memory_concepts
from apps.memory.selectors.graph import entities_page, graph_present, path_present
from apps.memory.selectors.insights import InsightScope
from apps.memory.selectors.related import related_present
from apps.memory.services.insights import insights_read, map_read


class InsightsView(MemoryApiView):
    access = {"GET": Permission.MEMORY_READ}

    @extend_schema(operation_id="memory_insights", parameters=[io.InsightsQuery], responses=io.InsightsOutput)
    def get(self, request: Request) -> Response:
        """What the memory as a whole, or a part of it, is about."""
        given = request.query_params
        repeated = {"memory_types": given.getlist("memory_types")} if "memory_types" in given else {}
        checked = io.InsightsQuery(data={**given.dict(), **repeated})
        checked.is_valid(raise_exception=True)
        now = timezone.now()
        scope = io.scope_of(checked.validated_data, now=now)
        found = insights_read(organization_id=self.principal.organization_id, reader=self.reader, scope=scope, now=now)
        return Response(found)


class MapView(MemoryApiView):
    access = {"GET": Permission.MEMORY_READ}

    @extend_schema(operation_id="memory_map", responses=io.MapOutput)
    def get(self, request: Request) -> Response:
        """The memories as points on a plane where those of like meaning are near each other; 12,000 at most."""
        self.valid_query(request, StrictSerializer)
        found = map_read(organization_id=self.principal.organization_id, reader=self.reader, now=timezone.now())
        return Response(found)


class GraphView(MemoryApiView):
    access = {"GET": Permission.MEMORY_READ}

    @extend_schema(operation_id="memory_graph", parameters=[io.GraphQuery], responses=io.GraphOutput)
    def get(self, request: Request) -> Response:
        """Entities and what joins them: around one of them, or the most mentioned ones; of a time, if one is given."""
        query, now = self.valid_query(request, io.GraphQuery), timezone.now()
        graph = graph_present(
            reader=self.reader,
            entity=query.get("entity"),
            depth=query["depth"],
            limit=query["limit"],
            kind=query.get("kind"),
            scope=InsightScope(
                as_of=as_of_of(query, now=now),
                occurred_after=query.get("occurred_after"),
                occurred_before=query.get("occurred_before"),
            ),
            now=now,
        )
        return Response(graph)


class PathView(MemoryApiView):
    access = {"GET": Permission.MEMORY_READ}

    @extend_schema(operation_id="memory_graph_path", parameters=[io.PathQuery], responses=io.PathOutput)
    def get(self, request: Request) -> Response:
        """A shortest way from one entity to another, of up to four hops, with the memories on it."""
        query = self.valid_query(request, io.PathQuery)
        return Response(path_present(reader=self.reader, source=query["from"], target=query["to"], now=timezone.now()))


class EntitiesView(MemoryApiView):
    access = {"GET": Permission.MEMORY_READ}

    @extend_schema(operation_id="memory_entities", parameters=[io.EntitiesQuery], responses=io.EntityPage)
    def get(self, request: Request) -> Response:
        """The entities that live memories name, or that were stated, by name."""
        query = self.valid_query(request, io.EntitiesQuery)
        page = entities_page(
            reader=self.reader,
            text=query.get("q", ""),
            kind=query.get("kind"),
            cursor=query.get("cursor"),
            limit=query["limit"],
            now=timezone.now(),
        )
        return Response(page)


class RelatedView(MemoryApiView):
    access = {"GET": Permission.MEMORY_READ}

    @extend_schema(operation_id="memory_related", parameters=[io.RelatedQuery], responses=io.RelatedPage)
    def get(self, request: Request, memory_id: UUID) -> Response:
        """The memories nearest in meaning, with the names that both share, and those that say nearly the same."""
        query = self.valid_query(request, io.RelatedQuery)
        related = related_present(
            organization_id=self.principal.organization_id,
            reader=self.reader,
            memory_id=memory_id,
            limit=query["limit"],
            now=timezone.now(),
        )
        return Response(related)


class ConceptsView(MemoryApiView):
    access = {"GET": Permission.MEMORY_READ}

    @extend_schema(operation_id="memory_concepts", responses=io.MemoryConceptsOutput)
    def get(self, request: Request, memory_id: UUID) -> Response:
        """Where a memory stands on each dimension, and the sentences that moved it there."""
        self.valid_query(request, StrictSerializer)
        return Response(memory_concepts(memory_id=memory_id, reader=self.reader, now=timezone.now()))
