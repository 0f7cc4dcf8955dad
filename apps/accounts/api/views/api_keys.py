"""API keys."""

from datetime import timedelta
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.serializers.api_keys import (
    ApiKeyInput,
    ApiKeyPage,
    ApiKeysQuery,
    NewApiKeyOutput,
    RotateInput,
)
from apps.accounts.api.views.base import AccountsView
from apps.accounts.models import ApiKey
from apps.accounts.permissions import Permission
from apps.accounts.selectors.api_keys import api_key_present, api_keys
from apps.accounts.services.api_keys import api_key_create, api_key_revoke, api_key_rotate
from apps.core.api.pagination import page_of


class ApiKeysView(AccountsView):
    access = {"GET": Permission.KEYS_READ, "POST": Permission.KEYS_WRITE}

    @extend_schema(parameters=[ApiKeysQuery], responses=ApiKeyPage)
    def get(self, request: Request) -> Response:
        """The keys of your organisation, newest first; their secrets cannot be read again."""
        query = self.valid_query(request, ApiKeysQuery)
        now = timezone.now()
        rows = api_keys(organization_id=self.principal.organization_id)
        if query["active"]:
            rows = rows.filter(revoked_at=None).filter(Q(expires_at=None) | Q(expires_at__gt=now))

        def present(row: ApiKey) -> dict[str, object]:
            return api_key_present(row, now=now)

        return Response(
            page_of(rows, order="-created_at", cursor=query.get("cursor"), limit=query["limit"], present=present)
        )

    # Not idempotent by key: the answer, which would be kept, holds the secret.
    @extend_schema(request=ApiKeyInput, responses={201: NewApiKeyOutput})
    def post(self, request: Request) -> Response:
        """Make a key that acts for you within its scopes. The secret is in this answer and nowhere else."""
        now = timezone.now()
        key, secret = api_key_create(principal=self.principal, now=now, **self.valid_body(request, ApiKeyInput))
        return Response({**api_key_present(key, now=now), "secret": secret}, status=201)


class ApiKeyView(AccountsView):
    access = {"DELETE": Permission.KEYS_WRITE}

    @extend_schema(responses={204: None})
    def delete(self, request: Request, key_id: UUID) -> Response:
        """Revoke a key; it stops working within 5 s."""
        api_key_revoke(principal=self.principal, key_id=key_id, now=timezone.now())
        return Response(status=204)


class ApiKeyRotateView(AccountsView):
    access = {"POST": Permission.KEYS_WRITE}

    @extend_schema(request=RotateInput, responses={201: NewApiKeyOutput})
    def post(self, request: Request, key_id: UUID) -> Response:
        """Replace a key by a new one; the old one holds for the overlap, so that programs can change over."""
        now = timezone.now()
        overlap = timedelta(hours=self.valid_body(request, RotateInput)["overlap_hours"])
        key, secret = api_key_rotate(principal=self.principal, key_id=key_id, overlap=overlap, now=now)
        return Response({**api_key_present(key, now=now), "secret": secret}, status=201)
