"""The stand-in's memory: one SQLite file, one writer at a time, and a clock that can be moved.

Objects are kept as Stripe shows them; keys that begin with an underscore are the stand-in's own and never leave it.
"""

import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from deploy.dev.stripe.due import due_at
from deploy.dev.stripe.errors import resource_missing

Record = dict[str, Any]

SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, customer TEXT, due INTEGER,
    data TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS objects_kind ON objects (kind, customer, seq);
CREATE INDEX IF NOT EXISTS objects_due ON objects (due) WHERE due IS NOT NULL;
CREATE TABLE IF NOT EXISTS deliveries (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL, endpoint TEXT NOT NULL, created REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, next_at REAL NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS idempotency (
    key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL,
    created REAL NOT NULL);
CREATE TABLE IF NOT EXISTS meter_events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, identifier TEXT NOT NULL, event_name TEXT NOT NULL, customer TEXT NOT NULL,
    whole INTEGER NOT NULL, millionths INTEGER NOT NULL, timestamp INTEGER NOT NULL, created INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS meter_events_identifier ON meter_events (identifier);
CREATE INDEX IF NOT EXISTS meter_events_sum ON meter_events (event_name, customer, timestamp);
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class Store:
    """Every use of it happens inside `transaction`, which one thread at a time can be in."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(folder / "stripe.sqlite3", check_same_thread=False, isolation_level=None)
        # What a crash of the machine loses here, nobody misses; a crash of the process loses nothing.
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=OFF")
        self._database.executescript(SCHEMA)
        self._lock = threading.RLock()
        self._moment: int | None = None
        self.base_url = ""

    def close(self) -> None:
        with self._lock:
            self._database.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Do all of it or nothing."""
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException as error:
                self._database.execute("COMMIT" if getattr(error, "keep", False) else "ROLLBACK")
                raise
            self._database.execute("COMMIT")

    @contextmanager
    def rehearsal(self) -> Iterator[None]:
        """Do it, and undo it at the end."""
        self._database.execute("SAVEPOINT rehearsal")
        try:
            yield
        finally:
            self._database.execute("ROLLBACK TO rehearsal")
            self._database.execute("RELEASE rehearsal")

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        return self._database.execute(query, values).fetchall()

    # The clock.
    def now(self) -> int:
        return self._moment if self._moment is not None else int(time.time()) + self.offset()

    def offset(self) -> int:
        return int(self.setting("clock_offset") or 0)

    @contextmanager
    def at(self, moment: int) -> Iterator[None]:
        """Let it be `moment`."""
        before, self._moment = self._moment, moment
        try:
            yield
        finally:
            self._moment = before

    def setting(self, name: str) -> str | None:
        found = self.rows("SELECT value FROM settings WHERE name = ?", name)
        return found[0][0] if found else None

    def set_setting(self, name: str, value: str) -> None:
        query = "INSERT INTO settings VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
        self.rows(query, name, value)

    # Objects.
    def find(self, kind: str, id_: str) -> Record | None:
        found = self.rows("SELECT data FROM objects WHERE id = ? AND kind = ?", id_, kind)
        return json.loads(found[0][0]) if found else None

    def find_any(self, id_: str) -> Record | None:
        found = self.rows("SELECT data FROM objects WHERE id = ?", id_)
        return json.loads(found[0][0]) if found else None

    def get(self, kind: str, id_: str) -> Record:
        """Return the object that an address names, or refuse with 404."""
        record = self.find(kind, id_)
        if record is None:
            raise resource_missing(kind, id_)
        return record

    def referred(self, kind: str, id_: str, param: str) -> Record:
        """Return the object that a parameter names, or refuse with 400."""
        record = self.find(kind, id_)
        if record is None or record.get("_deleted"):
            raise resource_missing(kind, id_, param=param, status=400)
        return record

    def all(self, kind: str, *, customer: str | None = None) -> list[Record]:
        """Return all of a kind, the newest first."""
        if customer is None:
            found = self.rows("SELECT data FROM objects WHERE kind = ? ORDER BY seq DESC", kind)
        else:
            query = "SELECT data FROM objects WHERE kind = ? AND customer = ? ORDER BY seq DESC"
            found = self.rows(query, kind, customer)
        return [json.loads(row[0]) for row in found]

    def put(self, record: Record) -> None:
        """Store a new object or a changed one."""
        customer = record.get("customer") or record.get("_customer")
        self.rows(
            "INSERT INTO objects (id, kind, customer, due, data) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) "
            "DO UPDATE SET customer = excluded.customer, due = excluded.due, data = excluded.data",
            record["id"], record["object"], customer, due_at(record), json.dumps(record),
        )  # fmt: skip

    def remove(self, id_: str) -> None:
        self.rows("DELETE FROM objects WHERE id = ?", id_)

    def next_due(self, until: int) -> tuple[int, Record] | None:
        """Return what falls due first, and when."""
        found = self.rows("SELECT due, data FROM objects WHERE due <= ? ORDER BY due, seq LIMIT 1", until)
        return (found[0][0], json.loads(found[0][1])) if found else None


def new_id(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(12)}"
