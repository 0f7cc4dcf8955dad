"""Health: what this process needs before it may be sent traffic; and lines of the log as people read them."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from django.db import DatabaseError, connection
from psycopg_pool import PoolTimeout

from apps.core.logging import printable

logger = logging.getLogger(__name__)

# A check returns None when all is well, else what is wrong, in words that may be shown to anybody.
Check = Callable[[], str | None]

_readiness: dict[str, Check] = {}


def register_readiness(name: str, check: Check) -> None:
    """Add a condition without which this process cannot serve; called from `AppConfig.ready`."""
    _readiness[name] = check


def readiness() -> dict[str, str | None]:
    """Return the outcome of every check: None, or what is wrong."""
    return {name: check() for name, check in _readiness.items()}


def database_check() -> str | None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, PoolTimeout) as error:
        # Without the traceback: this is asked every few seconds, and the cause is in the message.
        logger.warning("readiness: %s", error)
        return "The database does not answer."
    return None


register_readiness("database", database_check)


# What has a place of its own in the line that people read.
_PLACED = frozenset({"time", "level", "process", "pid", "logger", "event", "request_id", "trace_id", "exception"})


def log_details(line: Mapping[str, Any]) -> str:
    """Return what a line of the log says besides its event, for people."""
    return " ".join(f"{name}={value}" for name, value in line.items() if name not in _PLACED and value is not None)


def log_text(line: Mapping[str, Any]) -> str:
    """Return a line of the log for people."""
    head = f"{line['time']} {line['process']:<8} {line['level'].upper():<7} [{line.get('request_id', '-')}]"
    text = printable(f"{head} {line['event']} {log_details(line)}".rstrip())
    return "\n".join([text, *map(printable, str(line.get("exception") or "").splitlines())])
