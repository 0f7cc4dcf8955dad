"""The organisation memory over HTTP."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import UploadedFile
from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import Permission
from apps.core.api.event_stream import EventStreamRenderer, stream_response
from apps.core.api.idempotency import idempotent
from apps.core.api.pagination import page_of
from apps.core.api.parsers import FormParser, StrictJSONParser
from apps.core.api.serializers import PageQuery
from apps.core.exceptions import InvalidInput
from apps.core.request_context import caller, caller_set
from apps.memory.adapters.documents import UnsupportedFile
from apps.memory.api import serializers as io
from apps.memory.api.base import MemoryApiView
from apps.memory.engine.explain import Why
from apps.memory.engine.fusion import UNITS, FusedHit
from apps.memory.engine.reader import Reader
from apps.memory.engine.types import SearchType
from apps.memory.models import Operation
from apps.memory.selectors.contexts import context_get, context_present
from apps.memory.selectors.files import span_present
from apps.memory.selectors.memories import memory_present
from apps.memory.selectors.operations import (
    operation_events,
    operation_get,
    operation_present,
    operation_summary,
    operations_counted,
)
from apps.memory.selectors.readers import reader_of
from apps.memory.services.contexts import context_update
from apps.memory.services.explaining import memory_explain
from apps.memory.services.files import file_keep
from apps.memory.services.memories import memory_store
from apps.memory.services.operations import (
    FileToRead,
    operation_cancel,
    operation_create,
    operation_retry,
    operation_wait,
)
from apps.memory.services.search import SearchResponse, memory_search
from apps.memory.types import MAX_UPLOAD_BYTES, SearchQuery, SearchResult, StoreItem

# A search waits at most so long for what was brought in before it.
WAIT_FOR_MOST = timedelta(seconds=10)
_NO_SCORE: dict[str, Any] = {"score": None, "score_units": None, "contributions": []}
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="Makes the call safe to repeat for 24 hours.",
)

LAST_EVENT_ID = OpenApiParameter(
    "Last-Event-ID", str, OpenApiParameter.HEADER, description="The id of the last event that you have seen."
)


class StoreView(MemoryApiView):
    access = {"POST": Permission.MEMORY_WRITE}

    @extend_schema(
        request=io.StoreInput,
        responses={201: io.StoreOutput, 200: io.StoreOutput},
        parameters=[IDEMPOTENCY_KEY],
        examples=[
            OpenApiExample(
                "An experiment",
                {
                    "content": "EXP-117: Priya Raman tested a 20% discount on the annual plan.",
                    "memory_type": "experiment",
                    "metadata": {"team": "Pricing"},
                    "occurred_at": "2026-03-02T10:00:00Z",
                },
                request_only=True,
            )
        ],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Remember a text."""
        item = StoreItem(**self.valid_body(request, io.StoreInput), module=self.principal.module)
        result = memory_store(
            organization_id=self.principal.organization_id,
            item=item,
            user_id=self.principal.user_id,
            now=timezone.now(),
        )
        body = {
            "memory_id": str(result.memory_id),
            "status": "stored" if result.created else "duplicate",
            "duplicate_of": result.duplicate_of and str(result.duplicate_of.memory_id),
            "similarity": result.duplicate_of and result.duplicate_of.similarity,
        }
        return Response(body, status=201 if result.created else 200)


class BatchView(MemoryApiView):
    access = {"POST": Permission.MEMORY_WRITE}
    parser_classes = [StrictJSONParser, FormParser]

    @extend_schema(
        request={"application/json": io.BatchInput, "multipart/form-data": io.UploadInput},
        responses={202: io.OperationQueuedOutput},
        parameters=[IDEMPOTENCY_KEY],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Remember many texts, or a file, in the background. The original of a file is kept."""
        start = self._file_start if _is_form(request) else self._items_start
        operation = start(request, now=timezone.now())
        return Response({"operation_id": str(operation.id), "status": operation.status}, status=202)

    def _items_start(self, request: Request, *, now: datetime) -> Operation:
        items = self.valid_body(request, io.BatchInput)["items"]
        return operation_create(
            organization_id=self.principal.organization_id,
            rows=[{**item, "module": self.principal.module} for item in items],
            module=self.principal.module,
            user_id=self.principal.user_id,
            now=now,
        )

    def _file_start(self, request: Request, *, now: datetime) -> Operation:
        if len(request.FILES.getlist("file")) > 1:
            raise InvalidInput("Send one file at a time.", pointer="/file", item_code="too_many_files")
        upload: UploadedFile[Any] = self.valid_body(request, io.UploadInput)["file"]
        if (upload.size or 0) > MAX_UPLOAD_BYTES:
            raise RequestDataTooBig
        name = upload.name or ""
        try:
            file = file_keep(
                organization_id=self.principal.organization_id,
                name=name,
                content=upload,
                module=self.principal.module,
                user_id=self.principal.user_id,
                now=now,
            )
        except UnsupportedFile as error:
            raise InvalidInput(str(error), pointer="/file", item_code="unsupported_file") from None
        return operation_create(
            organization_id=self.principal.organization_id,
            files=[FileToRead(file)],
            name=name,
            module=self.principal.module,
            user_id=self.principal.user_id,
            now=now,
        )


def _is_form(request: Request) -> bool:
    return (request.content_type or "").partition(";")[0].strip() == "multipart/form-data"


class OperationsView(MemoryApiView):
    access = {"GET": Permission.MEMORY_READ}

    @extend_schema(operation_id="memory_operations", parameters=[PageQuery], responses=io.OperationPage)
    def get(self, request: Request) -> Response:
        """The batches, the latest first."""
        query = self.valid_query(request, PageQuery)
        page = page_of(
            operations_counted(self.reader),
            order="-created_at",
            cursor=query.get("cursor"),
            limit=query["limit"],
            present=operation_summary,
        )
        return Response(page)


class OperationEventsView(MemoryApiView):
    access = {"GET": Permission.MEMORY_READ}
    renderer_classes = [EventStreamRenderer]

    @extend_schema(
        operation_id="memory_operation_events",
        parameters=[LAST_EVENT_ID],
        responses={(200, "text/event-stream"): str},
    )
    def get(self, request: Request, operation_id: UUID) -> HttpResponseBase:
        """Follow a batch as server-sent events.

        `progress` events, and `done` when the models have read everything, have the body of the operation. The stream
        ends after half a minute at most: ask again with the last id.
        """
        operation_get(operation_id=operation_id, reader=self.reader)
        organization_id = self.principal.organization_id
        seen, acting = request.headers.get("Last-Event-ID", ""), caller()

        def present(operation: Operation) -> dict[str, Any]:
            # Grants may have ended since the stream began.
            reader = reader_of(self.principal, now=timezone.now())
            body = operation_present(operation, reader)
            with caller_set(acting):
                self.account_for(body, reader)
            return body

        return stream_response(
            lambda lasts: operation_events(
                organization_id=organization_id, operation_id=operation_id, present=present, seen=seen, lasts=lasts
            )
        )


class OperationView(MemoryApiView):
    access = {"GET": Permission.MEMORY_READ}

    @extend_schema(responses=io.OperationOutput)
    def get(self, request: Request, operation_id: UUID) -> Response:
        """How far a batch has come, with the first hundred errors and duplicates."""
        return _operation(operation_get(operation_id=operation_id, reader=self.reader), self.reader)


class OperationCancelView(MemoryApiView):
    access = {"POST": Permission.MEMORY_WRITE}

    @extend_schema(request=None, responses=io.OperationOutput)
    def post(self, request: Request, operation_id: UUID) -> Response:
        """Stop a batch; what is stored stays."""
        operation = operation_cancel(operation_id=operation_id, reader=self.reader, now=timezone.now())
        return _operation(operation, self.reader)


class OperationRetryView(MemoryApiView):
    access = {"POST": Permission.MEMORY_WRITE}

    @extend_schema(request=None, responses=io.OperationOutput)
    def post(self, request: Request, operation_id: UUID) -> Response:
        """Try the failed and cancelled items again."""
        operation = operation_retry(
            organization_id=self.principal.organization_id,
            operation_id=operation_id,
            reader=self.reader,
            now=timezone.now(),
        )
        return _operation(operation, self.reader)


def _operation(operation: Operation, reader: Reader) -> Response:
    return Response(operation_present(operation, reader))


class SearchView(MemoryApiView):
    access = {"POST": Permission.MEMORY_READ}

    @extend_schema(
        request=io.SearchInput,
        responses=io.SearchOutput,
        examples=[
            OpenApiExample("A question", {"query": "what did we learn about pricing?"}, request_only=True),
            OpenApiExample(
                "With conditions",
                {
                    "query": "discount",
                    "search_type": "hybrid",
                    "memory_types": ["experiment"],
                    "filters": {"metadata.team": "Pricing"},
                    "occurred_after": "2026-01-01T00:00:00Z",
                    "limit": 5,
                },
                request_only=True,
            ),
        ],
    )
    def post(self, request: Request) -> Response:
        """Find memories by meaning, words, concepts and named things. The fields may also be query parameters."""
        fields = self._valid_fields(request)
        wait_for = fields.pop("wait_for", None)
        if wait_for is not None:
            operation_wait(operation_id=wait_for, reader=self.reader, most=WAIT_FOR_MOST)
        now = timezone.now()
        as_of = io.as_of_of(fields, now=now)
        fields = {name: value for name, value in fields.items() if name not in io.AsOfInput().fields}
        query = replace(_query_of(fields), as_of=as_of)
        found = memory_search(organization_id=self.principal.organization_id, reader=self.reader, query=query, now=now)
        return Response(_search_present(found, query.search_type), headers=found.quota.headers())

    def _valid_fields(self, request: Request) -> dict[str, Any]:
        merged: Any = request.data
        if isinstance(merged, dict) and request.query_params:
            repeated = {"memory_types": request.query_params.getlist("memory_types")}
            given = {**request.query_params.dict(), **{name: value for name, value in repeated.items() if value}}
            merged = {**given, **merged}
        checked_fields = io.SearchInput(data=merged)
        checked_fields.is_valid(raise_exception=True)
        return dict(checked_fields.validated_data)


class ExplainView(MemoryApiView):
    access = {"POST": Permission.MEMORY_READ}

    @extend_schema(
        request=io.ExplainInput,
        responses=io.ExplainOutput,
        examples=[
            OpenApiExample(
                "Why is it missing?",
                {"query": "discount", "memory_id": "01926c3e-6a2b-7c00-8000-000000000001", "limit": 3},
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """Say where a memory stands in a search, or what keeps it out. Takes the fields of a search."""
        fields = self.valid_body(request, io.ExplainInput)
        memory_id = fields.pop("memory_id")
        self.told_of = [memory_id]
        found = memory_explain(
            organization_id=self.principal.organization_id,
            reader=self.reader,
            memory_id=memory_id,
            query=_query_of(fields),
            now=timezone.now(),
        )
        return Response(
            {
                "gate": found.gate,
                "detail": found.detail,
                "rank": found.rank,
                "candidates": found.candidates,
                "model": found.model,
                **(_score_present(found.hit) if found.hit else _NO_SCORE),
            }
        )


def _query_of(fields: dict[str, Any]) -> SearchQuery:
    """Return the search that validated fields describe."""
    return SearchQuery(
        text=fields.pop("query"),
        search_type=SearchType(fields.pop("search_type")),
        filter=fields.pop("filters", None),
        memory_types=tuple(fields.pop("memory_types", ())),
        **fields,
    )


def _search_present(found: SearchResponse, search_type: SearchType) -> dict[str, Any]:
    return {
        "results": [_result_present(result) for result in found.results],
        "count": len(found.results),
        "search_type": search_type.value,
        "took_ms": round(found.took_ms, 2),
        "dropped_channels": list(found.dropped),
        "model": found.model,
    }


def _result_present(result: SearchResult) -> dict[str, Any]:
    return {
        **memory_present(result.memory),
        **_score_present(result.hit),
        "explanation": result.explanation,
        "why": None if result.why is None else _why_present(result.why),
        "spans": []
        if result.passage is None
        else [span_present(result.memory, result.passage.start, result.passage.end)],
    }


def _score_present(hit: FusedHit) -> dict[str, Any]:
    return {
        "score": hit.score_units / UNITS,
        "score_units": hit.score_units,
        "contributions": [
            {
                "channel": one.channel,
                "raw": one.raw,
                "rank": one.rank,
                "weight": one.weight,
                "contribution": None if one.units is None else one.units / UNITS,
                "contribution_units": one.units,
            }
            for one in hit.contributions
        ],
    }


def _why_present(why: Why) -> dict[str, Any]:
    return {
        "matched_terms": list(why.matched_terms),
        "entities": list(why.entities),
        "entity_path": list(why.entity_path),
        "dimensions": list(why.dimensions),
    }


class ContextView(MemoryApiView):
    access = {"GET": Permission.MEMORY_READ, "PATCH": Permission.MEMORY_ADMIN}

    @extend_schema(responses=io.ContextOutput)
    def get(self, request: Request) -> Response:
        """The memory context: its domain, dimensions and size."""
        return Response(context_present(context_get(), self.reader, now=timezone.now()))

    @extend_schema(request=io.ContextPatch, responses=io.ContextOutput)
    def patch(self, request: Request) -> Response:
        """Change the domain or the dimensions; every memory is placed anew."""
        context = context_update(**self.valid_body(request, io.ContextPatch), now=timezone.now())
        return Response(context_present(context, self.reader, now=timezone.now()))
