"""Health: what this process needs before it may be sent traffic."""

import logging
from collections.abc import Callable

from django.db import DatabaseError, connection
from psycopg_pool import PoolTimeout

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
