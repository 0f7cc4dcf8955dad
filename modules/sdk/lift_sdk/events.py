"""Events of an organisation that has enabled the module: what the platform sends, and who handles it here."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from inspect import iscoroutinefunction
from typing import Annotated, Any

from fastapi import Header
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from lift_sdk.context import Caller
from lift_sdk.dependencies import CurrentCaller
from lift_sdk.problems import Problem

# Whom the token of a notice speaks for: the platform itself. No person's token reaches the endpoint with this.
PLATFORM = "platform"


class Party(BaseModel):
    """Who did it, or to what: a kind (`user`, `memory`) and an id."""

    kind: str
    id: str


class Details(BaseModel):
    id: str
    cursor: str
    occurred_at: datetime
    actor: Party
    subject: Party
    data: dict[str, Any] = Field(default_factory=dict)
    request_id: str = ""


class Event(BaseModel):
    """One event. The same may come again, with the same `data.id`; those of one organisation come in their order."""

    type: str
    timestamp: datetime
    data: Details


# Told of an event and of the organisation that it belongs to. What it raises has the event sent again.
Handler = Callable[[Event, Caller], Awaitable[None] | None]


class Handlers:
    """What a module does with events, by their type."""

    def __init__(self) -> None:
        self._handlers: dict[str, list[Handler]] = {}

    def add(self, event_type: str, handler: Handler) -> None:
        self._handlers.setdefault(event_type, []).append(handler)

    async def receive(self, event: Event, who: CurrentCaller, webhook_id: Annotated[str, Header()] = "") -> None:
        """Handle an event that the platform sends; a type that nobody handles is none of our business."""
        if who.user_id != PLATFORM or webhook_id != event.data.id:
            raise Problem(403, "permission_denied", "Only the platform tells of events.")
        for handler in self._handlers.get(event.type, []):
            if iscoroutinefunction(handler):
                await handler(event, who)
            else:
                await run_in_threadpool(handler, event, who)
