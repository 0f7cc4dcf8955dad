"""Our tokens: simplejwt's classes with a back end that demands key id, type, issuer and audience."""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import jwt
from django.conf import settings
from jwt.utils import base64url_decode
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError, TokenBackendExpiredToken, TokenError
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, Token

from apps.accounts.exceptions import InvalidToken
from apps.accounts.keys import key_ring
from apps.accounts.registry import extra_claims
from apps.core import strict_json
from apps.core.types import Principal

# Nothing we issue comes near it (a test holds access tokens below 4 KB); longer input is refused unread.
MAX_TOKEN_LENGTH = 8192
CLOCK_LEEWAY_SECONDS = 10
MODULE_TOKEN_SECONDS = 60
# Of tokens that speak for nobody; no id of a person looks like it.
PLATFORM_SUBJECT = "platform"
MODULE_TOKEN_TYPE = "mt+jwt"  # noqa: S105 - the type of a token, no secret
# How `act` names an API key.
KEY_SUBJECT = "api_key:"
REQUIRED_CLAIMS = ["exp", "iat", "iss", "aud", "sub", "jti"]


class KeyRingBackend(TokenBackend):
    """Signs with the current key, verifies with the key that `kid` names, and believes no other header."""

    def __init__(self, header_type: str) -> None:
        super().__init__(settings.JWT_ALGORITHM, audience=settings.JWT_AUDIENCE, issuer=settings.JWT_ISSUER)
        self.header_type = header_type
        self.leeway = CLOCK_LEEWAY_SECONDS

    def encode(self, payload: dict[str, Any]) -> str:
        ring = key_ring()
        return jwt.encode(
            {**payload, "iss": self.issuer, "aud": self.audience},
            ring.signing_key,
            algorithm=ring.algorithm,
            headers={"kid": ring.signing_kid, "typ": self.header_type},
        )

    def decode(self, token: Any, verify: bool = True) -> dict[str, Any]:  # noqa: FBT001, FBT002 - simplejwt's signature
        del verify  # There is no unverified way to read a token here.
        if len(token) > MAX_TOKEN_LENGTH:
            raise TokenBackendError("Token is too long")
        ring = key_ring()
        try:
            header = _header(token)
            key = ring.verifying_keys.get(str(header.get("kid")))
            if key is None or header.get("typ") != self.header_type:
                raise TokenBackendError("Token is not one of ours")
            return jwt.decode(
                token,
                key,
                algorithms=[ring.algorithm],
                audience=self.audience,
                issuer=self.issuer,
                leeway=CLOCK_LEEWAY_SECONDS,
                options={"require": REQUIRED_CLAIMS},
            )
        except jwt.ExpiredSignatureError as error:
            raise TokenBackendExpiredToken("Token is expired") from error
        except jwt.PyJWTError as error:
            raise TokenBackendError("Token is invalid") from error


def _header(token: str) -> dict[str, Any]:
    """Return the header of an unverified token, whose header and claims say everything at most once."""
    header: dict[str, Any] = jwt.get_unverified_header(token)
    try:
        for part in token.split(".")[:2]:
            strict_json.loads(base64url_decode(part))
    except ValueError:
        raise jwt.DecodeError("header or claims are not strict JSON") from None
    return header


class OrganizationAccessToken(AccessToken):
    header_type = "at+jwt"

    def get_token_backend(self) -> KeyRingBackend:
        return KeyRingBackend(self.header_type)


class OrganizationRefreshToken(RefreshToken):
    """Carries who and where only; what the person may do is read afresh at every rotation."""

    header_type = "rt+jwt"

    def get_token_backend(self) -> KeyRingBackend:
        return KeyRingBackend(self.header_type)


def access_token_issue(*, principal: Principal, methods: Sequence[str], permission_version: int, now: datetime) -> str:
    """Return a signed access token: who, where, with which rights, and from which sign-in."""
    if principal.session_id is None or principal.authenticated_at is None:
        raise ValueError("an access token belongs to a session")
    token = OrganizationAccessToken()
    token.set_iat(at_time=now)
    token.set_exp(from_time=now)
    token.payload.update(
        sub=str(principal.user_id),
        org_id=str(principal.organization_id),
        email=principal.email,
        roles=[principal.role],
        permissions=sorted(principal.permissions),
        memory_context=f"org_{principal.organization_id}_context",
        pv=permission_version,
        sid=str(principal.session_id),
        auth_time=int(principal.authenticated_at.timestamp()),
        amr=list(methods),
        **extra_claims(principal.organization_id),
    )
    return str(token)


def access_token_verify(raw: str) -> tuple[Principal, int]:
    """Return whom a token speaks for and its permission version; raise `InvalidToken` for anything else."""
    payload = _verified(OrganizationAccessToken, raw)
    try:
        principal = Principal(
            user_id=UUID(payload["sub"]),
            organization_id=UUID(payload["org_id"]),
            email=str(payload["email"]),
            role=str(payload["roles"][0]),
            permissions=frozenset(map(str, payload["permissions"])),
            session_id=UUID(payload["sid"]),
            authenticated_at=datetime.fromtimestamp(int(payload["auth_time"]), UTC),
        )
        return principal, int(payload["pv"])
    except (KeyError, IndexError, OverflowError, OSError, TypeError, ValueError, AttributeError):
        raise InvalidToken("The token lacks a claim that we issue.") from None


def module_token_issue(
    *, principal: Principal, permission_version: int, module_id: str, tier: str, request_id: str, now: datetime
) -> str:
    """Return a token of `MODULE_TOKEN_SECONDS` for the one module that is its audience.

    `principal.permissions` are already those that person and module have in common. Signed without simplejwt's classes:
    the gateway issues one for every call.
    """
    ring = key_ring()
    issued = int(now.timestamp())
    payload = {
        "iss": settings.JWT_ISSUER,
        "aud": module_id,
        "sub": str(principal.user_id),
        "org_id": str(principal.organization_id),
        "role": principal.role,
        "permissions": sorted(principal.permissions),
        "memory_context": f"org_{principal.organization_id}_context",
        "subscription_tier": tier,
        "pv": permission_version,
        **_on_behalf(principal),
        "rid": request_id,
        "jti": secrets.token_hex(16),
        "iat": issued,
        "exp": issued + MODULE_TOKEN_SECONDS,
    }
    headers = {"kid": ring.signing_kid, "typ": MODULE_TOKEN_TYPE}
    return jwt.encode(payload, ring.signing_key, algorithm=ring.algorithm, headers=headers)


def notice_token_issue(*, organization_id: UUID, module_id: str, now: datetime) -> str:
    """Return the token by which a module knows that the platform itself tells it of an organisation's events.

    It speaks for nobody and holds no permission: whoever has it can call nothing with it.
    """
    ring = key_ring()
    issued = int(now.timestamp())
    payload = {
        "iss": settings.JWT_ISSUER,
        "aud": module_id,
        "sub": PLATFORM_SUBJECT,
        "org_id": str(organization_id),
        "permissions": [],
        "memory_context": f"org_{organization_id}_context",
        "jti": secrets.token_hex(16),
        "iat": issued,
        "exp": issued + MODULE_TOKEN_SECONDS,
    }
    headers = {"kid": ring.signing_kid, "typ": MODULE_TOKEN_TYPE}
    return jwt.encode(payload, ring.signing_key, algorithm=ring.algorithm, headers=headers)


def _on_behalf(principal: Principal) -> dict[str, Any]:
    """Return the claim by which the token ends with what it descends from: a session, or a key (RFC 8693, `act`)."""
    if principal.key_id is not None:
        return {"act": {"sub": f"{KEY_SUBJECT}{principal.key_id}"}}
    return {"sid": str(principal.session_id)}


def module_token_verify(raw: str) -> tuple[Principal, int]:
    """Return for whom a module acts, as `Principal.module` says, and the permission version; raise `InvalidToken`."""
    ring = key_ring()
    try:
        key = ring.verifying_keys.get(str(_header(raw).get("kid")))
        payload = jwt.decode(
            raw,
            key or "",
            algorithms=[ring.algorithm],
            issuer=settings.JWT_ISSUER,
            leeway=CLOCK_LEEWAY_SECONDS,
            options={"require": [*REQUIRED_CLAIMS, "rid", "pv"], "verify_aud": False},
        )
        principal = Principal(
            user_id=UUID(payload["sub"]),
            organization_id=UUID(payload["org_id"]),
            email="",
            role=str(payload["role"]),
            permissions=frozenset(map(str, payload["permissions"])),
            module=_single_audience(payload["aud"]),
            session_id=UUID(payload["sid"]) if "sid" in payload else None,
            key_id=UUID(payload["act"]["sub"].removeprefix(KEY_SUBJECT)) if "act" in payload else None,
        )
        return principal, int(payload["pv"])
    except (jwt.PyJWTError, KeyError, TypeError, ValueError, AttributeError):
        raise InvalidToken("The token is invalid or has expired.") from None


def token_type(raw: str) -> str:
    """Return the `typ` that an unverified token claims: it only chooses which rules it is verified by."""
    if len(raw) > MAX_TOKEN_LENGTH:
        raise InvalidToken("The token is invalid or has expired.")
    try:
        return str(_header(raw).get("typ"))
    except jwt.PyJWTError:
        raise InvalidToken("The token is invalid or has expired.") from None


def _single_audience(audience: object) -> str:
    if not isinstance(audience, str) or not audience:
        raise ValueError("a module token has one audience")
    return audience


def refresh_token_issue(*, token_id: UUID, user_id: UUID, organization_id: UUID, issued: datetime) -> str:
    token = OrganizationRefreshToken()
    token.set_iat(at_time=issued)
    token.set_exp(from_time=issued)
    token.payload.update(jti=str(token_id), sub=str(user_id), org_id=str(organization_id))
    return str(token)


def refresh_token_verify(raw: str) -> UUID:
    """Return the id of the refresh token; raise `InvalidToken` for anything that is not a live refresh token."""
    payload = _verified(OrganizationRefreshToken, raw)
    try:
        return UUID(payload["jti"])
    except (TypeError, ValueError, AttributeError):
        raise InvalidToken("The token is not one of ours.") from None


def _verified(kind: type[Token], raw: str) -> dict[str, Any]:
    try:
        return dict(kind(raw).payload)  # type: ignore[arg-type]  # simplejwt means the encoded token
    # Times that are no times come out of simplejwt as they are.
    except (TokenError, OverflowError, OSError, ValueError):
        raise InvalidToken("The token is invalid or has expired.") from None
