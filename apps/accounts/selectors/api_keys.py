"""API keys: whom one speaks for, and those of an organisation."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.cache import caches
from django.db import transaction
from django.db.models import QuerySet

from apps.accounts.exceptions import InvalidToken
from apps.accounts.key_format import is_well_formed, secret_hash
from apps.accounts.models import ApiKey, Membership
from apps.accounts.selectors.memberships import STATE_TTL_SECONDS, permissions_of_membership
from apps.accounts.types import ApiKeyState
from apps.core.types import Principal

KEY_REFUSED = "The key in X-API-Key is not valid, has expired or was revoked."
_UNKNOWN = "unknown"


def api_key_state(*, secret: str, now: datetime) -> ApiKeyState:
    """Return whom a key speaks for, at most `STATE_TTL_SECONDS` old; raise `InvalidToken` if it does not hold."""
    if not is_well_formed(secret):
        raise InvalidToken("The key in X-API-Key is not valid.")
    cache = caches["process"]
    key_hash = secret_hash(secret)
    state: ApiKeyState | str | None = cache.get(_key(key_hash))
    if state is None:
        state = api_key_state_read(key_hash=key_hash) or _UNKNOWN
        cache.set(_key(key_hash), state, STATE_TTL_SECONDS)
    if not isinstance(state, ApiKeyState) or (state.expires_at is not None and state.expires_at <= now):
        raise InvalidToken(KEY_REFUSED)
    return state


def api_key_state_read(*, key_hash: str) -> ApiKeyState | None:
    """Return the state of a key, read now; None if it is unknown or revoked, or its maker may not act any more.

    A key may do what its scopes and its maker's present role have in common.
    """
    key = ApiKey.objects.filter(secret_hash=key_hash, revoked_at=None).first()
    return None if key is None else _state(key)


def api_key_holds(*, key_id: UUID, now: datetime) -> bool:
    """Return whether a key holds, at most `STATE_TTL_SECONDS` ago: for the tokens of modules that descend from it."""
    cache = caches["process"]
    name = f"api-key-holds:{key_id}"
    holds: bool | None = cache.get(name)
    if holds is None:
        state = api_key_state_of(key_id=key_id)
        holds = state is not None and (state.expires_at is None or state.expires_at > now)
        cache.set(name, holds, STATE_TTL_SECONDS)
    return holds


def api_key_state_of(*, key_id: UUID) -> ApiKeyState | None:
    """Return the state of a key by its id, read now; None as for `api_key_state_read`."""
    key = ApiKey.objects.filter(id=key_id, revoked_at=None).first()
    return None if key is None else _state(key)


def _state(key: ApiKey) -> ApiKeyState | None:
    membership = (
        Membership.objects.select_related("user", "organization")
        .filter(
            user_id=key.created_by_id,
            organization_id=key.organization_id,
            user__is_active=True,
            organization__is_active=True,
        )
        .first()
    )
    if membership is None:
        return None
    principal = Principal(
        user_id=membership.user_id,
        organization_id=membership.organization_id,
        email=membership.user.email,
        role=membership.role,
        permissions=frozenset(key.scopes) & permissions_of_membership(membership),
        key_id=key.id,
    )
    return ApiKeyState(principal, membership.permission_version, key.expires_at, key.last_used_at)


def api_key_state_forget(*, key_hash: str) -> None:
    """Have this process read the state anew once the transaction commits."""
    transaction.on_commit(lambda: caches["process"].delete(_key(key_hash)))


def api_key_state_used(*, key_hash: str, state: ApiKeyState, now: datetime) -> None:
    """Have this process remember that the use of a key was noted."""
    caches["process"].set(_key(key_hash), replace(state, last_used_at=now), STATE_TTL_SECONDS)


def _key(key_hash: str) -> str:
    return f"api-key:{key_hash}"


def api_keys(*, organization_id: UUID) -> QuerySet[ApiKey]:
    return ApiKey.objects.filter(organization_id=organization_id).select_related("created_by")


def api_key_present(key: ApiKey, *, now: datetime) -> dict[str, Any]:
    expired = key.expires_at is not None and key.expires_at <= now
    return {
        "id": str(key.id),
        "name": key.name,
        "prefix": key.prefix,
        "scopes": key.scopes,
        "created_by": {"id": str(key.created_by_id), "email": key.created_by.email},
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "last_used_at": key.last_used_at,
        "revoked_at": key.revoked_at,
        "status": "revoked" if key.revoked_at else "expired" if expired else "active",
        "rotated_from": str(key.rotated_from_id) if key.rotated_from_id else None,
    }
