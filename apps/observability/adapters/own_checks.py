"""How the services are that every process leans on: database, Redis, workers, scheduler, mail."""

import redis
from django.core.mail import get_connection
from django.core.mail.backends.smtp import EmailBackend
from django.db import DatabaseError, connection
from psycopg_pool import PoolTimeout

from apps.observability.adapters.pulse import SCHEDULER, WORKER, ping, pulse_age
from apps.observability.dependencies import register_dependency
from apps.observability.metrics import jobs_waiting_seconds
from apps.observability.types import WELL, Finding, State

# Pulses come every 5 s from workers and every 10 s from the scheduler.
_WORKER_SECONDS = 20.0
_SCHEDULER_SECONDS = 45.0
_LATE_SECONDS = 300.0
_MAIL_SECONDS = 3


def own_checks_register() -> None:
    register_dependency(
        "database",
        _database,
        "Nobody can sign in, search, store or call a module; nothing that was confirmed is lost.",
        vital=True,
    )
    register_dependency(
        "redis",
        _redis,
        "Background work and live pages stand still, and rate limits are less exact. Reading and searching go on.",
    )
    register_dependency(
        "workers",
        _workers,
        "Imports, mails and the understanding of new texts wait; searches find new texts by their words only.",
    )
    register_dependency(
        "scheduler",
        _scheduler,
        "Lost work is not found again, modules are not watched, usage is not reported, and nothing is tidied up.",
    )
    register_dependency("background_work", _work, "What was asked for is done late: imports, mails, deletions.")
    register_dependency(
        "mail",
        _mail,
        "Invitations, confirmations and links to reset a password do not arrive until it is back.",
        every_seconds=30,
    )


def _database() -> Finding:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, PoolTimeout) as error:
        return Finding(State.DOWN, f"PostgreSQL does not answer ({type(error).__name__})")
    return WELL


def _redis() -> Finding:
    try:
        ping()
    except redis.RedisError as error:
        return Finding(State.DOWN, f"Redis does not answer ({type(error).__name__})")
    return WELL


def _workers() -> Finding:
    return pulse_check(WORKER, _WORKER_SECONDS)


def _scheduler() -> Finding:
    return pulse_check(SCHEDULER, _SCHEDULER_SECONDS)


def pulse_check(name: str, seconds: float) -> Finding:
    """Return whether a process that calls `pulse` has given a sign of life within so many seconds."""
    try:
        age = pulse_age(name)
    except redis.RedisError:
        # Their work comes through it: without it they do none.
        return Finding(State.DOWN, "Redis, which brings the work, is away")
    if age is None:
        return Finding(State.DOWN, "has given no sign of life")
    return WELL if age <= seconds else Finding(State.DOWN, f"last sign of life {age:.0f} s ago")


def _work() -> Finding:
    try:
        waiting = jobs_waiting_seconds()
    except (DatabaseError, PoolTimeout):
        return Finding(State.DOWN, "the database, which records the work, is away")
    return WELL if waiting < _LATE_SECONDS else Finding(State.DEGRADED, f"a job has waited for {waiting:.0f} s")


def _mail() -> Finding:
    mail = get_connection()
    if not isinstance(mail, EmailBackend):
        return Finding(State.OK, "mails are not sent but kept here")
    mail.timeout = _MAIL_SECONDS
    try:
        mail.open()
        mail.close()
    except OSError as error:
        return Finding(State.DOWN, f"the mail server does not let us in ({type(error).__name__})")
    return WELL
