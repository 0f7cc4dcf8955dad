"""What accounts hands to other apps: frozen values, never model instances."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.core.types import Principal


@dataclass(frozen=True, slots=True)
class TokenPair:
    access: str
    refresh: str


@dataclass(frozen=True, slots=True)
class MembershipState:
    """The part of a membership that decides whether a token issued earlier still holds."""

    role: str
    permission_version: int
    is_active: bool


@dataclass(frozen=True, slots=True)
class ApiKeyState:
    """Whom a key speaks for, with the permission version of its maker's membership."""

    principal: Principal
    permission_version: int
    expires_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class KeyStates:
    """The key ids of one algorithm by state, oldest first."""

    algorithm: str
    current: str
    next: str
    previous: tuple[str, ...]
    revoked: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MfaSummary:
    """How many second factors of each kind a person has; `recovery_codes` counts the unused ones."""

    totp: bool
    passkeys: int
    recovery_codes: int


@dataclass(frozen=True, slots=True)
class Proof:
    """What somebody brings as second factor: a code, or the answer of a passkey."""

    code: str | None = None
    credential: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class TotpSetup:
    """What an authenticator app is set up with, and the token that finishes it."""

    secret: str
    uri: str
    setup_token: str
