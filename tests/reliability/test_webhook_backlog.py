"""A receiver that hangs, with a long backlog, does not slow the others; when it is back, the backlog comes in order.

`BACKLOG=5000` in the environment gives a smaller dose.
"""

import os
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from statistics import quantiles

import psutil
import pytest
from django.utils import timezone

from deploy.dev.state import read_env
from tests.factories.receivers import OK, Received, Receiver, serve
from tests.reliability.conftest import Stack, eventually
from tests.reliability.test_events import PREPARE, SETUP, result, rows, start

pytestmark = pytest.mark.slow

BACKLOG = int(os.environ.get("BACKLOG", "100000"))
HEALTHY = 10
# So many events in each of two measurements, about so many a second.
EVENTS, EVENTS_A_SECOND = 400, 20

_TELL = (
    SETUP
    + """
    import time
    from uuid import UUID

    count, rate, organizations = int(sys.argv[1]), float(sys.argv[2]), [UUID(one) for one in sys.argv[3:]]
    with public_scope():
        for number in range(count):
            emit(
                "role.deleted", organization_id=organizations[number % len(organizations)], actor=SYSTEM,
                subject=("role", str(number)), now=timezone.now(), role=str(number),
            )
            time.sleep(1 / rate)
    print("true")
"""
)
_PILE = (
    SETUP
    + """
    from uuid import UUID
    from apps.events.services.outbox import emit_all

    left = int(sys.argv[1])
    with public_scope():
        while left:
            size = min(left, 1000)
            happened = [(str(left - number), {"role": "x"}) for number in range(size)]
            emit_all(
                "role.deleted", happened, organization_id=UUID(sys.argv[2]), actor=SYSTEM, subject_kind="role",
                now=timezone.now(),
            )
            left -= size
    print("true")
"""
)
# What a person does who has brought the receiver back and does not want to wait.
_WAKE = (
    SETUP
    + """
    from apps.webhooks.models import WebhookEndpoint

    with public_scope():
        WebhookEndpoint.objects.filter(id=sys.argv[1]).update(next_attempt_at=timezone.now())
    print("true")
"""
)


class Timed(Receiver):
    """Notes how long each message was on its way, in seconds from the event to its receipt."""

    def __init__(self) -> None:
        super().__init__()
        self.delays: list[float] = []
        self.answers = self._note

    def _note(self, message: Received) -> tuple[int, dict[str, str], bytes, float]:
        told = datetime.fromisoformat(message.content["timestamp"])
        self.delays.append((timezone.now() - told).total_seconds())
        return OK


@pytest.fixture
def receivers_of_all() -> Iterator[list[Receiver]]:
    """The last one hangs."""
    receivers: list[Receiver] = [Timed() for _ in range(HEALTHY)]
    receivers.append(Receiver(answers=lambda _: (200, {}, b"", 60.0)))
    servers = [serve(receiver) for receiver in receivers]
    yield receivers
    for receiver, server in zip(receivers, servers, strict=True):
        receiver.closing.set()
        server.shutdown()
        server.server_close()


def p95(receivers: list[Receiver]) -> float:
    delays = [delay for one in receivers if isinstance(one, Timed) for delay in one.delays]
    assert len(delays) == EVENTS
    for one in receivers:
        if isinstance(one, Timed):
            one.delays.clear()
    return quantiles(delays, n=20)[-1]


@pytest.mark.enable_socket
def test_a_dead_receiver_with_a_backlog_holds_up_nobody_else(stack: Stack, receivers_of_all: list[Receiver]) -> None:
    up = stack.command("up")
    assert up.returncode == 0, up.stdout + up.stderr
    database = read_env(stack.state / "dev.env")["DATABASE_URL"]
    made = result(start(stack, PREPARE, *(one.url for one in receivers_of_all)), 300)
    *others, (dead, dead_endpoint) = made
    organizations = [organization for organization, _ in others]
    healthy, hanging = receivers_of_all[:-1], receivers_of_all[-1]

    def measured() -> float:
        result(start(stack, _TELL, str(EVENTS), str(EVENTS_A_SECOND), *organizations), 600)
        assert eventually(lambda: sum(len(one.delays) for one in healthy if isinstance(one, Timed)) == EVENTS, 120)
        return p95(healthy)

    alone = measured()
    result(start(stack, _PILE, str(BACKLOG), dead), 1_200)

    def pending() -> int:
        query = "SELECT count(*) FROM webhooks_webhookdelivery WHERE endpoint_id = %s AND status = 'pending'"
        return int(rows(database, query, dead_endpoint)[0][0])

    assert eventually(lambda: pending() == BACKLOG, 1_200)
    beside = measured()
    assert pending() == BACKLOG
    assert hanging.got
    dispatcher = psutil.Process(stack.pid("webhooks"))
    memory = dispatcher.memory_info().rss / 2**20
    print(  # noqa: T201 - the measure of this test, for whoever runs it
        f"\np95 from event to receipt {alone * 1000:.0f} ms alone, {beside * 1000:.0f} ms beside a dead receiver with "
        f"{BACKLOG} waiting; dispatcher {memory:.0f} MB",
        flush=True,
    )
    # A machine that does something else meanwhile is no fault of ours; nobody waits for the dead one.
    assert beside < max(2 * alone, 2.0)
    # It is back: everything comes, and in order.
    hanging.answers = lambda _: OK
    tried = len(hanging.got)
    result(start(stack, _WAKE, dead_endpoint), 60)
    began = time.monotonic()
    assert eventually(lambda: pending() == 0, 3_600)
    took = timedelta(seconds=time.monotonic() - began).total_seconds()
    roles = [one.content["data"]["subject"]["id"] for one in hanging.got[tried:]]
    assert list(dict.fromkeys(roles)) == [str(number) for number in range(BACKLOG, 0, -1)]
    print(f"the backlog came in {took:.0f} s ({BACKLOG / took:.0f}/s)")  # noqa: T201 - as above
