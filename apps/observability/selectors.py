"""Health: what this process needs before it may be sent traffic; and lines of the log as people read them."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, connection
from django.db.models import Q
from psycopg_pool import PoolTimeout

from apps.core.logging import printable
from apps.core.tenancy.scope import public_scope
from apps.observability.dependencies import health
from apps.observability.models import Incident
from apps.observability.types import State

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


# How users are told of states.
_TOLD = {State.OK: "operational", State.DEGRADED: "degraded", State.DOWN: "outage"}
_INCIDENTS_SHOWN = timedelta(days=7)
_MOST_INCIDENTS = 100


def status_present(*, now: datetime) -> dict[str, Any]:
    """Return how everything is, in the words of the status page."""
    found = health()
    with public_scope():
        rows = Incident.objects.filter(Q(ended_at=None) | Q(ended_at__gt=now - _INCIDENTS_SHOWN))
        incidents = list(rows.order_by("-started_at")[:_MOST_INCIDENTS])
    since = {one.component: one.started_at for one in incidents if one.ended_at is None}
    return {
        "status": _TOLD[found.state],
        "components": [
            {
                "name": check.name,
                "status": _TOLD[check.finding.state],
                "consequence": "" if check.is_ok else check.consequence,
                "since": None if check.is_ok else since.get(check.name),
            }
            for check in found.checks
        ],
        "incidents": [
            {
                "component": one.component,
                "status": _TOLD[State(one.status)],
                "started_at": one.started_at,
                "ended_at": one.ended_at,
            }
            for one in incidents
        ],
        "as_of": found.checked_at,
    }


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
