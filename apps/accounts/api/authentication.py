"""Hands DRF the caller that the middleware found; the credential is verified there, once."""

from typing import Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from apps.core.types import Principal, RegistrationKey

CHALLENGE = 'Bearer realm="liftos"'


class CredentialAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[Principal | RegistrationKey, None] | None:
        raw: Any = request._request  # noqa: SLF001 - where the middleware left its finding
        if raw.credential_error is not None:
            raise AuthenticationFailed(raw.credential_error.detail)
        return None if raw.principal is None else (raw.principal, None)

    def authenticate_header(self, request: Request) -> str:
        del request
        return CHALLENGE
