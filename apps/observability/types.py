"""What is asked of the log, and what health is made of."""

from dataclasses import dataclass
from datetime import datetime

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
