"""How a call is carried out, without doing it: tries, pauses and the deadline, as a generator of steps.

Both clients drive this generator: they send what it yields and tell it what came. Tried again is only what is safe to
repeat, and only when it may help: after no answer, 429, 502, 503 and 504.
"""

import math
import random
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import httpx2
from pydantic import ValidationError

from lift_sdk.memory.calls import Answer, Call
from lift_sdk.memory.exceptions import REFUSALS, PlatformAway, PlatformError, PlatformRefusal

MAX_TRIES = 3
# Without a deadline of the caller, a call with all its tries takes no longer.
TOTAL_SECONDS = 10.0
# The first pause is up to this long, each next one up to twice as long: "full jitter", AWS Architecture Blog, 2015.
FIRST_PAUSE_SECONDS = 0.2
# A try with less time than this is not worth its work on the other side.
SHORTEST_TRY_SECONDS = 0.02
_RETRIED = frozenset({429, 502, 503, 504})
_SERVER_ERROR = 500
_REDIRECT = 300


@dataclass(frozen=True)
class Send:
    """Send the call within `timeout` seconds; what comes back is the response, or the error of the transport."""

    timeout: float


@dataclass(frozen=True)
class Pause:
    seconds: float


Step = Send | Pause
Outcome = httpx2.Response | httpx2.TransportError | None


def exchange(
    call: Call[Answer], *, ends: float, clock: Callable[[], float] = time.monotonic
) -> Generator[Step, Outcome, Answer]:
    """Yield the steps of a call that must be over at `ends`; return the answer, raise a `PlatformError`."""
    tries = MAX_TRIES if call.repeatable else 1
    for attempt in range(tries):
        left = ends - clock()
        if left < SHORTEST_TRY_SECONDS:
            raise PlatformAway("no time left for the call", deadline_passed=True)
        outcome = yield Send(left)
        failure, asked = _judge(outcome)
        if failure is None and isinstance(outcome, httpx2.Response):
            return _parse(call, outcome)
        pause = asked if asked is not None else _jitter(attempt)
        if attempt + 1 == tries or pause + SHORTEST_TRY_SECONDS > ends - clock():
            break
        yield Pause(pause)
    raise _final(outcome, passed=ends - clock() < SHORTEST_TRY_SECONDS)


def _judge(outcome: Outcome) -> tuple[bool | None, float | None]:
    """Return None if this outcome is the last word, else True with the seconds that it asks to wait."""
    if not isinstance(outcome, httpx2.Response):
        return True, None
    if outcome.status_code in _RETRIED:
        return True, retry_after(outcome)
    return None, None


def _jitter(attempt: int) -> float:
    return random.uniform(0, FIRST_PAUSE_SECONDS * 2**attempt)  # noqa: S311 - spreads load, guards nothing


def retry_after(response: httpx2.Response) -> float | None:
    """Return the seconds of `Retry-After`, which may be a number or a date (RFC 9110, 10.2.3)."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None


def _parse(call: Call[Answer], response: httpx2.Response) -> Answer:
    if response.status_code >= _SERVER_ERROR:
        raise PlatformAway(f"the platform answered {response.status_code}")
    if response.status_code >= _REDIRECT:
        raise refusal(response)
    try:
        return call.answer.model_validate_json(response.content)
    except ValidationError as error:
        raise PlatformError(f"{call.method} {call.path} was answered with something else: {error}") from None


def _final(outcome: Outcome, *, passed: bool) -> PlatformError:
    if not isinstance(outcome, httpx2.Response):
        return PlatformAway(f"the platform did not answer: {type(outcome).__name__}", deadline_passed=passed)
    if outcome.status_code < _SERVER_ERROR:
        return refusal(outcome)
    return PlatformAway(f"the platform answered {outcome.status_code}", retry_after=_whole(retry_after(outcome)))


def refusal(response: httpx2.Response) -> PlatformRefusal:
    """Return the error that a problem document means."""
    try:
        problem = response.json()
    except ValueError:
        problem = None
    fields = problem if isinstance(problem, dict) else {}
    kind = REFUSALS.get(response.status_code, PlatformRefusal)
    return kind(
        response.status_code,
        str(fields.get("code", "unknown")),
        str(fields.get("detail", f"The platform answered {response.status_code}.")),
        title=str(fields.get("title", "")),
        retry_after=_whole(retry_after(response)),
        errors=tuple(row for row in fields.get("errors") or () if isinstance(row, dict)),
    )


def _whole(seconds: float | None) -> int | None:
    return None if seconds is None else math.ceil(seconds)
