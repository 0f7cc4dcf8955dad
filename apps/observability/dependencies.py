"""What the platform needs, and how each of it is at the moment.

Apps register their dependencies with what users lose without them. Each is asked in a thread of its own and within a
time of its own, so that one that hangs holds up nothing; a question that still hangs is not asked a second time.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass, field
from datetime import datetime

from django.db import close_old_connections, connections
from django.utils import timezone

from apps.core.tenancy.scope import public_scope
from apps.observability.types import Checked, Finding, Health, State

logger = logging.getLogger(__name__)

# One check may tell of several things, by their names: of each module, each identity provider.
Check = Callable[[], Finding]
Checks = Callable[[], Mapping[str, Finding]]
# What this process has found is believed for so long.
FRESH_SECONDS = 3.0
CHECK_SECONDS = 4.0


@dataclass
class _Dependency:
    name: str
    check: Checks
    consequence: Callable[[str], str]
    vital: bool
    every_seconds: float
    asked: "Future[Mapping[str, Finding]] | None" = None
    asked_at: float = 0.0
    answered: tuple[float, list[tuple[str, Finding]], float] | None = field(default=None, repr=False)


_dependencies: dict[str, _Dependency] = {}
_lock = threading.Lock()
_last: Health | None = None
_last_at = 0.0


def register_dependency(
    name: str, check: Check, consequence: str, *, vital: bool = False, every_seconds: float = 0.0
) -> None:
    """Add something that is asked in the public scope; called from `AppConfig.ready`.

    Without what is `vital` the whole platform is down. What is far away is asked once in `every_seconds` at most.
    """
    register_dependencies(
        name, lambda: {name: check()}, lambda _: consequence, vital=vital, every_seconds=every_seconds
    )


def register_dependencies(
    name: str,
    check: Checks,
    consequence: Callable[[str], str],
    *,
    vital: bool = False,
    every_seconds: float = 0.0,
) -> None:
    """Add several things that one check tells of; `consequence` gets the name of each."""
    _dependencies[name] = _Dependency(name, check, consequence, vital, every_seconds)


def registered_dependencies() -> list[str]:
    return sorted(_dependencies)


def health() -> Health:
    """Return how everything is, as of a few seconds ago; never raises, never waits for longer than a check may."""
    global _last, _last_at
    with _lock:
        if _last is None or time.monotonic() - _last_at > FRESH_SECONDS:
            _last, _last_at = _asked(timezone.now()), time.monotonic()
        return _last


def health_forget() -> None:
    """Ask anew at the next occasion."""
    global _last  # noqa: PLW0603 - as above
    with _lock:
        _last = None
        for one in _dependencies.values():
            one.answered = None


def _asked(now: datetime) -> Health:
    ends = time.monotonic() + CHECK_SECONDS
    for one in _dependencies.values():
        if one.asked is None and not _is_fresh(one):
            one.asked, one.asked_at = _begin(one.name, one.check), time.monotonic()
    checks: list[Checked] = []
    down = degraded = False
    for one in _dependencies.values():
        for name, finding, milliseconds in _answer_of(one, ends):
            checks.append(Checked(name, finding, one.consequence(name), milliseconds))
            down |= one.vital and finding.state is State.DOWN
            degraded |= finding.state is not State.OK
    state = State.DOWN if down else State.DEGRADED if degraded else State.OK
    return Health(state, now, tuple(checks))


def _is_fresh(one: _Dependency) -> bool:
    # Only good news may be old: who has come back is seen at once.
    if one.answered is None or any(finding.state is not State.OK for _, finding in one.answered[1]):
        return False
    return time.monotonic() - one.answered[0] < one.every_seconds


def _answer_of(one: _Dependency, ends: float) -> list[tuple[str, Finding, float]]:
    if one.asked is not None:
        try:
            found = one.asked.result(timeout=max(ends - time.monotonic(), 0.0))
        except FutureTimeout:
            waited = time.monotonic() - one.asked_at
            return [(one.name, Finding(State.DOWN, f"no answer within {waited:.0f} s"), round(waited * 1000, 1))]
        one.answered = (time.monotonic(), list(found.items()), round((time.monotonic() - one.asked_at) * 1000, 1))
        one.asked = None
    if one.answered is None:
        return []
    return [(name, finding, one.answered[2]) for name, finding in one.answered[1]]


def _begin(name: str, check: Checks) -> "Future[Mapping[str, Finding]]":
    answer: Future[Mapping[str, Finding]] = Future()

    def ask() -> None:
        try:
            with public_scope():
                close_old_connections()
                found = check()
        except Exception as error:  # noqa: BLE001 - whatever a check raises is its result; texts may hold addresses
            logger.warning("health: a check raised %s", type(error).__name__)
            found = {name: Finding(State.DOWN, type(error).__name__)}
        finally:
            connections.close_all()
        answer.set_result(found)

    threading.Thread(target=ask, name="health", daemon=True).start()
    return answer
