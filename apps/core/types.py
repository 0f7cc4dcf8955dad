"""Values that every app uses."""

from dataclasses import dataclass
from datetime import datetime
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
    # The API key that acts for this person; None when they call themselves.
    key_id: UUID | None = None
    # The sign-in that the credential descends from, and when they last proved who they are; a key has neither.
    session_id: UUID | None = None
    authenticated_at: datetime | None = None
    # DRF and Django ask this of whatever stands in `request.user`.
    is_authenticated: ClassVar[bool] = True
    is_active: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Client:
    """From where a request came: what sessions and events remember of it."""

    ip: str | None = None
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class Caller:
    """For whom work is done: what the usage ledger and events remember of it."""

    user_id: UUID | None = None
    module: str = ""
    key_id: UUID | None = None
    # An operator at work in the admin, for no organisation.
    is_operator: bool = False


@dataclass(frozen=True, slots=True)
class RegistrationKey:
    """The caller that proves itself with `MODULE_REGISTRATION_KEY`: it belongs to no organisation."""

    permissions: frozenset[str]
    is_authenticated: ClassVar[bool] = True
    is_active: ClassVar[bool] = True
