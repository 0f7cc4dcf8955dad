"""Signs of life of workers and scheduler, kept in Redis: whoever is asked about them runs in another process.

Redis carries their work, so without it neither can do any: what it has lost comes back within seconds.
"""

import time

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

WORKER = "worker"
SCHEDULER = "scheduler"
_QUEUE = "celery"
# Taken by a worker, not done yet.
_UNACKNOWLEDGED = "unacked"

_client: redis.Redis | None = None


def pulse(name: str) -> None:
    """Say that this process lives; a Redis that is away is nobody's concern here."""
    try:
        _redis().set(f"liftos:pulse:{name}", time.time())
    except redis.RedisError:
        return


def pulse_age(name: str) -> float | None:
    """Return the seconds since the last sign of life; None without any. Raises `RedisError`."""
    seen = _redis().get(f"liftos:pulse:{name}")
    return None if seen is None else max(time.time() - float(str(seen)), 0.0)


def queue_length() -> int:
    """Return how many messages wait for a worker. Raises `RedisError`."""
    return int(_redis().llen(_QUEUE))


def queue_taken() -> int:
    """Return how many messages workers have taken and not finished. Raises `RedisError`."""
    return int(_redis().hlen(_UNACKNOWLEDGED))


def ping() -> None:
    """Write and read; raise `RedisError`."""
    _redis().set("liftos:pulse:ping", time.time())


def _redis() -> redis.Redis:
    global _client  # noqa: PLW0603 - one pool of connections for the process
    if _client is None:
        _client = redis.Redis.from_url(
            settings.CELERY_BROKER_URL,
            decode_responses=True,
            socket_connect_timeout=1,
            socket_timeout=1,
            retry=Retry(NoBackoff(), 0),
        )
    return _client
