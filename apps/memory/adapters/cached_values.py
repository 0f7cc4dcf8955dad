"""What code written against the KSE interfaces caches for an organisation, which may be any text of a memory."""

from collections.abc import Iterator
from uuid import UUID

import redis
from django.conf import settings
from django.core.cache import cache

_BATCH = 1_000


def prefix_of(organization_id: UUID) -> str:
    """Return what the names of an organisation's cached values begin with."""
    return f"kse:{organization_id.hex}:"


def cached_count(organization_id: UUID) -> int:
    """Return how many values are cached for an organisation. Raises `RedisError`."""
    with _redis() as connection:
        return sum(1 for _ in _keys(connection, organization_id))


def cached_clear(organization_id: UUID) -> None:
    """Delete whatever is cached for an organisation. Raises `RedisError`."""
    with _redis() as connection:
        keys = list(_keys(connection, organization_id))
        for start in range(0, len(keys), _BATCH):
            connection.delete(*keys[start : start + _BATCH])


def _keys(connection: "redis.Redis", organization_id: UUID) -> Iterator[bytes]:
    return connection.scan_iter(match=cache.make_key(f"{prefix_of(organization_id)}*"), count=_BATCH)


def _redis() -> "redis.Redis":
    return redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=10)
