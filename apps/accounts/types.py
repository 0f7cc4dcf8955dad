"""What accounts hands to other apps: frozen values, never model instances."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is calling, as the verified credential says; the value of `request.user` in every API view."""

    user_id: UUID
    organization_id: UUID
    email: str
    role: str
    permissions: frozenset[str]
    # DRF and Django ask this of whatever stands in `request.user`.
    is_authenticated: ClassVar[bool] = True
    is_active: ClassVar[bool] = True


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
