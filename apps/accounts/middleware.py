"""Finds out on whose behalf a request runs, once, from its verified credential, and opens that scope.

A host name or header never chooses the organisation. Without a credential, or with a bad one, the request runs in the
public scope, and views that need a caller answer 401.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from apps.accounts.exceptions import InvalidToken
from apps.accounts.selectors import membership_state
from apps.accounts.tokens import access_token_verify
from apps.core.tenancy.scope import organization_scope, public_scope
from apps.core.types import Principal

API_PREFIX = "/api/"


class OrganizationMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with public_scope():
            principal: Principal | None = None
            request.credential_error = None  # type: ignore[attr-defined]  # read by CredentialAuthentication
            if request.path.startswith(API_PREFIX):
                try:
                    principal = _principal(request)
                except InvalidToken as error:
                    request.credential_error = error  # type: ignore[attr-defined]  # as above
            request.principal = principal  # type: ignore[attr-defined]  # as above
            if principal is None:
                return self.get_response(request)
            with organization_scope(principal.organization_id):
                return self.get_response(request)


def _principal(request: HttpRequest) -> Principal | None:
    """Return the caller; None without a credential. Raises `InvalidToken` for one that does not hold (any more)."""
    header = request.headers.get("Authorization")
    if header is None:
        return None
    scheme, _, raw = header.partition(" ")
    if scheme.lower() != "bearer" or not raw:
        raise InvalidToken("The Authorization header must be: Bearer <access token>.")
    principal, version = access_token_verify(raw.strip())
    state = membership_state(user_id=principal.user_id, organization_id=principal.organization_id)
    if state is None or not state.is_active or state.permission_version != version:
        raise InvalidToken("Your rights have changed since this token was issued. Refresh it or sign in again.")
    return principal
