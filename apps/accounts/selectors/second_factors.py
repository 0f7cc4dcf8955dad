"""Second factors of people."""

from typing import Any
from uuid import UUID


def user_has_mfa(*, user_id: UUID) -> bool:
    """Return whether a person has enrolled a second factor."""
    del user_id
    return False


def second_factors_summary(*, user_id: UUID) -> dict[str, Any]:
    """Return what a person has enrolled: `{totp, passkeys, recovery_codes}`."""
    del user_id
    return {"totp": False, "passkeys": 0, "recovery_codes": 0}
