"""Each event has its effect once with every consumer, whatever dies meanwhile.

A whole platform; relay, dispatcher and workers are killed every few seconds, and Redis loses everything several times,
while several processes record events in short transactions, some of which are rolled back. `EVENTS=5000` in the
environment gives a smaller dose.
"""

import json
import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psutil
import psycopg
import pytest
from redis import Redis
from redis.exceptions import RedisError

from deploy.dev.state import REPOSITORY, read_env
from tests.factories.receivers import OK, Answer, Received, Receiver, serve
from tests.reliability.conftest import Stack, eventually

pytestmark = pytest.mark.slow

EVENTS = int(os.environ.get("EVENTS", "50000"))
ORGANIZATIONS, WRITERS = 3, 3
KILL_EVERY_SECONDS = 4.0
# A process is let live for so long, the time that it takes to start included: one that never works proves nothing.
LIVES_SECONDS = float(os.environ.get("LIVES_SECONDS", "15"))
FLUSHES = 5
KILLED = ("relay", "webhooks", "relay", "worker")
# The last receiver fails now and then: each time its endpoint waits for five seconds.
FAILURES = 3

SETUP = """
    import json, os, random, sys
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "liftos.settings.dev")
    import django
    django.setup()
    from django.db import transaction
    from django.utils import timezone
    from apps.core.tenancy.scope import public_scope
    from apps.events.services.outbox import emit
    from apps.events.types import SYSTEM
"""
# Organisations of their own, each with a webhook for what the writers tell of.
PREPARE = (
    SETUP
    + """
    from apps.accounts.models import Membership
    from apps.accounts.services.organizations import organization_create
    from apps.accounts.services.sessions import session_open
    from apps.accounts.services.users import user_create
    from apps.accounts.tokens import access_token_verify
    from apps.webhooks.services.endpoints import endpoint_create

    made = []
    with public_scope():
        now = timezone.now()
        for number, url in enumerate(sys.argv[1:]):
            owner = user_create(email=f"events{number}@example.com", password="correct horse battery", verified=True)
            one = organization_create(
                name=f"Events {number}", slug=f"events-{number}", owner=owner, memory_domain="general", now=now
            )
            membership = Membership.objects.select_related("user", "organization").get(organization=one)
            principal, _ = access_token_verify(session_open(membership=membership, now=now).access)
            endpoint, _ = endpoint_create(
                principal=principal, url=url, description="", event_types=["role.deleted"], now=now
            )
            made.append([str(one.id), str(endpoint.id)])
    print(json.dumps(made))
"""
)
# One writer: transactions of one to nine events each, a tenth of them rolled back.
_WRITE = (
    SETUP
    + """
    import time
    from uuid import UUID
    from django.db import DatabaseError, connection

    count, seed, organizations = int(sys.argv[1]), int(sys.argv[2]), [UUID(one) for one in sys.argv[3:]]
    chance, committed, tried = random.Random(seed), dict.fromkeys(sys.argv[3:], 0), 0
    with public_scope():
        while sum(committed.values()) < count:
            size, wanted, tried = chance.randint(1, 9), chance.choice(organizations), tried + 1
            with transaction.atomic():
                for number in range(size):
                    emit(
                        "role.deleted", organization_id=wanted, actor=SYSTEM, subject=("role", f"{seed}-{tried}"),
                        now=timezone.now(), role=f"{number}",
                    )
                if chance.random() < 0.1:
                    transaction.set_rollback(True)
                    size = 0
            committed[str(wanted)] += size
    print(json.dumps(committed))
"""
)


def start(stack: Stack, program: str, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-c", textwrap.dedent(program), *arguments],
        cwd=REPOSITORY,
        env=stack.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )


def result(process: "subprocess.Popen[str]", seconds: float) -> Any:
    out, _ = process.communicate(timeout=seconds)
    assert process.returncode == 0
    return json.loads(out.splitlines()[-1])


class Havoc:
    """Kills processes and flushes Redis until it is told to stop."""

    def __init__(self, stack: Stack, redis_url: str) -> None:
        self._stack, self._redis_url = stack, redis_url
        self._stop = threading.Event()
        self.kills: dict[str, int] = {}
        self.flushes = 0

    def run(self) -> None:
        chance = random.Random(8)  # noqa: S311 - nothing secret
        number = 0
        while not self._stop.wait(KILL_EVERY_SECONDS * chance.uniform(0.5, 1.5)):
            name = KILLED[number % len(KILLED)]
            self._kill(name)
            number += 1
            if number % 3 == 0 and self.flushes < FLUSHES:
                with suppress(RedisError):
                    Redis.from_url(self._redis_url).flushall()
                    self.flushes += 1

    def _kill(self, name: str) -> None:
        pid = self._stack.pid(name)
        if pid is None:
            return
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            if time.time() - process.create_time() > LIVES_SECONDS:
                process.send_signal(signal.SIGKILL)
                self.kills[name] = self.kills.get(name, 0) + 1

    @contextmanager
    def rages(self) -> Iterator[None]:
        thread = threading.Thread(target=self.run)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()


def failing(times: int) -> Any:
    """Answer 500 now and then, so many times."""
    left, seen = times, 0

    def answer(_: Received) -> Answer:
        nonlocal left, seen
        seen += 1
        if left and seen % 500 == 0:
            left -= 1
            return 500, {}, b"not now", 0.0
        return OK

    return answer


@pytest.fixture
def receivers_of_three() -> Iterator[list[Receiver]]:
    receivers = [Receiver() for _ in range(ORGANIZATIONS)]
    receivers[1].answers = lambda _: (200, {}, b"", 0.002)
    receivers[2].answers = failing(FAILURES)
    servers = [serve(receiver) for receiver in receivers]
    yield receivers
    for receiver, server in zip(receivers, servers, strict=True):
        receiver.closing.set()
        server.shutdown()
        server.server_close()


def rows(database: str, query: str, *values: Any) -> list[tuple[Any, ...]]:
    with psycopg.connect(database, autocommit=True) as connection:
        return connection.execute(query, values).fetchall()


@pytest.mark.enable_socket
def test_every_event_has_its_effect_once(stack: Stack, receivers_of_three: list[Receiver]) -> None:
    up = stack.command("up")
    assert up.returncode == 0, up.stdout + up.stderr
    values = read_env(stack.state / "dev.env")
    database = values["DATABASE_URL"]
    made = result(start(stack, PREPARE, *(one.url for one in receivers_of_three)), 120)
    organizations = [organization for organization, _ in made]
    havoc, began = Havoc(stack, values["REDIS_URL"]), time.monotonic()
    with havoc.rages():
        writers = [
            start(stack, _WRITE, str(EVENTS // WRITERS), str(seed), *organizations) for seed in range(1, WRITERS + 1)
        ]
        written = [result(writer, 3_600) for writer in writers]
        wrote = time.monotonic() - began
        time.sleep(3 * KILL_EVERY_SECONDS)
    committed = {one: sum(part[one] for part in written) for one in organizations}

    def is_quiet() -> bool:
        (waiting,) = rows(database, "SELECT count(*) FROM events_outboxevent WHERE sequence IS NULL")[0]
        (behind,) = rows(
            database,
            "SELECT max(last) - (SELECT min(sequence) FROM events_consumer) FROM events_eventhead WHERE owner = %s",
            "00000000-0000-0000-0000-000000000000",
        )[0]
        (pending,) = rows(database, "SELECT count(*) FROM webhooks_webhookdelivery WHERE status = 'pending'")[0]
        return not (waiting or behind or pending)

    assert eventually(is_quiet, 1_800)
    took = time.monotonic() - began
    # Places: without gaps, among all and in each organisation.
    ((count, first, last),) = rows(database, "SELECT count(*), min(sequence), max(sequence) FROM events_outboxevent")
    assert (first, last) == (1, count)
    for organization, (events, low, high) in {
        one: rows(
            database,
            "SELECT count(*), min(position), max(position) FROM events_outboxevent WHERE organization_id = %s",
            one,
        )[0]
        for one in organizations
    }.items():
        assert (low, high) == (1, events), organization
    # What was committed was told of, and what was rolled back was not.
    told = dict(
        rows(
            database,
            "SELECT organization_id::text, count(*) FROM events_outboxevent WHERE name = 'role.deleted' GROUP BY 1",
        )
    )
    assert told == committed
    # Every event stands in its chain once, and the chains are good.
    twice = "SELECT owner, event_id FROM audit_auditentry GROUP BY 1, 2 HAVING count(*) > 1"
    assert rows(database, twice) == []
    missing = """
        SELECT count(*) FROM events_outboxevent event WHERE organization_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM audit_auditentry entry
            WHERE entry.event_id = event.id AND entry.owner = event.organization_id::text
        )
    """
    assert rows(database, missing) == [(0,)]
    verified = stack.python("manage.py", "verify_audit", "--json")
    assert verified.returncode == 0, verified.stderr
    repeated = 0
    for (organization, endpoint), receiver in zip(made, receivers_of_three, strict=True):
        states = dict(
            rows(
                database,
                "SELECT status, count(*) FROM webhooks_webhookdelivery WHERE endpoint_id = %s GROUP BY 1",
                endpoint,
            )
        )
        # committed = delivered + exhausted + pending, and by now nothing is pending.
        assert states == {"delivered": committed[organization]}
        order = {
            str(event_id): position
            for event_id, position in rows(
                database,
                "SELECT id, position FROM events_outboxevent WHERE organization_id = %s AND name = 'role.deleted'",
                organization,
            )
        }
        firsts = list(dict.fromkeys(receiver.ids))
        assert set(firsts) == set(order)
        assert [order[one] for one in firsts] == sorted(order.values())
        repeated += len(receiver.ids) - len(firsts)
    print(  # noqa: T201 - the measure of this test, for whoever runs it
        f"\n{sum(committed.values())} events in {wrote:.0f} s, all effects after {took:.0f} s; "
        f"kills {havoc.kills}, flushes {havoc.flushes}, {repeated} messages came twice"
    )
    assert havoc.flushes == FLUSHES or EVENTS < 50_000
