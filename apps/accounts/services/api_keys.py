"""Keys for programs: made, rotated, revoked."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from apps.accounts.exceptions import EscalationRefused
from apps.accounts.key_format import SHOWN_LENGTH, new_secret, secret_hash
from apps.accounts.models import ApiKey
from apps.accounts.permissions import Permission
from apps.accounts.selectors.api_keys import api_key_state_forget, api_key_state_used
from apps.accounts.selectors.memberships import assignable_permissions
from apps.accounts.types import ApiKeyState
from apps.core.exceptions import Conflict, InvalidInput, NotFound
from apps.core.types import Principal
from apps.events.services.outbox import emit
from apps.events.types import Actor

MAX_KEYS = 200
# A key that is used all the time need not be written to all the time.
USE_NOTED_EVERY = timedelta(minutes=1)


@transaction.atomic
def api_key_create(
    *, principal: Principal, name: str, scopes: Sequence[str], expires_at: datetime | None, now: datetime
) -> tuple[ApiKey, str]:
    """Make a key and return it with its secret, which nobody can read again.

    Raises `InvalidInput` for a scope that does not exist, `EscalationRefused` for one that the caller does not hold.
    """
    if expires_at is not None and expires_at <= now:
        raise InvalidInput("The end lies in the past.", pointer="/expires_at")
    _scopes_check(principal, scopes)
    if ApiKey.objects.filter(organization_id=principal.organization_id, revoked_at=None).count() >= MAX_KEYS:
        raise Conflict(f"An organisation has at most {MAX_KEYS} keys. Revoke one that is not used.")
    key, secret = _key_make(principal, name=name, scopes=scopes, expires_at=expires_at, rotated_from=None, now=now)
    _emit("api_key.created", principal, key, now=now, scopes=key.scopes)
    return key, secret


def _scopes_check(principal: Principal, scopes: Sequence[str]) -> None:
    assignable = assignable_permissions(organization_id=principal.organization_id)
    # Operators make the keys by which modules register themselves; what is an owner's alone is in no key.
    known = assignable | (principal.permissions & {Permission.REGISTRY_WRITE})
    if unknown := sorted(set(scopes) - known):
        raise InvalidInput(f"There is no such permission: {', '.join(unknown)}.", pointer="/scopes")
    if excess := sorted(set(scopes) - principal.permissions):
        raise EscalationRefused(
            f"You do not hold {', '.join(excess)} yourself.", action="api_key.create", wanted=excess
        )


def _key_make(
    principal: Principal,
    *,
    name: str,
    scopes: Sequence[str],
    expires_at: datetime | None,
    rotated_from: ApiKey | None,
    now: datetime,
) -> tuple[ApiKey, str]:
    secret = new_secret()
    key = ApiKey.objects.create(
        organization_id=principal.organization_id,
        created_by_id=principal.user_id,
        name=name,
        prefix=secret[:SHOWN_LENGTH],
        secret_hash=secret_hash(secret),
        scopes=sorted(set(scopes)),
        rotated_from=rotated_from,
        created_at=now,
        expires_at=expires_at,
    )
    return key, secret


@transaction.atomic
def api_key_rotate(*, principal: Principal, key_id: UUID, overlap: timedelta, now: datetime) -> tuple[ApiKey, str]:
    """Replace a key by a new one with the same name, scopes and end; the old one ends after `overlap`.

    The new key acts for the caller, who has to hold its scopes. Raises `NotFound`, `Conflict` or `EscalationRefused`.
    """
    old = _key_of(principal, key_id)
    if old.revoked_at is not None or (old.expires_at is not None and old.expires_at <= now):
        raise Conflict("The key does not hold any more. Make a new one.")
    if excess := sorted(set(old.scopes) - principal.permissions):
        raise EscalationRefused(
            f"You do not hold {', '.join(excess)} yourself.", action="api_key.rotate", wanted=excess
        )
    key, secret = _key_make(
        principal, name=old.name, scopes=old.scopes, expires_at=old.expires_at, rotated_from=old, now=now
    )
    ends = now + overlap
    old.expires_at = ends if old.expires_at is None else min(old.expires_at, ends)
    old.save(update_fields=["expires_at"])
    api_key_state_forget(key_hash=old.secret_hash)
    _emit("api_key.rotated", principal, key, now=now, rotated_from=str(old.id), old_ends=old.expires_at.isoformat())
    return key, secret


@transaction.atomic
def api_key_revoke(*, principal: Principal, key_id: UUID, now: datetime) -> None:
    """End a key within 5 s in every process; revoking it again changes nothing. Raises `NotFound`."""
    key = _key_of(principal, key_id)
    if key.revoked_at is None:
        key_end(key, now=now)
        _emit("api_key.revoked", principal, key, now=now)


def key_end(key: ApiKey, *, now: datetime) -> None:
    key.revoked_at = now
    key.save(update_fields=["revoked_at"])
    api_key_state_forget(key_hash=key.secret_hash)


def api_key_used(*, key_hash: str, state: ApiKeyState, now: datetime) -> None:
    """Note that a key was used, at most once a minute."""
    if state.last_used_at is not None and now - state.last_used_at < USE_NOTED_EVERY:
        return
    ApiKey.objects.filter(secret_hash=key_hash).update(last_used_at=now)
    api_key_state_used(key_hash=key_hash, state=state, now=now)


def _key_of(principal: Principal, key_id: UUID) -> ApiKey:
    key = (
        ApiKey.objects.select_for_update(of=("self",))
        .select_related("created_by")
        .filter(id=key_id, organization_id=principal.organization_id)
        .first()
    )
    if key is None:
        raise NotFound("There is no such key.")
    return key


def _emit(name: str, principal: Principal, key: ApiKey, *, now: datetime, **data: object) -> None:
    emit(
        name,
        organization_id=principal.organization_id,
        actor=Actor.of(principal),
        subject=("api_key", key.id),
        now=now,
        key_name=key.name,
        **data,
    )
