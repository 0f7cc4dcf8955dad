"""Sliding windows that never let more calls pass than the limit, in any stretch of the window's length. Pure.

Time is cut into slots. A window counts the present slot and as many whole ones before it as fill its length, so every
stretch of that length lies inside of what is counted.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Limit:
    """`calls` in any `seconds`, counted in slots of `slot_seconds`."""

    name: str
    calls: int
    seconds: int
    slot_seconds: int

    @property
    def slots(self) -> int:
        return self.seconds // self.slot_seconds + 1


@dataclass(frozen=True, slots=True)
class Verdict:
    """`remaining` calls of the tightest limit, of which the oldest come back after `reset_seconds`."""

    allowed: bool
    limit: Limit
    remaining: int
    reset_seconds: int


@dataclass
class SlidingWindow:
    """The count of one process; the shared one, in Redis, works the same way."""

    _slots: dict[int, int] = field(default_factory=dict)

    def take(self, limit: Limit, *, now: float) -> Verdict:
        """Count a call unless it passes the limit; `now` in seconds."""
        used, reset = self._used(limit, now)
        allowed = used < limit.calls
        if allowed:
            slot = int(now // limit.slot_seconds)
            self._slots[slot] = self._slots.get(slot, 0) + 1
            used += 1
        return Verdict(allowed, limit, max(limit.calls - used, 0), reset)

    def _used(self, limit: Limit, now: float) -> tuple[int, int]:
        present = int(now // limit.slot_seconds)
        for slot in [slot for slot in self._slots if slot <= present - limit.slots]:
            del self._slots[slot]
        oldest = min(self._slots, default=present)
        return sum(self._slots.values()), int((oldest + limit.slots) * limit.slot_seconds - now) + 1


def plan_limits(calls_per_hour: int | None) -> tuple[Limit, Limit] | None:
    """Return the limits of an organisation and of one of its people; None for a plan without.

    A person has a tenth of the organisation's hour in any minute, so that one loop of theirs does not stop everybody.
    """
    if calls_per_hour is None:
        return None
    return (
        Limit("organization", calls_per_hour, 3600, 60),
        Limit("user", max(calls_per_hour // 10, 30), 60, 5),
    )
