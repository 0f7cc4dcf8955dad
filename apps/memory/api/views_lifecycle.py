"""The end of memories over HTTP: erasures and their certificates, legal holds, retention."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import Permission
from apps.core.api.idempotency import idempotent
from apps.core.api.pagination import page_of
from apps.core.api.serializers import PageQuery
from apps.core.api.views import ApiView
from apps.memory.api import serializers_lifecycle as io
from apps.memory.api.serializers_managing import conditions_of
from apps.memory.api.views import IDEMPOTENCY_KEY
from apps.memory.selectors.erasures import erasure_get, erasure_present, erasure_summary, erasures
from apps.memory.selectors.holds import hold_present, holds
from apps.memory.services.erasing import erasure_retry, memories_erase
from apps.memory.services.holds import hold_place, hold_release
from apps.memory.services.retention import retention_due, retention_set


class ErasuresView(ApiView):
    access = {"GET": Permission.MEMORY_ADMIN, "POST": Permission.MEMORY_ADMIN}

    @extend_schema(operation_id="memory_erasures", parameters=[PageQuery], responses=io.ErasurePage)
    def get(self, request: Request) -> Response:
        """Erasures, the latest first."""
        query = self.valid_query(request, PageQuery)
        page = page_of(
            erasures(), order="-requested_at", cursor=query.get("cursor"), limit=query["limit"], present=erasure_summary
        )
        return Response(page)

    @extend_schema(
        operation_id="memory_erase",
        request=io.ErasureInput,
        responses={202: io.ErasureSummaryOutput, 200: io.ErasurePreviewOutput},
        parameters=[IDEMPOTENCY_KEY],
        examples=[
            OpenApiExample(
                "One person's memories",
                {"filters": {"metadata.customer": "C-1881"}, "reason": "Request of the person, 2026-11-02"},
                request_only=True,
            )
        ],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Erase memories wherever they lie. They are gone at once; a certificate follows when nothing is found."""
        fields, now = self.valid_body(request, io.ErasureInput), timezone.now()
        erasure = memories_erase(
            organization_id=self.principal.organization_id,
            target=fields["ids"] if "ids" in fields else conditions_of(fields, now=now),
            reason=fields["reason"],
            user_id=self.principal.user_id,
            now=now,
            dry_run=fields["dry_run"],
        )
        if fields["dry_run"]:
            shown = erasure_present(erasure)
            return Response({"memories": shown["memories"], "places": shown["places"]})
        return Response(erasure_summary(erasure), status=202)


class ErasureView(ApiView):
    access = {"GET": Permission.MEMORY_ADMIN}

    @extend_schema(operation_id="memory_erasure", responses=io.ErasureOutput)
    def get(self, request: Request, erasure_id: UUID) -> Response:
        """One erasure: what was found before and after, and its certificate once there is one."""
        return Response(erasure_present(erasure_get(erasure_id=erasure_id)))


class ErasureRetryView(ApiView):
    access = {"POST": Permission.MEMORY_ADMIN}

    @extend_schema(operation_id="memory_erasure_retry", request=None, responses={202: io.ErasureSummaryOutput})
    def post(self, request: Request, erasure_id: UUID) -> Response:
        """Try again to prove an erasure that was given up."""
        erasure = erasure_retry(
            organization_id=self.principal.organization_id, erasure_id=erasure_id, now=timezone.now()
        )
        return Response(erasure_summary(erasure), status=202)


class HoldsView(ApiView):
    access = {"GET": Permission.MEMORY_ADMIN, "POST": Permission.MEMORY_ADMIN}

    @extend_schema(operation_id="memory_holds", parameters=[PageQuery], responses=io.HoldPage)
    def get(self, request: Request) -> Response:
        """Legal holds, the latest first, those that were released as well."""
        query = self.valid_query(request, PageQuery)
        page = page_of(
            holds(), order="-created_at", cursor=query.get("cursor"), limit=query["limit"], present=hold_present
        )
        return Response(page)

    @extend_schema(operation_id="memory_hold_place", request=io.HoldInput, responses={201: io.HoldOutput})
    def post(self, request: Request) -> Response:
        """Order that memories be kept: neither an erasure, nor retention, nor the end of the trash deletes them."""
        fields = self.valid_body(request, io.HoldInput)
        hold = hold_place(
            name=fields["name"],
            reason=fields.get("reason", ""),
            filters=fields["filters"],
            user_id=self.principal.user_id,
            now=timezone.now(),
        )
        return Response(hold_present(hold), status=201)


class HoldReleaseView(ApiView):
    access = {"POST": Permission.MEMORY_ADMIN}

    @extend_schema(operation_id="memory_hold_release", request=None, responses=io.HoldOutput)
    def post(self, request: Request, hold_id: UUID) -> Response:
        """Lift a legal hold, for good."""
        hold = hold_release(hold_id=hold_id, user_id=self.principal.user_id, now=timezone.now())
        return Response(hold_present(hold))


class RetentionView(ApiView):
    access = {"GET": Permission.MEMORY_READ, "PUT": Permission.MEMORY_ADMIN}

    @extend_schema(operation_id="memory_retention", responses=io.RetentionOutput)
    def get(self, request: Request) -> Response:
        """For how long memories are kept, by type, and how many are due."""
        return Response(_rules(now=timezone.now()))

    @extend_schema(operation_id="memory_retention_set", request=io.RetentionInput, responses=io.RetentionOutput)
    def put(self, request: Request) -> Response:
        """Replace the rules. Memories that are due go with the next sweep, within a day."""
        rules, now = self.valid_body(request, io.RetentionInput)["rules"], timezone.now()
        retention_set(rules=rules, user_id=self.principal.user_id, now=now)
        return Response(_rules(now=now))


def _rules(*, now: datetime) -> dict[str, Any]:
    return {
        "rules": [
            {
                "memory_type": rule.memory_type or None,
                "days": rule.days,
                "action": rule.action,
                "active": rule.active,
                "due": rows.count(),
            }
            for rule, rows in retention_due(now=now)
        ]
    }
