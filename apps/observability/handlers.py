"""Signs of life: a worker's heartbeat, and each time that the scheduler hands out a task."""

import time
from typing import Any

from celery.signals import after_task_publish, heartbeat_sent

from apps.observability.adapters.pulse import SCHEDULER, WORKER, pulse

# The task that the scheduler sends often; nobody else does.
WATCH = "observability.watch"
_PULSE_SECONDS = 5.0
_beaten = 0.0


@heartbeat_sent.connect
def worker_lives(**_: Any) -> None:
    global _beaten  # noqa: PLW0603 - of this process
    if time.monotonic() - _beaten >= _PULSE_SECONDS:
        _beaten = time.monotonic()
        pulse(WORKER)


@after_task_publish.connect(sender=WATCH)
def scheduler_lives(**_: Any) -> None:
    pulse(SCHEDULER)
