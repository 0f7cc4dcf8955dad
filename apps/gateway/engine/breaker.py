"""Circuit breaker and retry budget of one module. Pure: the time, in seconds of a monotonic clock, is passed in."""

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum

WINDOW_SECONDS = 10.0
# Fewer failures say nothing about the module.
MIN_FAILURES = 5
FAILURE_RATE = 0.5
OPEN_SECONDS = 5.0
# A probe that was never reported back does not keep the breaker half open for ever.
PROBE_SECONDS = 30.0
RETRY_RATIO = 0.1
# Retries that a module which is called seldom has anyway.
RETRY_RESERVE = 3.0


class BreakerState(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass
class CircuitBreaker:
    """Opens when half of the calls of the last seconds failed; then lets one call at a time find out."""

    state: BreakerState = BreakerState.CLOSED
    _outcomes: deque[tuple[float, bool]] = field(default_factory=deque)
    _failures: int = 0
    _opened_at: float = 0.0
    _probe_at: float | None = None

    def try_pass(self, now: float) -> bool:
        """Return whether a call may be made; each one that may is reported by `succeeded` or `failed`."""
        if self.state is BreakerState.CLOSED:
            return True
        if self.state is BreakerState.OPEN and now - self._opened_at >= OPEN_SECONDS:
            self.state, self._probe_at = BreakerState.HALF_OPEN, None
        if self.state is BreakerState.HALF_OPEN and (self._probe_at is None or now - self._probe_at > PROBE_SECONDS):
            self._probe_at = now
            return True
        return False

    def succeeded(self, now: float) -> None:
        if self.state is BreakerState.HALF_OPEN:
            self.state, self._probe_at = BreakerState.CLOSED, None
            self._outcomes.clear()
            self._failures = 0
        self._note(now, failed=False)

    def failed(self, now: float) -> None:
        self._note(now, failed=True)
        if self.state is BreakerState.HALF_OPEN or self._fails_too_often():
            self.state, self._opened_at, self._probe_at = BreakerState.OPEN, now, None

    def abandoned(self) -> None:
        """The caller left before the call had an outcome: another one may find out."""
        self._probe_at = None

    def retry_after(self, now: float) -> float:
        """Return in how many seconds a call may pass."""
        return max(1.0, self._opened_at + OPEN_SECONDS - now)

    def _fails_too_often(self) -> bool:
        return self._failures >= MIN_FAILURES and self._failures >= FAILURE_RATE * len(self._outcomes)

    def _note(self, now: float, *, failed: bool) -> None:
        self._outcomes.append((now, failed))
        self._failures += failed
        while self._outcomes and now - self._outcomes[0][0] > WINDOW_SECONDS:
            self._failures -= self._outcomes.popleft()[1]


@dataclass
class RetryBudget:
    """Retries are at most a tenth of the calls, so that they never make an outage worse."""

    _tokens: float = RETRY_RESERVE

    def earn(self) -> None:
        self._tokens = min(self._tokens + RETRY_RATIO, RETRY_RESERVE * 10)

    def spend(self) -> bool:
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
