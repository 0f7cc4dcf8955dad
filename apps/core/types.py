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
    # DRF and Django ask this of whatever stands in `request.user`.
    is_authenticated: ClassVar[bool] = True
    is_active: ClassVar[bool] = True
