"""How tokens reach a client: in the answer, or the refresh token in a cookie."""

from typing import Any

from django.conf import settings
from rest_framework.response import Response

from apps.accounts.types import TokenPair
from apps.core.api.permissions import PUBLIC
from apps.core.api.views import ApiView

REFRESH_COOKIE = "lift_refresh"
REFRESH_COOKIE_PATH = "/api/v1/auth"


class PublicView(ApiView):
    """A view for callers without a credential; a stale one in the header does not stand in the way of signing in."""

    access = {"POST": PUBLIC}
    authentication_classes = []


def tokens_response(tokens: TokenPair, *, use_cookie: bool, status: int = 200, **body: Any) -> Response:
    if not use_cookie:
        return Response({**body, "access": tokens.access, "refresh": tokens.refresh}, status=status)
    response = Response({**body, "access": tokens.access}, status=status)
    response.set_cookie(
        REFRESH_COOKIE,
        tokens.refresh,
        max_age=int(settings.SIMPLE_JWT["REFRESH_TOKEN_LIFETIME"].total_seconds()),
        path=REFRESH_COOKIE_PATH,
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )
    return response
