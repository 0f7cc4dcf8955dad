"""What the views of accounts share: refusals that are recorded, and how tokens reach a client."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.exceptions import PermissionDenied as NotPermitted
from rest_framework.permissions import SAFE_METHODS
from rest_framework.response import Response

from apps.accounts.exceptions import RefusedAttempt
from apps.accounts.types import TokenPair
from apps.core.api.permissions import PUBLIC
from apps.core.api.views import ApiView
from apps.core.types import Principal
from apps.events.services.outbox import emit
from apps.events.types import ANONYMOUS, Actor

REFRESH_COOKIE = "lift_refresh"
REFRESH_COOKIE_PATH = "/api/v1/auth"


class AccountsView(ApiView):
    """A view whose refused attempts are recorded, in a transaction of their own: that of the attempt is rolled back."""

    def handle_exception(self, exc: Exception) -> Response:
        caller: Any = getattr(self.request, "user", None)
        is_refused_change = isinstance(exc, NotPermitted) and self.request.method not in SAFE_METHODS
        if isinstance(exc, RefusedAttempt):
            _record(exc.event, caller, organization_id=exc.organization_id, detail=exc.detail, **exc.data)
        elif is_refused_change and isinstance(caller, Principal):
            # Someone without the right to change members, roles or keys tries to.
            action = f"{self.request.method} {self.request.path}"
            _record("permission.refused", caller, organization_id=None, detail=str(exc), action=action)
        return super().handle_exception(exc)


def _record(event: str, caller: Any, *, organization_id: UUID | None, **data: object) -> None:
    known = isinstance(caller, Principal)
    emit(
        event,
        organization_id=organization_id or (caller.organization_id if known else None),
        actor=Actor.of(caller) if known else ANONYMOUS,
        subject=("attempt", ""),
        now=timezone.now(),
        **data,
    )


class PublicView(AccountsView):
    """A view for callers without a credential; a stale one in the header does not stand in the way of signing in."""

    access = {"POST": PUBLIC}
    authentication_classes = []


def tokens_response(tokens: TokenPair, *, use_cookie: bool, status: int = 200, **body: Any) -> Response:
    if not use_cookie:
        return Response({**body, "access": tokens.access, "refresh": tokens.refresh}, status=status)
    response = Response({**body, "access": tokens.access}, status=status)
    refresh_cookie_set(response, tokens)
    return response


def refresh_cookie_set(response: HttpResponse, tokens: TokenPair) -> None:
    response.set_cookie(
        REFRESH_COOKIE,
        tokens.refresh,
        max_age=int(settings.SIMPLE_JWT["REFRESH_TOKEN_LIFETIME"].total_seconds()),
        path=REFRESH_COOKIE_PATH,
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )
