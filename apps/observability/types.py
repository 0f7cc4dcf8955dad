"""What is asked of the log, and what health is made of."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

LOG_LEVELS = ("debug", "info", "warning", "error", "critical")


@dataclass(frozen=True, slots=True)
class LogQuery:
    """Which lines are wanted; what is empty does not matter. `level` is the lowest, `contains` any part of a line."""

    request_id: str = ""
    trace_id: str = ""
    organization_id: str = ""
    user_id: str = ""
    process: str = ""
    level: str = ""
    contains: str = ""
    since: datetime | None = None


class State(StrEnum):
    OK = "ok"
    DEGRADED = "degraded"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Finding:
    """How something that the platform needs is. `detail` is for operators and holds no secret."""

    state: State
    detail: str = ""


WELL = Finding(State.OK)


@dataclass(frozen=True, slots=True)
class Checked:
    """A finding with what it means: `consequence` says in words what users lose while it is not ok."""

    name: str
    finding: Finding
    consequence: str
    latency_ms: float

    @property
    def is_ok(self) -> bool:
        return self.finding.state is State.OK


@dataclass(frozen=True, slots=True)
class Health:
    """All findings of one moment. What is vital decides whether the whole is down."""

    state: State
    checked_at: datetime
    checks: tuple[Checked, ...]
