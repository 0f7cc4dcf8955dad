"""When a module counts as healthy: the results of its checks, damped. Pure; the time is passed in.

One failure makes a module `degraded`, `FAILURES_TO_UNAVAILABLE` in a row `unavailable`; `SUCCESSES_TO_AVAILABLE` in a
row bring it back. One that changed to and fro more than `FLAPS` times within `FLAP_WINDOW` stays `degraded` until it
has been quiet for as long: callers are served, and operators see that something is wrong.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

CHECK_EVERY = timedelta(seconds=10)
# A module that is not well is asked more often, so that it is back soon.
RECHECK_EVERY = timedelta(seconds=5)
FAILURES_TO_UNAVAILABLE = 2
SUCCESSES_TO_AVAILABLE = 2
SLOW = timedelta(seconds=2)
FLAPS = 4
FLAP_WINDOW = timedelta(minutes=5)


class ModuleState(StrEnum):
    """Where a module stands. Until its contract has been checked it is `registered`, and nobody can call it."""

    REGISTERED = "registered"
    CHECKED = "checked"
    AVAILABLE = "available"
    DEGRADED = "degraded"
    UNAVAILABLE = "unavailable"
    RETIRED = "retired"


# States in which calls are forwarded.
SERVING = frozenset({ModuleState.CHECKED, ModuleState.AVAILABLE, ModuleState.DEGRADED})
MONITORED = SERVING | {ModuleState.UNAVAILABLE}


@dataclass(frozen=True, slots=True)
class Health:
    """The state with what it was concluded from. `falls` are the times at which the module became unavailable."""

    state: ModuleState
    failures: int = 0
    successes: int = 0
    falls: tuple[datetime, ...] = ()


def health_after(health: Health, *, ok: bool, latency: timedelta, now: datetime) -> Health:
    """Return the health after one more check; a state that is not monitored stays as it is."""
    if health.state not in MONITORED:
        return health
    falls = tuple(fall for fall in health.falls if now - fall < FLAP_WINDOW)
    if not ok:
        failures = health.failures + 1
        if failures < FAILURES_TO_UNAVAILABLE:
            state = health.state if health.state is ModuleState.UNAVAILABLE else ModuleState.DEGRADED
        else:
            state = ModuleState.UNAVAILABLE
        if state is ModuleState.UNAVAILABLE and health.state is not ModuleState.UNAVAILABLE:
            falls = (*falls, now)
        return Health(state, failures, 0, falls)
    health = replace(health, failures=0, successes=health.successes + 1, falls=falls)
    if health.successes < SUCCESSES_TO_AVAILABLE:
        return health
    is_well = latency <= SLOW and len(falls) < FLAPS
    return replace(health, state=ModuleState.AVAILABLE if is_well else ModuleState.DEGRADED)


def is_due(state: ModuleState, *, checked_at: datetime | None, now: datetime) -> bool:
    """Return whether a module is to be asked again."""
    if state not in MONITORED:
        return False
    every = CHECK_EVERY if state is ModuleState.AVAILABLE else RECHECK_EVERY
    # The scheduler's beat is never exact.
    return checked_at is None or now - checked_at >= every - timedelta(seconds=1)
