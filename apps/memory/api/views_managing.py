"""Managing the organisation memory over HTTP: lists, edits, the trash."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.http import parse_etags
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import Permission
from apps.core.api.idempotency import idempotent
from apps.core.api.pagination import page_of
from apps.core.api.serializers import PageQuery
from apps.core.exceptions import InvalidInput
from apps.memory.api import serializers as common
from apps.memory.api import serializers_managing as io
from apps.memory.api.base import MemoryApiView
from apps.memory.api.views import IDEMPOTENCY_KEY
from apps.memory.engine.reader import Reader
from apps.memory.models import MemoryRows, Remembered
from apps.memory.selectors.archived import results_complete
from apps.memory.selectors.differences import diff_page
from apps.memory.selectors.facets import facets_present
from apps.memory.selectors.memories import bulk_present, memories_matching, memory_as_of, memory_present
from apps.memory.selectors.revisions import history_page
from apps.memory.services.bulk import memories_bulk
from apps.memory.services.managing import (
    memory_edit,
    memory_restore,
    memory_supersede,
    memory_trash,
    memory_unsupersede,
)
from apps.memory.types import BulkAction, BulkFields, Shelf

ETAG = OpenApiParameter(
    "ETag", str, OpenApiParameter.HEADER, response=True, description="Names this revision; send it back in If-Match."
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="The ETag of the revision that the edit is made for: a newer one refuses it with 412.",
)


def _rows(query: Mapping[str, Any], reader: Reader, *, now: datetime) -> MemoryRows:
    """Return the memories that a validated query is about."""
    return memories_matching(
        io.conditions_of(query, now=now),
        reader=reader,
        shelf=Shelf(query["state"]),
        as_of=common.as_of_of(query, now=now),
        now=now,
    )


class MemoriesView(MemoryApiView):
    access = {"GET": Permission.MEMORY_READ}

    @extend_schema(operation_id="memory_list", parameters=[io.ListQuery], responses=io.MemoryPage)
    def get(self, request: Request) -> Response:
        """List memories, last recorded first if no order is given."""
        query, now = self.valid_query(request, io.ListQuery), timezone.now()
        rows = _rows(query, self.reader, now=now)
        page = page_of(
            rows.select_related("file"),
            order=query["ordering"],
            cursor=query.get("cursor"),
            limit=query["limit"],
            present=memory_present,
        )
        if query["state"] != Shelf.ARCHIVED:
            results_complete(page["results"])
        return Response(page)


class FacetsView(MemoryApiView):
    access = {"GET": Permission.MEMORY_READ}

    @extend_schema(operation_id="memory_facets", parameters=[io.FacetsQuery], responses=io.FacetsOutput)
    def get(self, request: Request) -> Response:
        """Count memories by type, module, source, month and metadata, under the conditions of the list."""
        given = request.query_params
        repeated = {"metadata": given.getlist("metadata")} if "metadata" in given else {}
        checked = io.FacetsQuery(data={**given.dict(), **repeated})
        checked.is_valid(raise_exception=True)
        query, now = dict(checked.validated_data), timezone.now()
        rows = _rows(query, self.reader, now=now)
        return Response(facets_present(rows, metadata=query.get("metadata", {})))


class MemoryView(MemoryApiView):
    access = {"GET": Permission.MEMORY_READ, "PATCH": Permission.MEMORY_WRITE, "DELETE": Permission.MEMORY_WRITE}

    @extend_schema(responses=common.MemoryOutput, parameters=[common.AsOfInput, ETAG])
    def get(self, request: Request, memory_id: UUID) -> Response:
        """One memory, now or as it was."""
        now = timezone.now()
        as_of = common.as_of_of(self.valid_query(request, common.AsOfInput), now=now)
        return _answer(memory_as_of(memory_id=memory_id, reader=self.reader, as_of=as_of, now=now))

    @extend_schema(request=io.MemoryPatch, responses=common.MemoryOutput, parameters=[ETAG, IF_MATCH])
    def patch(self, request: Request, memory_id: UUID) -> Response:
        """Edit a memory; what it replaces stays in its history."""
        fields = self.valid_body(request, io.MemoryPatch)
        memory = memory_edit(
            organization_id=self.principal.organization_id,
            memory_id=memory_id,
            reader=self.reader,
            reason=fields.pop("reason", ""),
            fields=fields,  # type: ignore[arg-type]  # the serializer has these fields
            revisions=_revisions(request, memory_id),
            user_id=self.principal.user_id,
            now=timezone.now(),
        )
        return _answer(memory)

    @extend_schema(parameters=[io.ReasonInput], responses={204: None})
    def delete(self, request: Request, memory_id: UUID) -> Response:
        """Move a memory to the trash, where it can be restored for 30 days."""
        memory_trash(
            organization_id=self.principal.organization_id,
            memory_id=memory_id,
            reader=self.reader,
            **self.valid_query(request, io.ReasonInput),
            user_id=self.principal.user_id,
            now=timezone.now(),
        )
        return Response(status=204)


def _answer(memory: Remembered) -> Response:
    return Response(memory_present(memory), headers={"ETag": f'"{memory.pk.hex}-{memory.revision}"'})


def _revisions(request: Request, memory_id: UUID) -> set[int] | None:
    """Return the revisions that `If-Match` names; None, if it is absent or a star, for any."""
    header = request.headers.get("If-Match")
    if header is None:
        return None
    tags = parse_etags(header)
    if tags == ["*"]:
        return None
    pattern = re.compile(rf'"{memory_id.hex}-([0-9]{{1,10}})"', re.ASCII)
    return {int(found[1]) for tag in tags if (found := pattern.fullmatch(tag))}


class MemoryRestoreView(MemoryApiView):
    access = {"POST": Permission.MEMORY_WRITE}

    @extend_schema(request=io.ReasonInput, responses=common.MemoryOutput)
    def post(self, request: Request, memory_id: UUID) -> Response:
        """Take a memory out of the trash."""
        memory = memory_restore(
            organization_id=self.principal.organization_id,
            memory_id=memory_id,
            reader=self.reader,
            **self.valid_body(request, io.ReasonInput),
            user_id=self.principal.user_id,
            now=timezone.now(),
        )
        return Response(memory_present(memory))


class SupersedeView(MemoryApiView):
    access = {"POST": Permission.MEMORY_WRITE}

    @extend_schema(request=io.SupersedeInput, responses=common.MemoryOutput)
    def post(self, request: Request, memory_id: UUID) -> Response:
        """Say which memory holds instead of this one, or that none does.

        What is replaced stays as it was, but only readings as of a time before find it.
        """
        fields = self.valid_body(request, io.SupersedeInput)
        by, now = fields.pop("by"), timezone.now()
        fields |= {"memory_id": memory_id, "reader": self.reader, "user_id": self.principal.user_id}
        memory = memory_unsupersede(**fields, now=now) if by is None else memory_supersede(by=by, **fields, now=now)
        return _answer(memory)


class DiffView(MemoryApiView):
    access = {"GET": Permission.MEMORY_READ}

    @extend_schema(operation_id="memory_diff", parameters=[io.DiffQuery], responses=io.DiffPage)
    def get(self, request: Request) -> Response:
        """What is read otherwise than it was at an earlier moment: added, removed, changed."""
        query, now = self.valid_query(request, io.DiffQuery), timezone.now()
        until = min(query.get("to", now), now)
        if query["from"] > until:
            raise InvalidInput("It ends before it begins.", pointer="/from", item_code="ends_before_it_begins")
        page = diff_page(
            reader=self.reader,
            since=query["from"],
            until=until,
            memory_type=query.get("memory_type"),
            cursor=query.get("cursor"),
            limit=query["limit"],
        )
        return Response(page)


class HistoryView(MemoryApiView):
    access = {"GET": Permission.MEMORY_READ}

    @extend_schema(operation_id="memory_history", parameters=[PageQuery], responses=io.HistoryPage)
    def get(self, request: Request, memory_id: UUID) -> Response:
        """The revisions of a memory, newest first, with who made them, when, and what changed."""
        query = self.valid_query(request, PageQuery)
        page = history_page(
            memory_id=memory_id,
            reader=self.reader,
            cursor=query.get("cursor"),
            limit=query["limit"],
            now=timezone.now(),
        )
        return Response(page)


class BulkView(MemoryApiView):
    access = {"POST": Permission.MEMORY_WRITE}

    @extend_schema(
        request=io.BulkInput,
        responses=io.BulkOutput,
        parameters=[IDEMPOTENCY_KEY],
        examples=[
            OpenApiExample(
                "Old notes to the trash",
                {"action": "trash", "memory_type": "note", "to": "2025-01-01T00:00:00Z", "dry_run": True},
                request_only=True,
            ),
            OpenApiExample(
                "Another team",
                {
                    "action": "update",
                    "filters": {"metadata.team": "Pricing"},
                    "set": {"metadata": {"team": "Growth", "squad": None}},
                },
                request_only=True,
            ),
        ],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Trash, restore or update many memories at once. Up to 1,000 by their ids, up to 10,000 by conditions."""
        fields, now = self.valid_body(request, io.BulkInput), timezone.now()
        action = BulkAction(fields["action"])
        result = memories_bulk(
            organization_id=self.principal.organization_id,
            reader=self.reader,
            action=action,
            target=fields["ids"] if "ids" in fields else io.conditions_of(fields, now=now),
            fields=BulkFields(**fields["set"]) if "set" in fields else None,
            reason=fields.get("reason", ""),
            user_id=self.principal.user_id,
            now=now,
            dry_run=fields["dry_run"],
        )
        return Response(bulk_present(result, action=action, dry_run=fields["dry_run"]))
