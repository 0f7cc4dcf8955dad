"""Hears from the Redis stream for which organisations there are new events."""

import asyncio
import logging
from contextlib import suppress
from typing import Any
from uuid import UUID

import redis.asyncio as redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from apps.events.adapters.stream import organization_of

logger = logging.getLogger(__name__)

_BLOCK_MILLISECONDS = 5_000
_AWAY_SECONDS = 1.0


class Bell:
    """One for each event loop; it listens from the first `wait` on.

    While Redis is away it rings for everybody once a second: whoever waits looks into the database then.
    """

    def __init__(self) -> None:
        self._waiting: dict[UUID, set[asyncio.Event]] = {}
        self._listening: asyncio.Task[None] | None = None

    async def close(self) -> None:
        if self._listening is not None:
            self._listening.cancel()
            with suppress(asyncio.CancelledError):
                await self._listening

    def listen(self, organization_id: UUID) -> asyncio.Event:
        """Return what is set when there may be new events of an organisation; give it back with `leave`."""
        if self._listening is None:
            self._listening = asyncio.create_task(self._listen())
        event = asyncio.Event()
        self._waiting.setdefault(organization_id, set()).add(event)
        return event

    def leave(self, organization_id: UUID, event: asyncio.Event) -> None:
        waiting = self._waiting[organization_id]
        waiting.discard(event)
        if not waiting:
            del self._waiting[organization_id]

    async def _listen(self) -> None:
        connection = redis.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=10, retry=Retry(NoBackoff(), 0)
        )
        last = ""
        try:
            while True:
                try:
                    last = last or await self._present(connection)
                    last = await self._hear(connection, last)
                except (RedisError, OSError) as error:
                    logger.debug("streams: Redis does not answer: %s", error)
                    self._ring_all()
                    await asyncio.sleep(_AWAY_SECONDS)
        finally:
            await connection.aclose()

    async def _present(self, connection: "redis.Redis") -> str:
        newest: Any = await connection.xrevrange(settings.EVENT_STREAM, count=1)
        return str(newest[0][0].decode()) if newest else "0-0"

    async def _hear(self, connection: "redis.Redis", last: str) -> str:
        """Ring for the entries behind an id; return the id of the last one."""
        found: Any = await connection.xread({settings.EVENT_STREAM: last}, count=1_000, block=_BLOCK_MILLISECONDS)
        for _, entries in found or ():
            for entry_id, fields in entries:
                organization_id = organization_of(fields)
                for event in self._waiting.get(organization_id, ()) if organization_id else ():
                    event.set()
                last = entry_id.decode()
        return last

    def _ring_all(self) -> None:
        for waiting in self._waiting.values():
            for event in waiting:
                event.set()
