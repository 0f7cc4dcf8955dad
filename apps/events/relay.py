"""The relay: a process that gives events their places, tells Redis of them, and works for the consumers.

Each of these has a thread of its own. Several relays may run beside each other; they share the work by the locks of
`services.places` and `services.consumers`.
"""

import logging
import threading
from collections.abc import Callable

from django.db import DatabaseError, connection
from psycopg_pool import PoolTimeout

from apps.core.tenancy.scope import public_scope
from apps.events.adapters.stream import EventStream
from apps.events.registry import consumers
from apps.events.services.consumers import consume, consumer_seen, consumers_ensure
from apps.events.services.places import BATCH, events_place

logger = logging.getLogger(__name__)

# How long an event waits at most to be seen, and how long a consumer trusts Redis to tell it of one.
POLL_SECONDS = 0.2
WAIT_SECONDS = 1.0
# Between two looks at an event that cannot be acted on now: it was tried in vain, or another process has it.
_PAUSE_SECONDS = 0.05
_AWAY_SECONDS = 1.0


class Relay:
    def __init__(self) -> None:
        self._stop = threading.Event()

    def stop(self) -> None:
        """Have `run` return after what is in hand."""
        self._stop.set()

    def run(self) -> None:
        """Work until `stop`; a database or a Redis that is away is waited for."""
        self._until(consumers_ensure)
        workers = [threading.Thread(target=self._consume, args=(name,), name=name) for name in consumers()]
        for worker in workers:
            worker.start()
        stream = EventStream()
        while not self._stop.is_set():
            self._attempt(lambda: self._place(stream))
        for worker in workers:
            worker.join()
        stream.close()

    def _place(self, stream: EventStream) -> None:
        events = events_place()
        if events:
            stream.add(events)
        if len(events) < BATCH:
            self._stop.wait(POLL_SECONDS)

    def _consume(self, name: str) -> None:
        stream = EventStream()
        while not self._stop.is_set():
            self._attempt(lambda: self._consume_some(name, stream))
        stream.close()

    def _consume_some(self, name: str, stream: EventStream) -> None:
        if consume(name):
            return
        told = stream.wait(after=consumer_seen(name), seconds=WAIT_SECONDS)
        # Without Redis nobody is told, at once.
        self._stop.wait(_PAUSE_SECONDS if told else POLL_SECONDS)

    def _until(self, work: Callable[[], object]) -> None:
        while not self._stop.is_set() and not self._attempt(work):
            pass

    def _attempt(self, work: Callable[[], object]) -> bool:
        """Do one step in the public scope; False, after a pause, when the database is away."""
        try:
            with public_scope():
                work()
        except (DatabaseError, PoolTimeout) as error:
            logger.warning("events: the database does not answer: %s", error)
            self._stop.wait(_AWAY_SECONDS)
            return False
        finally:
            # Back into the pool, which replaces it if it is broken.
            connection.close()
        return True
