"""What accounts hands to other apps: frozen values, never model instances."""

from dataclasses import dataclass


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
