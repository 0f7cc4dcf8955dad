"""The Redis stream that tells of new events. It carries their order and their names, PostgreSQL what they say.

An entry's id is the event's sequence, so an event is told of once, and whoever has come to some sequence reads on from
there. What Redis loses costs time only: everybody looks into the database now and then.
"""

import logging
from collections.abc import Sequence
from uuid import UUID

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from apps.events.types import Event

logger = logging.getLogger(__name__)

_KEPT = 10_000
_FIELD_ORGANIZATION, _FIELD_NAME, _FIELD_EVENT = "organization_id", "name", "event_id"


class EventStream:
    """One for each thread that waits."""

    def __init__(self) -> None:
        self._redis = redis.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=5, retry=Retry(NoBackoff(), 0)
        )

    def close(self) -> None:
        self._redis.close()

    def add(self, events: Sequence[Event]) -> None:
        """Tell of events, in order; without Redis, nobody is told."""
        pipeline = self._redis.pipeline(transaction=False)
        for event in events:
            pipeline.xadd(
                settings.EVENT_STREAM,
                {
                    _FIELD_EVENT: str(event.id),
                    _FIELD_ORGANIZATION: str(event.organization_id or ""),
                    _FIELD_NAME: event.name,
                },
                id=f"{event.sequence}-0",
                maxlen=_KEPT,
                approximate=True,
            )
        try:
            # An entry that is there already, or comes after later ones, is an error of its own and no loss.
            pipeline.execute(raise_on_error=False)
        except redis.RedisError as error:
            logger.warning("events: Redis is not told of %d events: %s", len(events), error)

    def wait(self, *, after: int, seconds: float) -> bool:
        """Return as soon as an event behind `after` is told of; False after so many seconds, or without Redis."""
        try:
            return bool(
                self._redis.xread({settings.EVENT_STREAM: f"{after}-0"}, count=1, block=max(1, int(seconds * 1000)))
            )
        except redis.RedisError as error:
            logger.debug("events: Redis does not answer: %s", error)
            return False


def organization_of(fields: dict[bytes, bytes]) -> UUID | None:
    """Return the organisation of an entry."""
    text = fields.get(_FIELD_ORGANIZATION.encode(), b"").decode()
    return UUID(text) if text else None
