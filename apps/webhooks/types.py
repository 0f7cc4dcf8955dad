"""What the dispatcher is given to send, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Message:
    """A request as it will be sent, but for its signature, which holds for the moment of sending."""

    delivery_id: UUID
    event_id: UUID
    body: str
    # How often it was tried before.
    attempts: int


@dataclass(frozen=True, slots=True)
class Work:
    """An endpoint that a dispatcher has claimed, with the next messages for it in their order."""

    endpoint_id: UUID
    claim: UUID
    url: str
    secrets: Sequence[str] = field(repr=False)
    messages: Sequence[Message]
    # For a module, the token that it knows us by; else empty.
    token: str = field(default="", repr=False)
    # A single message outside the order, which is tried once.
    is_test: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one try came to. `error` is empty for a success, see `WebhookAttempt.Error`."""

    delivery_id: UUID
    at: datetime
    status_code: int | None
    error: str
    milliseconds: int
    response_excerpt: str = ""
    retry_after: float | None = None

    @property
    def delivered(self) -> bool:
        return not self.error
