"""The request that is being answered, for whatever runs inside it: log lines, calls to the platform, dependencies."""

import re
import time
from contextvars import ContextVar
from dataclasses import dataclass, field
from secrets import token_hex
from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from lift_sdk.runtime import Runtime

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
# W3C Trace Context: version, trace id, parent id, flags.
_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
# A day. Longer deadlines are none, and clocks overflow with absurd ones.
_LONGEST_DEADLINE_MS = 86_400_000
_LONGEST_DEADLINE_DIGITS = 8


@dataclass(frozen=True)
class Caller:
    """Who calls, as the platform vouches for it.

    `permissions` are those of the person that this module may use. `deadline` is the moment, on the clock of
    `time.monotonic()`, at which nobody waits for the answer any more; None if nobody said.
    """

    user_id: str
    org_id: str
    permissions: frozenset[str]
    request_id: str
    token: str = field(repr=False)
    memory_context: str = ""
    subscription_tier: str = ""
    deadline: float | None = None

    def may(self, permission: str) -> bool:
        return permission in self.permissions

    def seconds_left(self) -> float | None:
        """Return the time until the deadline, in seconds and not below 0; None without a deadline."""
        return None if self.deadline is None else max(0.0, self.deadline - time.monotonic())


@dataclass
class RequestContext:
    """One for each request; `caller` is None until the token has been verified."""

    runtime: "Runtime"
    request_id: str
    traceparent: str
    deadline: float | None = None
    caller: Caller | None = None


_current: ContextVar[RequestContext | None] = ContextVar("lift_sdk_request", default=None)


def current() -> RequestContext | None:
    return _current.get()


def enter(context: RequestContext) -> None:
    _current.set(context)


def request_id_from(header: str) -> str:
    """Return the id that came with the request if it is one, else a new one."""
    return header if _REQUEST_ID.fullmatch(header) else uuid4().hex


def traceparent_from(header: str) -> str:
    """Return where the request stands in its trace, if it came with that, else the beginning of a new trace."""
    return header if _TRACEPARENT.fullmatch(header) else f"00-{token_hex(16)}-{token_hex(8)}-00"


def deadline_from(header: str) -> float | None:
    """Turn `X-Lift-Deadline-Ms`, the milliseconds left, into a moment of the monotonic clock."""
    if not (header.isascii() and header.isdigit() and len(header) <= _LONGEST_DEADLINE_DIGITS):
        return None
    return time.monotonic() + min(int(header), _LONGEST_DEADLINE_MS) / 1000
