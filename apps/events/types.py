"""Who did something, to what, and the event that tells of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from apps.core.request_context import caller
from apps.core.types import Principal


class ActorKind(StrEnum):
    USER = "user"
    API_KEY = "api_key"
    MODULE = "module"
    OPERATOR = "operator"
    SYSTEM = "system"
    # Nobody who has proven who they are: a failed sign-in, the holder of a link from a mail.
    ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True)
class Actor:
    kind: ActorKind
    id: str = ""

    @classmethod
    def of(cls, principal: Principal) -> "Actor":
        """Return who acts with a verified credential: the key or module where one acts for a person."""
        if principal.key_id is not None:
            return cls(ActorKind.API_KEY, str(principal.key_id))
        if principal.module:
            return cls(ActorKind.MODULE, principal.module)
        return cls(ActorKind.USER, str(principal.user_id))

    @classmethod
    def present(cls) -> "Actor":
        """Return for whom the present work is done, as `of` would: the system where it is for nobody."""
        present = caller()
        if present.is_operator:
            return cls(ActorKind.OPERATOR, str(present.user_id))
        if present.key_id is not None:
            return cls(ActorKind.API_KEY, str(present.key_id))
        if present.module:
            return cls(ActorKind.MODULE, present.module)
        return cls(ActorKind.USER, str(present.user_id)) if present.user_id else SYSTEM


@dataclass(frozen=True, slots=True)
class Listener:
    """Who is told of an organisation's events: a member, a module that has subscribed to them, or any member at all."""

    organization_id: UUID
    principal: Principal | None = None
    module: str = ""


SYSTEM = Actor(ActorKind.SYSTEM)
ANONYMOUS = Actor(ActorKind.ANONYMOUS)


@dataclass(frozen=True, slots=True)
class Event:
    """A committed event that has its place in the order of all events."""

    id: UUID
    name: str
    organization_id: UUID | None
    actor: Actor
    subject_kind: str
    subject_id: str
    data: Mapping[str, Any]
    request_id: str
    ip: str | None
    occurred_at: datetime
    sequence: int
    # Among the events of the organisation; None for those of none.
    position: int | None
