"""The archive over HTTP: what goes there, what comes back, and when."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import Permission
from apps.core.api.idempotency import idempotent
from apps.core.api.views import ApiView
from apps.memory.api import serializers_archive as io
from apps.memory.api.base import MemoryApiView
from apps.memory.api.serializers import MemoryOutput
from apps.memory.api.serializers_managing import conditions_of
from apps.memory.api.views import IDEMPOTENCY_KEY
from apps.memory.selectors.archived import archive_present
from apps.memory.selectors.memories import memory_present
from apps.memory.services.archiving import (
    archive_rules_set,
    memories_archive,
    memories_unarchive,
    memories_unarchive_matching,
    memory_unarchive,
)
from apps.memory.types import ArchiveResult


class ArchiveView(ApiView):
    access = {"POST": Permission.MEMORY_ADMIN}

    @extend_schema(
        operation_id="memory_archive",
        request=io.ArchivingInput,
        responses=io.ArchivingOutput,
        parameters=[IDEMPOTENCY_KEY],
        examples=[
            OpenApiExample(
                "Old notes, tried out",
                {"memory_type": "note", "to": "2025-01-01T00:00:00Z", "dry_run": True},
                request_only=True,
            )
        ],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Archive memories: they leave the indexes, are found as stubs, and count with their packed size.

        A thousand are done at most; `left` says how many more satisfy the conditions.
        """
        fields, now = self.valid_body(request, io.ArchivingInput), timezone.now()
        result = memories_archive(
            organization_id=self.principal.organization_id,
            target=fields["ids"] if "ids" in fields else conditions_of(fields, now=now),
            reason=fields.get("reason", ""),
            user_id=self.principal.user_id,
            now=now,
            dry_run=fields["dry_run"],
        )
        return Response({"dry_run": fields["dry_run"], "left": result.left, **_present(result)})


class UnarchiveView(MemoryApiView):
    access = {"POST": Permission.MEMORY_WRITE}

    @extend_schema(operation_id="memory_unarchive_many", request=io.UnarchiveInput, responses=io.UnarchiveOutput)
    def post(self, request: Request) -> Response:
        """Bring memories back from the archive as they were.

        Of those that satisfy conditions a thousand are looked at, whether they come back or not; `next` is what to ask
        for as `after` to go on.
        """
        fields, now = self.valid_body(request, io.UnarchiveInput), timezone.now()
        organization_id = self.principal.organization_id
        if "ids" in fields:
            result = memories_unarchive(
                organization_id=organization_id, memory_ids=fields["ids"], reader=self.reader, now=now
            )
        else:
            result = memories_unarchive_matching(
                organization_id=organization_id,
                conditions=conditions_of(fields, now=now),
                after=fields.get("after", 0),
                reader=self.reader,
                now=now,
            )
        return Response({"next": result.next, **_present(result)})


class MemoryUnarchiveView(MemoryApiView):
    access = {"POST": Permission.MEMORY_WRITE}

    @extend_schema(operation_id="memory_unarchive", request=None, responses=MemoryOutput)
    def post(self, request: Request, memory_id: UUID) -> Response:
        """Bring a memory back from the archive as it was."""
        memory = memory_unarchive(
            organization_id=self.principal.organization_id,
            memory_id=memory_id,
            reader=self.reader,
            now=timezone.now(),
        )
        return Response(memory_present(memory))


class ArchiveRulesView(ApiView):
    access = {"GET": Permission.MEMORY_READ, "PUT": Permission.MEMORY_ADMIN}

    @extend_schema(operation_id="memory_archive_rules", responses=io.ArchiveRulesOutput)
    def get(self, request: Request) -> Response:
        """After how long memories are archived, by type, and what the archive holds and saves."""
        return Response(archive_present(now=timezone.now()))

    @extend_schema(
        operation_id="memory_archive_rules_set", request=io.ArchiveRulesInput, responses=io.ArchiveRulesOutput
    )
    def put(self, request: Request) -> Response:
        """Replace the rules. Memories that are due go with the next sweep, within a day."""
        rules, now = self.valid_body(request, io.ArchiveRulesInput)["rules"], timezone.now()
        archive_rules_set(rules=rules, user_id=self.principal.user_id, now=now)
        return Response(archive_present(now=now))


def _present(result: ArchiveResult) -> dict[str, Any]:
    return {
        "done": result.done,
        "unchanged": result.unchanged,
        "size_before": result.size_before,
        "size_after": result.size_after,
        "failed": len(result.errors),
        "errors": [{"memory_id": str(one.memory_id), "code": one.code, "detail": one.detail} for one in result.errors],
    }
