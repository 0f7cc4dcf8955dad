"""Live events: nothing is missed and nothing comes twice, however often the client is cut off."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest
import redis
from django.conf import settings as django_settings
from django.utils import timezone

from apps.accounts.models import Membership, Organization
from apps.accounts.permissions import Role
from apps.accounts.services.sessions import sessions_end_all
from apps.core.tenancy.scope import organization_scope, public_scope
from apps.events.adapters.stream import EventStream
from apps.events.models import OutboxEvent
from apps.events.services.places import events_place
from apps.gateway import event_streams
from apps.gateway.asgi import GatewayApplication
from apps.memory.engine.reader import EVERYTHING
from apps.memory.models import Memory
from apps.memory.services.managing import memory_restore, memory_trash
from apps.memory.services.memories import memory_store
from apps.memory.types import StoreItem
from tests.factories.gateway import Call, token_of

MEMORY, EVENTS = "/api/v1/memory/stream", "/api/v1/events/stream"


class Frame:
    def __init__(self, text: str) -> None:
        fields = dict(line.partition(": ")[::2] for line in text.splitlines() if not line.startswith(":"))
        self.event, self.id = fields.get("event", ""), fields.get("id", "")
        self.data: Any = json.loads(fields["data"]) if "data" in fields else None


class Client:
    """One open stream."""

    def __init__(
        self, frames: "asyncio.Queue[Frame]", status: "asyncio.Future[int]", leave: Callable[[], None]
    ) -> None:
        self.frames, self.status, self.leave = frames, status, leave

    async def next(self, seconds: float = 10.0) -> Frame:
        async with asyncio.timeout(seconds):
            return await self.frames.get()


@asynccontextmanager
async def opened(application: GatewayApplication, path: str, token: str, *, last: str = "") -> AsyncIterator[Client]:
    raw, _, query = path.encode().partition(b"?")
    headers = [(b"host", b"testserver"), (b"authorization", f"Bearer {token}".encode())]
    if last:
        headers.append((b"last-event-id", last.encode()))
    scope = {
        "type": "http", "method": "GET", "path": raw.decode(), "raw_path": raw, "query_string": query,
        "headers": headers,
    }  # fmt: skip
    incoming: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()
    incoming.put_nowait({"type": "http.request", "body": b"", "more_body": False})
    frames: asyncio.Queue[Frame] = asyncio.Queue()
    status: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    rest = b""

    async def send(message: Mapping[str, Any]) -> None:
        nonlocal rest
        if message["type"] == "http.response.start":
            status.set_result(message["status"])
            return
        *whole, rest = (rest + message.get("body", b"")).split(b"\n\n")
        for one in whole:
            frame = Frame(one.decode())
            if frame.event:
                frames.put_nowait(frame)
        if not message["more_body"]:
            frames.put_nowait(Frame("event: end"))

    running = asyncio.create_task(application(scope, incoming.get, send))
    try:
        yield Client(frames, status, lambda: incoming.put_nowait({"type": "http.disconnect"}))
    finally:
        incoming.put_nowait({"type": "http.disconnect"})
        async with asyncio.timeout(10):
            await running


def run(work: Callable[[GatewayApplication], Awaitable[None]]) -> None:
    async def main() -> None:
        application = GatewayApplication()
        await work(application)
        gateway, front, streams = application._parts()
        await streams.close()
        await gateway.close()
        await front.close()

    asyncio.run(main())


async def in_thread(work: Callable[[], Any]) -> Any:
    def scoped() -> Any:
        from django.db import connection  # noqa: PLC0415 - of this thread

        try:
            with public_scope():
                return work()
        finally:
            connection.close()

    return await asyncio.to_thread(scoped)


def relay() -> None:
    """What the relay does: places, and the bell."""
    stream = EventStream()
    while events := events_place():
        stream.add(events)
    stream.close()


def store(organization: Organization, text: str) -> UUID:
    with organization_scope(organization.id):
        item = StoreItem(content=text, memory_type="note")
        return memory_store(organization_id=organization.id, item=item, user_id=None, now=timezone.now()).memory_id


@pytest.fixture
def acme(committed_acme: Organization) -> Organization:
    relay()
    return committed_acme


def test_what_happens_is_told_as_it_happens(acme: Organization) -> None:
    token = token_of(acme)

    async def work(application: GatewayApplication) -> None:
        async with opened(application, MEMORY, token) as client:
            ready = await client.next()
            assert (ready.event, ready.data) == ("ready", {"cursor": ready.id})
            memory_id = await in_thread(lambda: store(acme, "Tea is served at four."))
            await in_thread(relay)
            told = await client.next()
            assert (told.event, told.data["subject"]) == ("memory.stored", {"kind": "memory", "id": str(memory_id)})
            assert told.data["data"] == {"memory_type": "note", "module": "", "revision": 1}
            assert "Tea" not in json.dumps(told.data)
            assert told.id == told.data["cursor"]
        assert client.status.result() == 200

    run(work)


class History:
    """Memories that come, go and come back; what a client makes of the events is to be the same."""

    def __init__(self, organization: Organization, *, flush: bool) -> None:
        self.organization, self._flush = organization, flush
        self.chance = random.Random(8)  # noqa: S311 - nothing secret
        self.ids = [store(organization, f"Note number {number} says something of its own.") for number in range(4)]
        self._redis = redis.Redis.from_url(django_settings.REDIS_URL)

    def happen(self) -> None:
        for number in range(40):
            self._one(number)
            if self._flush and number % 7 == 0:
                self._redis.flushdb()
            if self.chance.random() < 0.7:
                relay()
        relay()
        self._redis.close()

    def _one(self, number: int) -> None:
        if number % 4 == 0:
            self.ids.append(store(self.organization, f"Later note {number} about something else."))
            return
        memory_id, now = self.chance.choice(self.ids), timezone.now()
        with organization_scope(self.organization.id):
            is_live = Memory.objects.get(id=memory_id).deleted_at is None
            change = memory_trash if is_live else memory_restore
            change(
                organization_id=self.organization.id,
                memory_id=memory_id,
                reader=EVERYTHING,
                user_id=None,
                now=now,
            )

    def listed(self) -> tuple[set[str], list[int]]:
        """Return the memories that there are by the listing, and the positions of their events by the feed."""
        with organization_scope(self.organization.id):
            there = {str(one) for one in Memory.objects.live(timezone.now()).values_list("id", flat=True)}
        rows = OutboxEvent.objects.filter(organization_id=self.organization.id, name__startswith="memory.")
        positions = [row.position or 0 for row in rows.order_by("position")]
        return there & {str(one) for one in self.ids}, positions


class Follower:
    """A client that is cut off again and again, and comes back with the last id that it got."""

    def __init__(self, history: History) -> None:
        self.live = {str(one) for one in history.ids}
        self.seen: list[int] = []
        self.cursor = ""
        self._chance = random.Random(9)  # noqa: S311 - nothing secret

    async def follow(self, application: GatewayApplication, token: str) -> None:
        """Be connected for a few events, at times for none."""
        async with opened(application, MEMORY, token, last=self.cursor) as client:
            for _ in range(self._chance.randint(0, 6)):
                try:
                    self._take(await client.next(0.4))
                except TimeoutError:
                    return

    def _take(self, frame: Frame) -> None:
        self.cursor = frame.id
        if frame.event == "ready":
            return
        assert frame.event.startswith("memory.")
        self.seen.append(int(frame.id))
        subject = frame.data["subject"]["id"]
        (self.live.discard if frame.event == "memory.trashed" else self.live.add)(subject)


@pytest.mark.parametrize("flush", [False, True])
def test_random_disconnects_leave_neither_gap_nor_duplicate(
    acme: Organization,
    flush: bool,  # noqa: FBT001 - a parameter of the test
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(event_streams, "BATCH", 3)
    token = token_of(acme)
    history = History(acme, flush=flush)
    relay()
    follower = Follower(history)

    async def work(application: GatewayApplication) -> None:
        happening = asyncio.create_task(in_thread(history.happen))
        is_over = False
        while not is_over:
            await follower.follow(application, token)
            is_over = happening.done() and follower.seen[-1:] == (await in_thread(history.listed))[1][-1:]
        await happening
        there, positions = await in_thread(history.listed)
        assert follower.live == there
        assert follower.seen == [one for one in positions if one >= follower.seen[0]]

    run(work)


def test_from_a_cursor_all_that_followed_is_told(acme: Organization) -> None:
    token = token_of(acme)
    relay()
    ids = [store(acme, f"Note {number} is about a thing.") for number in range(5)]
    relay()
    first = OutboxEvent.objects.get(name="memory.stored", subject_id=str(ids[0]))

    async def work(application: GatewayApplication) -> None:
        async with opened(application, MEMORY, token, last=str(first.position)) as client:
            assert [(await client.next()).data["subject"]["id"] for _ in ids[1:]] == [str(one) for one in ids[1:]]
        async with opened(application, f"{MEMORY}?last_event_id={first.position}", token) as client:
            assert (await client.next()).data["subject"]["id"] == str(ids[1])

    run(work)


@pytest.mark.parametrize("cursor", ["0", "999999"])
def test_a_cursor_that_is_too_old_or_of_somewhere_else_resets(acme: Organization, cursor: str) -> None:
    token = token_of(acme)
    relay()
    OutboxEvent.objects.filter(organization_id=acme.id, position=1).delete()

    async def work(application: GatewayApplication) -> None:
        async with opened(application, EVENTS, token, last=cursor) as client:
            frame = await client.next()
            assert (frame.event, frame.data) == ("reset", {"cursor": frame.id})
            assert int(frame.id) > 1

    run(work)


def test_only_ones_own_events_and_only_those_asked_for(acme: Organization) -> None:
    token = token_of(acme)
    relay()
    other = Organization.objects.get(slug="globex")

    async def work(application: GatewayApplication) -> None:
        async with opened(application, f"{EVENTS}?types=memory.trashed", token) as client:
            await client.next()

            def happen() -> None:
                store(other, "Theirs alone is this text.")
                mine = store(acme, "Ours alone is this text.")
                with organization_scope(acme.id):
                    memory_trash(
                        reader=EVERYTHING, organization_id=acme.id, memory_id=mine, user_id=None, now=timezone.now()
                    )
                relay()

            await in_thread(happen)
            assert (await client.next()).event == "memory.trashed"
            with pytest.raises(TimeoutError):
                await client.next(0.5)

    run(work)


@pytest.mark.parametrize(
    ("path", "role", "status"),
    [
        (EVENTS, Role.VIEWER, 403),
        (EVENTS, Role.MEMBER, 403),
        (MEMORY, Role.VIEWER, 200),
        (f"{MEMORY}?types=no.such", Role.OWNER, 400),
        (f"{MEMORY}?types=sign_in.failed", Role.OWNER, 400),
        (f"{MEMORY}?what=ever", Role.OWNER, 400),
        (f"{MEMORY}?last_event_id=x", Role.OWNER, 400),
        (f"{MEMORY}?last_event_id=-1", Role.OWNER, 400),
    ],
)
def test_who_may_and_what_may_be_asked(acme: Organization, path: str, role: Role, status: int) -> None:
    token = token_of(acme, role)

    async def work(application: GatewayApplication) -> None:
        async with opened(application, path, token) as client:
            async with asyncio.timeout(10):
                assert await client.status == status

    run(work)


def test_without_a_credential_or_with_another_method_there_is_none(acme: Organization, call: Call) -> None:
    assert call(MEMORY).status == 401
    assert call(MEMORY, "nonsense").status == 401
    assert call(MEMORY, token_of(acme), method="POST").status == 405


def test_a_right_that_is_taken_away_ends_the_stream(acme: Organization) -> None:
    token = token_of(acme)
    user = Membership.objects.filter(organization=acme).latest("created_at").user

    async def work(application: GatewayApplication) -> None:
        async with opened(application, EVENTS, token) as client:
            await client.next()
            await in_thread(lambda: sessions_end_all(user_id=user.id, now=timezone.now()))
            while (await client.next(12)).event != "end":
                pass

    run(work)


def test_one_person_has_only_so_many(acme: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_streams, "MAX_STREAMS_OF_ONE", 1)
    token = token_of(acme)

    async def work(application: GatewayApplication) -> None:
        async with opened(application, MEMORY, token) as first:
            await first.next()
            async with opened(application, MEMORY, token) as second:
                assert await second.status == 429
        async with opened(application, MEMORY, token) as third:
            assert (await third.next()).event == "ready"

    run(work)
