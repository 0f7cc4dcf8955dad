"""The dispatcher: a process that sends what is due, many endpoints at once and each in its order.

An endpoint has a turn: its next messages, one after the other, until one fails or the turn has lasted long enough. So
one with a long backlog, or one that hangs, holds one place among many and no longer than a turn. Several dispatchers
may run beside each other; they share the endpoints by `services.dispatch`.
"""

import asyncio
import logging
import time
from typing import Any
from uuid import UUID

from django.db import DatabaseError
from django.utils import timezone
from psycopg_pool import PoolTimeout

from apps.core.ids import new_id
from apps.core.tenancy.threads import in_public_thread
from apps.observability.adapters.pulse import pulse
from apps.webhooks.adapters.sender import Sender
from apps.webhooks.dependency import DISPATCHER, PULSE_EVERY_SECONDS
from apps.webhooks.metrics import attempt_observed
from apps.webhooks.services.dispatch import test_finish, tests_claim, turn_finish, work_claim
from apps.webhooks.types import Outcome, Work

logger = logging.getLogger(__name__)

PLACES = 200
# A turn begins no further message after so long: with the time-out of one, it ends well before its claim does.
TURN_SECONDS = 10.0
POLL_SECONDS = 0.3
_AWAY_SECONDS = 1.0


class Dispatcher:
    def __init__(self) -> None:
        self._stop = asyncio.Event()
        self._claim = new_id()
        self._turns: set[asyncio.Task[None]] = set()

    def stop(self) -> None:
        """Have `run` return after the turns in hand; call it on the event loop."""
        self._stop.set()

    async def run(self) -> None:
        """Work until `stop`; a database that is away is waited for."""
        sender = Sender()
        alive = asyncio.create_task(_pulse())
        try:
            while not self._stop.is_set():
                if not await self._begin_turns(sender):
                    await self._pause(POLL_SECONDS)
            if self._turns:
                await asyncio.wait(self._turns)
        finally:
            alive.cancel()
            await asyncio.gather(alive, return_exceptions=True)
            await sender.close()

    async def _begin_turns(self, sender: Sender) -> bool:
        """Claim work for the places that are free; False if there is nothing to do now."""
        free = PLACES - len(self._turns)
        if not free:
            await asyncio.wait(self._turns, return_when=asyncio.FIRST_COMPLETED)
            return True
        try:
            works = await in_public_thread(lambda: _claimed(self._claim, free))
        except (DatabaseError, PoolTimeout) as error:
            logger.warning("webhooks: the database does not answer: %s", error)
            await self._pause(_AWAY_SECONDS)
            return True
        for work in works:
            turn = asyncio.create_task(self._turn(work, sender))
            self._turns.add(turn)
            turn.add_done_callback(self._turns.discard)
        return bool(works)

    async def _turn(self, work: Work, sender: Sender) -> None:
        began = time.monotonic()
        outcomes: list[Outcome] = []
        for message in work.messages:
            outcome = await sender.send(message, url=work.url, secrets=work.secrets, token=work.token)
            attempt_observed(outcome)
            outcomes.append(outcome)
            if not outcome.delivered or self._stop.is_set() or time.monotonic() - began > TURN_SECONDS:
                break
        try:
            await in_public_thread(lambda: _finished(work, outcomes))
        except (DatabaseError, PoolTimeout) as error:
            # The claim ends by itself, and the messages are sent again.
            logger.warning("webhooks: a turn of %s cannot be noted: %s", work.endpoint_id, error)

    async def _pause(self, seconds: float) -> None:
        """Wait so long, or until a turn has ended, whose endpoint may have more, or the end is asked for."""
        stopping: asyncio.Future[Any] = asyncio.ensure_future(self._stop.wait())
        waited: set[asyncio.Future[Any]] = {stopping, *self._turns}
        try:
            await asyncio.wait(waited, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()


async def _pulse() -> None:
    """Give signs of life, for deep health, as long as it runs."""
    while True:
        await asyncio.to_thread(pulse, DISPATCHER)
        await asyncio.sleep(PULSE_EVERY_SECONDS)


def _claimed(claim: UUID, free: int) -> list[Work]:
    now = timezone.now()
    tests = tests_claim(claim=claim, count=free, now=now)
    return [*tests, *work_claim(claim=claim, count=free - len(tests), now=now)]


def _finished(work: Work, outcomes: list[Outcome]) -> None:
    if work.is_test:
        test_finish(work=work, outcome=outcomes[0])
    else:
        turn_finish(work=work, outcomes=outcomes, now=timezone.now())
