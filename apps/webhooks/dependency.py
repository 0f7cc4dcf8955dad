"""How the dispatcher is, for deep health."""

import redis

from apps.observability.adapters.pulse import pulse_age
from apps.observability.types import WELL, Finding, State
from apps.webhooks.selectors import overdue_seconds

CONSEQUENCE = "Webhooks are not sent, and modules hear of nothing; all of it is sent when it is back."
DISPATCHER = "webhooks"
PULSE_EVERY_SECONDS = 5.0
_SILENT_SECONDS = 30.0
_LATE_SECONDS = 60.0


def dispatcher_check() -> Finding:
    """Return whether what is due is sent, and whether a dispatcher is there: it works without Redis, too."""
    late = overdue_seconds()
    if late > _LATE_SECONDS:
        return Finding(State.DOWN, f"a webhook is due for {late:.0f} s")
    try:
        age = pulse_age(DISPATCHER)
    except redis.RedisError:
        return WELL
    if age is None or age > _SILENT_SECONDS:
        return Finding(State.DOWN, "no dispatcher has given a sign of life lately")
    return WELL
