"""Whose memories are open to whom."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import Permission
from apps.core.api.idempotency import idempotent
from apps.core.api.serializers import StrictSerializer
from apps.memory.api import serializers_grants as io
from apps.memory.api.base import MemoryApiView
from apps.memory.api.views import IDEMPOTENCY_KEY
from apps.memory.models import Grant
from apps.memory.selectors.grants import grant_get, grant_present, grants_page, principal_names, sharing_present
from apps.memory.services.grants import grant_make, grant_revoke
from apps.memory.types import GrantOffer


class GrantsView(MemoryApiView):
    access = {"GET": Permission.MEMORY_ADMIN, "POST": Permission.MEMORY_ADMIN}

    @extend_schema(operation_id="memory_grants", parameters=[io.GrantsQuery], responses=io.GrantPage)
    def get(self, request: Request) -> Response:
        """Grants, the latest first, those that have ended as well."""
        query, now = self.valid_query(request, io.GrantsQuery), timezone.now()
        page = grants_page(in_force=query["in_force"], cursor=query.get("cursor"), limit=query["limit"], now=now)
        return Response(page)

    @extend_schema(
        operation_id="memory_grant_make",
        request=io.GrantInput,
        responses={201: io.GrantOutput},
        parameters=[IDEMPOTENCY_KEY],
        examples=[
            OpenApiExample(
                "Experiments for the sentiment module",
                {
                    "principal_kind": "module",
                    "principal_id": "lift_sentiment",
                    "module": "lift_causal",
                    "memory_types": ["causal_models"],
                    "rights": ["read"],
                    "purpose": "Explain reviews by what was tested.",
                    "expires_at": "2027-01-01T00:00:00Z",
                },
                request_only=True,
            )
        ],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Open memories of a module to another module, a role, a member or an API key."""
        grant = grant_make(
            organization_id=self.principal.organization_id,
            offer=GrantOffer(**self.valid_body(request, io.GrantInput)),
            user_id=self.principal.user_id,
            now=timezone.now(),
        )
        return Response(_shown(grant), status=201)


class GrantView(MemoryApiView):
    access = {"GET": Permission.MEMORY_ADMIN}

    @extend_schema(operation_id="memory_grant", responses=io.GrantOutput)
    def get(self, request: Request, grant_id: UUID) -> Response:
        """One grant. What it was used for stands in the audit trail, as `memory_grant.used`."""
        return Response(_shown(grant_get(grant_id=grant_id)))


class GrantRevokeView(MemoryApiView):
    access = {"POST": Permission.MEMORY_ADMIN}

    @extend_schema(operation_id="memory_grant_revoke", request=None, responses=io.GrantOutput)
    def post(self, request: Request, grant_id: UUID) -> Response:
        """End a grant, for good. It takes effect with the next call, and in streams that are open."""
        return Response(_shown(grant_revoke(grant_id=grant_id, user_id=self.principal.user_id, now=timezone.now())))


class SharingView(MemoryApiView):
    access = {"GET": Permission.MEMORY_ADMIN}

    @extend_schema(operation_id="memory_sharing", responses=io.SharingPage)
    def get(self, request: Request) -> Response:
        """What modules share by themselves, and what they keep closed."""
        self.valid_query(request, StrictSerializer)
        results = sharing_present()
        return Response({"results": results, "next": None, "total": len(results)})


def _shown(grant: Grant) -> dict[str, Any]:
    return grant_present(grant, principal_names([grant]), now=timezone.now())
