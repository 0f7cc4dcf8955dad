"""Second factors of people."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from django.db.models import QuerySet

from apps.accounts.types import MfaSummary
from apps.core.exceptions import NotFound

Type = Authenticator.Type


def user_has_mfa(*, user_id: UUID) -> bool:
    """Return whether a person has enrolled a second factor; recovery codes alone are none."""
    return bool(enrolled().filter(user_id=user_id).exists())


def enrolled() -> QuerySet[Authenticator]:
    """Return what counts as a second factor."""
    rows: QuerySet[Authenticator] = Authenticator.objects.exclude(type=Type.RECOVERY_CODES)
    return rows


def mfa_summary(*, user_id: UUID) -> MfaSummary:
    """Return how many factors of each kind a person has, in one query."""
    rows = list(Authenticator.objects.filter(user_id=user_id))
    return MfaSummary(
        totp=any(row.type == Type.TOTP for row in rows),
        passkeys=sum(row.type == Type.WEBAUTHN for row in rows),
        recovery_codes=sum(_unused(row) for row in rows if row.type == Type.RECOVERY_CODES),
    )


def second_factors_summary(*, user_id: UUID) -> dict[str, Any]:
    """Return what a person has enrolled: `{totp, passkeys, recovery_codes}`."""
    return asdict(mfa_summary(user_id=user_id))


def sign_in_methods(summary: MfaSummary) -> list[str]:
    """Return how a sign-in can be finished."""
    held = {"totp": summary.totp, "recovery_code": summary.recovery_codes > 0, "passkey": summary.passkeys > 0}
    return [name for name, holds in held.items() if holds]


def second_factors(*, user_id: UUID) -> dict[str, Any]:
    """Return a person's second factors, without anything secret."""
    rows = list(Authenticator.objects.filter(user_id=user_id).order_by("created_at", "id"))
    totp = next((row for row in rows if row.type == Type.TOTP), None)
    codes = next((row for row in rows if row.type == Type.RECOVERY_CODES), None)
    return {
        "totp": totp and {"created_at": totp.created_at, "last_used_at": totp.last_used_at},
        "passkeys": [passkey_present(row) for row in rows if row.type == Type.WEBAUTHN],
        "recovery_codes": codes and {"unused": _unused(codes), "created_at": codes.created_at},
    }


def passkey_find(*, user_id: UUID, passkey_id: UUID, lock: bool = False) -> Authenticator:
    """Return one of a person's passkeys; raises `NotFound`."""
    passkeys = Authenticator.objects.filter(user_id=user_id, type=Type.WEBAUTHN)
    if lock:
        passkeys = passkeys.select_for_update()
    row = passkeys.filter(data__id=str(passkey_id)).first()
    if row is None:
        raise NotFound("There is no such passkey.")
    return row


def passkey_present(row: Authenticator) -> dict[str, Any]:
    return {
        "id": row.data["id"],
        "name": row.data["name"],
        "created_at": row.created_at,
        "last_used_at": row.last_used_at,
    }


def _unused(codes: Authenticator) -> int:
    return int(app_settings.RECOVERY_CODE_COUNT) - int(codes.data["used_mask"]).bit_count()
