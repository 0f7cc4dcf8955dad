"""When a message that failed is tried again."""

import random
from datetime import timedelta

# After the first try and each one that follows; about 76 hours in all.
DELAYS = (
    timedelta(seconds=5),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=24),
    timedelta(hours=34),
)
MAX_ATTEMPTS = len(DELAYS) + 1
JITTER = 0.1
MAX_RETRY_AFTER = timedelta(hours=24)


def delay_after(attempts: int, *, retry_after: float | None = None) -> timedelta:
    """Return how long to wait after so many tries, at least what the receiver asked for (seconds, 24 h at most).

    A tenth more or less keeps receivers that failed together from being called together.
    """
    planned = DELAYS[attempts - 1] * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - nothing secret
    asked = min(timedelta(seconds=retry_after or 0), MAX_RETRY_AFTER)
    return max(planned, asked)
