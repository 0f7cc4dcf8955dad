"""Takes quotas and writes rows of the usage ledger from an event loop.

Calls that wait while one commit runs share the next one: the counters of all are locked, `granted` decides, rows and
counters are written, and all of it commits together.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import psycopg
from django.conf import settings

from apps.core.ids import new_id

# The ledger is away for good, as far as one call is concerned.
WRITE_SECONDS = 3.0
# Rows of one statement.
_BATCH = 500
# Further from its limit than this a counter cannot come to it before it is looked at again.
_FAR = 2_000
_FAR_SECONDS = 0.5
_MAX_KNOWN = 20_000

_LOCK = """
    INSERT INTO public.billing_usagecounter AS counter (organization_id, meter, period, used)
    SELECT one.organization_id, one.meter, one.period, 0
    FROM unnest(%s::uuid[], %s::text[], %s::text[]) AS one (organization_id, meter, period)
    ON CONFLICT (organization_id, meter, period) DO UPDATE SET used = counter.used
    RETURNING organization_id, meter, period, used
"""
_WRITTEN = "SELECT source, source_id, meter FROM public.billing_usageevent WHERE source_id = ANY(%s)"
_INSERT = """
    INSERT INTO public.billing_usageevent
        (id, organization_id, meter, quantity, source, source_id, module, user_id, operation, request_id, occurred_at)
    SELECT * FROM unnest(
        %s::uuid[], %s::uuid[], %s::text[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::uuid[], %s::text[],
        %s::text[], %s::timestamptz[]
    )
    ON CONFLICT DO NOTHING
"""
_COUNT = """
    UPDATE public.billing_usagecounter AS counter SET used = greatest(counter.used + one.quantity, 0)
    FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::bigint[]) AS one (organization_id, meter, period, quantity)
    WHERE counter.organization_id = one.organization_id AND counter.meter = one.meter AND counter.period = one.period
"""


# What a row counts, once: source, source id and meter.
Name = tuple[str, str, str]


class _WrittenBeforeError(Exception):
    """The ledger has got a row of this batch already: its quotas must not be taken again."""


class LedgerUnavailable(Exception):
    """A row could not be written; whether it was is unknown, and writing it again is harmless."""


@dataclass(frozen=True, slots=True, order=True)
class CounterKey:
    organization_id: UUID
    meter: str
    period: str


@dataclass(frozen=True, slots=True)
class Take:
    """A quota that a row counts towards; above `ceiling` it is refused, None is never."""

    key: CounterKey
    ceiling: int | None


@dataclass(frozen=True, slots=True)
class UsageRow:
    organization_id: UUID
    meter: str
    quantity: int
    source: str
    source_id: str
    module: str
    user_id: UUID
    operation: str
    request_id: str
    occurred_at: datetime

    @property
    def name(self) -> Name:
        return self.source, self.source_id, self.meter


@dataclass(frozen=True, slots=True)
class Asked:
    """A row with the quotas that it takes from, all or none. One that `must` be is written whatever is left."""

    row: UsageRow
    takes: tuple[Take, ...] = ()
    must: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of it: the amount used of each quota afterwards, or the quota that is used up.

    `is_new` is false for what was not written: a refused row, or one that the ledger has already.
    """

    used: tuple[int, ...]
    refused: CounterKey | None = None
    is_new: bool = True


def granted(asked: Sequence[Asked], used: Mapping[CounterKey, int], known: frozenset[Name]) -> list[Taken]:
    """Decide in the order of asking. `used` are the counters as they stand; rows in `known` are written already."""
    now = dict(used)
    written = set(known)
    taken = []
    for one in asked:
        # Written before and counted then: its commit's answer was lost, or it comes twice.
        is_new = one.row.name not in written
        quantity = one.row.quantity if is_new else 0
        refused = next(
            (
                take.key
                for take in one.takes
                if quantity > 0
                and not one.must
                and take.ceiling is not None
                and now[take.key] + quantity > take.ceiling
            ),
            None,
        )
        if refused is None:
            written.add(one.row.name)
            for take in one.takes:
                now[take.key] = max(now[take.key] + quantity, 0)
        taken.append(Taken(tuple(now[take.key] for take in one.takes), refused, is_new and refused is None))
    return taken


class Ledger:
    """One for each event loop. `write` returns when the row is committed."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Asked, asyncio.Future[Taken]]] = []
        # Those of the commit that runs.
        self._writing: list[tuple[Asked, asyncio.Future[Taken]]] = []
        self._wake = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None
        self._connection: psycopg.AsyncConnection | None = None
        # What was used of each counter when it was last looked at.
        self._seen: OrderedDict[CounterKey, tuple[float, int]] = OrderedDict()

    def is_far(self, takes: Sequence[Take]) -> bool:
        """Tell whether quotas are so far from their limits that a call need not wait to be counted."""
        soon = time.monotonic() - _FAR_SECONDS
        for take in takes:
            if take.ceiling is None:
                continue
            at, used = self._seen.get(take.key, (0.0, 0))
            if at < soon or used + _FAR > take.ceiling:
                return False
        return True

    async def write(self, asked: Asked) -> Taken:
        """Take the quotas and commit the row, or learn which quota is used up.

        Raises `LedgerUnavailable` if that did not work within `WRITE_SECONDS`.
        """
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_for_ever())
        done: asyncio.Future[Taken] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, done))
        self._wake.set()
        try:
            # Shielded: a caller that leaves does not take its row along, which is counted whoever reads the answer.
            return await asyncio.wait_for(asyncio.shield(done), WRITE_SECONDS)
        except TimeoutError:
            raise LedgerUnavailable("the ledger did not answer in time") from None

    async def close(self) -> None:
        """Write what is waiting, and end."""
        if left := [done for _, done in (*self._writing, *self._waiting)]:
            await asyncio.wait(left, timeout=WRITE_SECONDS)
        if self._writer is not None:
            self._writer.cancel()
        if self._connection is not None:
            await self._connection.close()

    async def _write_for_ever(self) -> None:
        while True:
            await self._wake.wait()
            self._writing, self._waiting = self._waiting[:_BATCH], self._waiting[_BATCH:]
            if not self._waiting:
                self._wake.clear()
            if self._writing:
                await self._write_batch(self._writing)
                self._writing = []

    async def _write_batch(self, batch: list[tuple[Asked, "asyncio.Future[Taken]"]]) -> None:
        asked = [one for one, _ in batch]
        try:
            taken = await asyncio.wait_for(self._committed(asked), WRITE_SECONDS)
        except (psycopg.Error, OSError, TimeoutError, _WrittenBeforeError) as cause:
            error = LedgerUnavailable(f"the ledger cannot be written: {type(cause).__name__}")
            await self._drop_connection()
            for _, done in batch:
                if not done.done():
                    done.set_exception(error)
                    # Nobody waits for it any more if its caller has gone.
                    done.exception()
            return
        self._remember(asked, taken)
        for (_, done), result in zip(batch, taken, strict=True):
            if not done.done():
                done.set_result(result)

    def _remember(self, asked: Sequence[Asked], taken: Sequence[Taken]) -> None:
        at = time.monotonic()
        for one, result in zip(asked, taken, strict=True):
            for take, used in zip(one.takes, result.used, strict=True):
                self._seen[take.key] = (at, used)
                self._seen.move_to_end(take.key)
        while len(self._seen) > _MAX_KNOWN:
            self._seen.popitem(last=False)

    async def _committed(self, asked: Sequence[Asked]) -> list[Taken]:
        try:
            connection = self._connection or await self._connect()
            return await self._write(connection, asked, again=False)
        except _WrittenBeforeError:
            return await self._write(connection, asked, again=True)
        except psycopg.OperationalError:
            # The server was restarted since the last row; whether it still committed this one has to be asked.
            await self._drop_connection()
            return await self._write(await self._connect(), asked, again=True)

    async def _write(self, connection: psycopg.AsyncConnection, asked: Sequence[Asked], *, again: bool) -> list[Taken]:
        # In one order for all, so that two processes never wait for each other in a circle.
        keys = sorted({take.key for one in asked for take in one.takes})
        async with connection.transaction():
            used: dict[CounterKey, int] = {}
            if keys:
                locked = await connection.execute(_LOCK, _columns(keys), prepare=True)
                used = {CounterKey(*row[:3]): row[3] for row in await locked.fetchall()}
            known: frozenset[Name] = frozenset()
            if again:
                written = await connection.execute(_WRITTEN, [[one.row.source_id for one in asked]])
                known = frozenset((row[0], row[1], row[2]) for row in await written.fetchall())
            taken = granted(asked, used, known)
            new = [one for one, result in zip(asked, taken, strict=True) if result.is_new]
            if not new:
                return taken
            # Both at once: neither waits for the other's answer.
            async with connection.pipeline():
                inserted = await connection.execute(_INSERT, _row_columns([one.row for one in new]), prepare=True)
                counts = _counts(new)
                if counts:
                    await connection.execute(_COUNT, [*_columns(list(counts)), list(counts.values())], prepare=True)
            if inserted.rowcount != len(new):
                raise _WrittenBeforeError
        return taken

    async def _connect(self) -> psycopg.AsyncConnection:
        database = settings.DATABASES["default"]
        self._connection = await psycopg.AsyncConnection.connect(
            host=database["HOST"] or None,
            port=database["PORT"] or None,
            user=database["USER"] or None,
            password=database["PASSWORD"] or None,
            dbname=database["NAME"],
            connect_timeout=2,
            autocommit=True,
        )
        return self._connection

    async def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()


def _counts(new: Sequence[Asked]) -> dict[CounterKey, int]:
    counts: dict[CounterKey, int] = {}
    for one in new:
        for take in one.takes:
            counts[take.key] = counts.get(take.key, 0) + one.row.quantity
    return counts


def _columns(keys: Sequence[CounterKey]) -> list[list[object]]:
    return [[key.organization_id for key in keys], [key.meter for key in keys], [key.period for key in keys]]


def _row_columns(rows: Sequence[UsageRow]) -> list[list[object]]:
    return [
        [new_id() for _ in rows],
        [row.organization_id for row in rows],
        [row.meter for row in rows],
        [row.quantity for row in rows],
        [row.source for row in rows],
        [row.source_id for row in rows],
        [row.module for row in rows],
        [row.user_id for row in rows],
        [row.operation for row in rows],
        [row.request_id for row in rows],
        [row.occurred_at for row in rows],
    ]
