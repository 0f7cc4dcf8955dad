"""Who did something, and to what."""

from dataclasses import dataclass
from enum import StrEnum

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


SYSTEM = Actor(ActorKind.SYSTEM)
ANONYMOUS = Actor(ActorKind.ANONYMOUS)
