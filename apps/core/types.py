"""Values that every app uses."""

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
    # The module that acts for this person; empty when they call themselves.
    module: str = ""
    # DRF and Django ask this of whatever stands in `request.user`.
    is_authenticated: ClassVar[bool] = True
    is_active: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class RegistrationKey:
    """The caller that proves itself with `MODULE_REGISTRATION_KEY`: it belongs to no organisation."""

    permissions: frozenset[str]
    is_authenticated: ClassVar[bool] = True
    is_active: ClassVar[bool] = True
