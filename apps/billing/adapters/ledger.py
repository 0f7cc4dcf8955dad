"""Writes rows of the usage ledger from an event loop: those that wait while one commit runs share the next one."""

import asyncio
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
_INSERT = """
    INSERT INTO public.billing_usageevent
        (id, organization_id, meter, quantity, source, source_id, module, user_id, occurred_at)
    SELECT * FROM unnest(
        %s::uuid[], %s::uuid[], %s::text[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::uuid[],
        %s::timestamptz[]
    )
    ON CONFLICT DO NOTHING
"""


class LedgerUnavailable(Exception):
    """A row could not be written; whether it was is unknown, and writing it again is harmless."""


@dataclass(frozen=True, slots=True)
class UsageRow:
    organization_id: UUID
    meter: str
    quantity: int
    source: str
    source_id: str
    module: str
    user_id: UUID
    occurred_at: datetime


class Ledger:
    """One for each event loop. `write` returns when the row is committed."""

    def __init__(self) -> None:
        self._waiting: list[tuple[UsageRow, asyncio.Future[None]]] = []
        self._wake = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None
        self._connection: psycopg.AsyncConnection | None = None

    async def write(self, row: UsageRow) -> None:
        """Commit a row; raise `LedgerUnavailable` if that did not work within `WRITE_SECONDS`."""
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_for_ever())
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((row, done))
        self._wake.set()
        try:
            # Shielded: a caller that leaves does not take its row along, which is counted whoever reads the answer.
            await asyncio.wait_for(asyncio.shield(done), WRITE_SECONDS)
        except TimeoutError:
            raise LedgerUnavailable("the ledger did not answer in time") from None

    async def close(self) -> None:
        """Write what is waiting, and end."""
        if self._waiting:
            await asyncio.wait([done for _, done in self._waiting], timeout=WRITE_SECONDS)
        if self._writer is not None:
            self._writer.cancel()
        if self._connection is not None:
            await self._connection.close()

    async def _write_for_ever(self) -> None:
        while True:
            await self._wake.wait()
            batch, self._waiting = self._waiting[:_BATCH], self._waiting[_BATCH:]
            if not self._waiting:
                self._wake.clear()
            if batch:
                await self._write_batch(batch)

    async def _write_batch(self, batch: list[tuple[UsageRow, "asyncio.Future[None]"]]) -> None:
        rows = [row for row, _ in batch]
        columns: list[list[object]] = [
            [new_id() for _ in rows],
            [row.organization_id for row in rows],
            [row.meter for row in rows],
            [row.quantity for row in rows],
            [row.source for row in rows],
            [row.source_id for row in rows],
            [row.module for row in rows],
            [row.user_id for row in rows],
            [row.occurred_at for row in rows],
        ]
        error: LedgerUnavailable | None = None
        try:
            await asyncio.wait_for(self._insert(columns), WRITE_SECONDS)
        except (psycopg.Error, OSError, TimeoutError) as cause:
            error = LedgerUnavailable(f"the ledger cannot be written: {type(cause).__name__}")
            await self._drop_connection()
        for _, done in batch:
            if not done.done():
                if error is None:
                    done.set_result(None)
                else:
                    done.set_exception(error)
                    # Nobody waits for it any more if its caller has gone.
                    done.exception()

    async def _insert(self, columns: list[list[object]]) -> None:
        try:
            connection = self._connection or await self._connect()
            await connection.execute(_INSERT, columns, prepare=True)
        except psycopg.OperationalError:
            # The server was restarted since the last row.
            await self._drop_connection()
            connection = await self._connect()
            await connection.execute(_INSERT, columns, prepare=True)

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
