"""Finds out on whose behalf a request runs, once, from its verified credential, and opens that scope.

A host name or header never chooses the organisation. Without a credential, or with a bad one, the request runs in the
public scope, and views that need a caller answer 401.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare

from apps.accounts.exceptions import InvalidToken
from apps.accounts.permissions import Permission
from apps.accounts.selectors.memberships import membership_state
from apps.accounts.tokens import MODULE_TOKEN_TYPE, access_token_verify, module_token_verify, token_type
from apps.core.tenancy.scope import organization_scope, public_scope
from apps.core.types import Principal, RegistrationKey

API_PREFIX = "/api/"


class OrganizationMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with public_scope():
            principal: Principal | RegistrationKey | None = None
            request.credential_error = None  # type: ignore[attr-defined]  # read by CredentialAuthentication
            if request.path.startswith(API_PREFIX):
                try:
                    principal = _principal(request)
                except InvalidToken as error:
                    request.credential_error = error  # type: ignore[attr-defined]  # as above
            request.principal = principal  # type: ignore[attr-defined]  # as above
            if not isinstance(principal, Principal):
                return self.get_response(request)
            with organization_scope(principal.organization_id):
                return self.get_response(request)


def _registration_key(request: HttpRequest) -> RegistrationKey | None:
    given = request.headers.get("X-API-Key")
    if given is None:
        return None
    if not settings.MODULE_REGISTRATION_KEY or not constant_time_compare(given, settings.MODULE_REGISTRATION_KEY):
        raise InvalidToken("The key in X-API-Key is not valid.")
    return RegistrationKey(frozenset({Permission.REGISTRY_WRITE}))


def _principal(request: HttpRequest) -> Principal | RegistrationKey | None:
    """Return the caller; None without a credential. Raises `InvalidToken` for one that does not hold (any more)."""
    header = request.headers.get("Authorization")
    if header is None:
        return _registration_key(request)
    scheme, _, raw = header.partition(" ")
    if scheme.lower() != "bearer" or not raw:
        raise InvalidToken("The Authorization header must be: Bearer <access token>.")
    raw = raw.strip()
    verify = module_token_verify if token_type(raw) == MODULE_TOKEN_TYPE else access_token_verify
    principal, version = verify(raw)
    state = membership_state(user_id=principal.user_id, organization_id=principal.organization_id, seen_version=version)
    if state is None or not state.is_active or state.permission_version != version:
        raise InvalidToken("Your rights have changed since this token was issued. Refresh it or sign in again.")
    return principal
