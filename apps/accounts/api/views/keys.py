"""The public keys."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.serializers.keys import JwksOutput
from apps.accounts.keys import key_ring
from apps.core.api.permissions import PUBLIC
from apps.core.api.views import ApiView

JWKS_MAX_AGE_SECONDS = 300


class JwksView(ApiView):
    access = {"GET": PUBLIC}
    authentication_classes = []

    @extend_schema(responses=JwksOutput, tags=["auth"])
    def get(self, request: Request) -> Response:
        """The public keys that verify our tokens (RFC 7517)."""
        return Response(
            {"keys": list(key_ring().jwks)}, headers={"Cache-Control": f"public, max-age={JWKS_MAX_AGE_SECONDS}"}
        )
