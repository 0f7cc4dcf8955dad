"""Whether the processes of the platform answer; each check is quick and returns False as long as it is in doubt."""

import http.client
import json
import logging
from dataclasses import dataclass
from pathlib import Path

from celery import Celery
from kombu.exceptions import OperationalError

from deploy.dev.state import LOOPBACK

# Short, as they are asked again; long enough for a machine that is busy starting five processes.
WEB_TIMEOUT_SECONDS = 5
PING_SECONDS = 0.7


def web_ready(port: int) -> bool:
    """Return whether the server says that it can serve: the database answers and the token keys are usable."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=WEB_TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/health/ready")
        answer = connection.getresponse()
        return answer.status == http.client.OK and json.load(answer)["status"] == "ready"
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return False
    finally:
        connection.close()


@dataclass(frozen=True)
class WorkerPing:
    """Asks one worker, by its node name, through the broker; the answer comes from its running event loop."""

    broker: Celery
    node: str

    @classmethod
    def to(cls, redis_url: str, node: str) -> "WorkerPing":
        # The messages about a broker that is not there yet would only break the line of progress.
        logging.getLogger("kombu").setLevel(logging.CRITICAL)
        return cls(Celery("launcher", broker=redis_url, set_as_current=False), node)

    def __call__(self) -> bool:
        try:
            answers = self.broker.control.ping(destination=[self.node], timeout=PING_SECONDS)
        except (OperationalError, OSError):
            return False
        return any(answer.get(self.node) == {"ok": "pong"} for answer in answers or [])


def beat_ready(schedule: Path, since: float) -> bool:
    """Return whether the scheduler has written its file after `since` (seconds since the epoch)."""
    # The database library may add a suffix, or write several files.
    return any(path.stat().st_mtime >= since for path in schedule.parent.glob(f"{schedule.name}*"))
