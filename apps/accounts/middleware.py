"""Finds out on whose behalf a request runs, once, from its verified credential, and opens that scope.

A host name or header never chooses the organisation. Without a credential, or with a bad one, the request runs in the
public scope, and views that need a caller answer 401.
"""

from collections.abc import Callable
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port, validate_host
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from apps.accounts.adapters import client_of
from apps.accounts.exceptions import InvalidToken
from apps.accounts.key_format import secret_hash
from apps.accounts.metrics import attempt
from apps.accounts.permissions import Permission
from apps.accounts.selectors.api_keys import api_key_holds, api_key_state
from apps.accounts.selectors.domains import organization_of_host
from apps.accounts.selectors.memberships import membership_state
from apps.accounts.selectors.sessions import session_holds
from apps.accounts.services.api_keys import api_key_used
from apps.accounts.tokens import MODULE_TOKEN_TYPE, access_token_verify, module_token_verify, token_type
from apps.core.request_context import caller_set, client_set
from apps.core.tenancy.scope import organization_scope, public_scope
from apps.core.types import Caller, Principal, RegistrationKey

API_PREFIX = "/api/"
ADMIN_PREFIX = "/admin/"
# What Django itself allows where no hosts are configured, in development.
LOCAL_HOSTS = [".localhost", "127.0.0.1", "[::1]"]


class CustomDomainMiddleware:
    """Lets the proven host names of organisations in; all others stay subject to `ALLOWED_HOSTS`.

    Such a name selects branding, kept as `request.branded_organization_id`, and nothing else: from here on the request
    looks as if it had come to the platform's own address.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.own_host = urlsplit(settings.PUBLIC_URL).netloc

    def __call__(self, request: HttpRequest) -> HttpResponse:
        organization_id: UUID | None = None
        host = request.META.get("HTTP_HOST", "")
        name, _ = split_domain_port(host)
        if name and host != self.own_host and not validate_host(name, settings.ALLOWED_HOSTS or LOCAL_HOSTS):
            with public_scope():
                organization_id = organization_of_host(name)
            if organization_id is not None:
                request.META["HTTP_HOST"] = self.own_host
        request.branded_organization_id = organization_id  # type: ignore[attr-defined]  # read by BrandingView
        return self.get_response(request)


class OrganizationMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with public_scope(), client_set(client_of(request)):
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
            acting = Caller(principal.user_id, principal.module, principal.key_id)
            with organization_scope(principal.organization_id), caller_set(acting):
                return self.get_response(request)


class OperatorMiddleware:
    """Has events of what operators do in the admin name them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(ADMIN_PREFIX) or not request.user.is_authenticated:
            return self.get_response(request)
        with caller_set(Caller(request.user.pk, is_operator=True)):
            return self.get_response(request)


def _principal(request: HttpRequest) -> Principal | RegistrationKey | None:
    """Return the caller; None without a credential. Raises `InvalidToken` for one that does not hold (any more)."""
    header = request.headers.get("Authorization")
    if header is None:
        secret = request.headers.get("X-API-Key")
        return None if secret is None else _principal_of_key(secret)
    scheme, _, raw = header.partition(" ")
    if scheme.lower() != "bearer" or not raw:
        raise InvalidToken("The Authorization header must be: Bearer <access token>.")
    return _principal_of_token(raw.strip())


@attempt("access_token")
def _principal_of_token(raw: str) -> Principal:
    verify = module_token_verify if token_type(raw) == MODULE_TOKEN_TYPE else access_token_verify
    principal, version = verify(raw)
    state = membership_state(user_id=principal.user_id, organization_id=principal.organization_id, seen_version=version)
    if state is None or not state.is_active or state.permission_version != version:
        raise InvalidToken("Your rights have changed since this token was issued. Refresh it or sign in again.")
    if principal.session_id is not None and not session_holds(session_id=principal.session_id):
        raise InvalidToken("The session has ended. Sign in again.")
    if principal.key_id is not None and not api_key_holds(key_id=principal.key_id, now=timezone.now()):
        raise InvalidToken("The API key that this token descends from does not hold any more.")
    return principal


@attempt("api_key")
def _principal_of_key(secret: str) -> Principal | RegistrationKey:
    if settings.MODULE_REGISTRATION_KEY and constant_time_compare(secret, settings.MODULE_REGISTRATION_KEY):
        return RegistrationKey(frozenset({Permission.REGISTRY_WRITE}))
    now = timezone.now()
    state = api_key_state(secret=secret, now=now)
    api_key_used(key_hash=secret_hash(secret), state=state, now=now)
    return state.principal
