"""Live events as server-sent events: `/api/v1/memory/stream` and `/api/v1/events/stream`.

Events are read from PostgreSQL in their order, each stream from its own cursor; Redis only says when to look. So a
stream misses nothing and repeats nothing, whatever is away, and a client that comes back with `Last-Event-ID` goes on
exactly where it was. The rights of the caller are looked at anew while the stream is open.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from django.db import DatabaseError
from psycopg_pool import PoolTimeout

from apps.core.api.event_stream import Event as StreamEvent
from apps.core.request_context import accept_request_id, request_id_set
from apps.core.tenancy.threads import in_public_thread
from apps.core.tracing import SpanKind, parsed, span
from apps.core.types import Principal
from apps.events.api.serializers import cursor_position, event_present, types_of
from apps.events.exceptions import CursorExpired
from apps.events.registry import events_open
from apps.events.selectors import feed_after, feed_head, feed_types
from apps.events.types import Event, Listener
from apps.gateway import metrics
from apps.gateway.adapters.access import BELIEVED_SECONDS, Access
from apps.gateway.adapters.bell import Bell
from apps.gateway.asgi_io import ClientGone, Exchange
from apps.gateway.exceptions import Refusal
from apps.gateway.gates import authenticated

logger = logging.getLogger(__name__)
access_log = logging.getLogger("gateway.access")

LASTS = timedelta(hours=1)
HEARTBEAT_SECONDS = 15.0
LOOK_SECONDS = 15.0
BATCH = 200
MAX_STREAMS = 2_000
MAX_STREAMS_OF_ONE = 20
MAX_QUERY = 6_000
_RETRY = b"retry: 1000\n\n"
_HEADERS = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]


@dataclass(frozen=True, slots=True)
class Door:
    """A stream by its path: who may open it, and the areas of the events that it tells of, all of them if none."""

    permission: str
    areas: frozenset[str]
    text: str


DOORS: dict[bytes, Door] = {
    b"/api/v1/memory/stream": Door(
        "memory:read",
        frozenset({"memory", "memory_context", "operation", "entity"}),
        "What happens in the memory, as it happens.",
    ),
    b"/api/v1/events/stream": Door("events:read", frozenset(), "Everything that happens in the organisation, live."),
}


@dataclass(frozen=True, slots=True)
class _Asked:
    types: frozenset[str]
    # Behind which position to go on; None begins now.
    position: int | None


@dataclass(frozen=True, slots=True)
class _News:
    """What is to be written, and the position behind it; with more there is no need to wait."""

    position: int
    text: bytes
    has_more: bool


class EventStreams:
    """One for each event loop."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._bell = Bell()
        self._open: Counter[UUID] = Counter()

    async def close(self) -> None:
        await self._bell.close()

    async def handle(self, exchange: Exchange, door: Door) -> None:
        """Answer with a stream, or with the reason why not."""
        request_id = accept_request_id(exchange.header(b"x-request-id"))
        parent = parsed(exchange.header(b"traceparent"))
        with request_id_set(request_id), span("event stream", SpanKind.SERVER, parent=parent):
            try:
                await self._answer(exchange, door, request_id)
            except ClientGone:
                pass
            except Refusal as refusal:
                extra = {"gate": refusal.gate, "retryable": refusal.retryable, **refusal.extra}
                await exchange.problem(refusal.code, refusal.detail, refusal.headers, **extra)
            except (DatabaseError, PoolTimeout) as error:
                logger.warning("streams: the database does not answer: %s", error)
                if not exchange.started:
                    await exchange.problem("dependency_unavailable", "", {"Retry-After": "5"})
                else:
                    # The client comes back by itself.
                    await exchange.write(b"", more=False)
            finally:
                access_log.info(
                    "event_stream",
                    extra={"method": exchange.method[:20], "status": exchange.status, "bytes": exchange.sent_bytes},
                )

    async def _answer(self, exchange: Exchange, door: Door, request_id: str) -> None:
        if exchange.method != "GET":
            raise Refusal("method_not_allowed", "Streams are opened with GET.", gate="request")
        principal, _, _ = await authenticated(exchange, self._access)
        _permission_check(principal, door)
        asked = _asked(exchange, door)
        if self._open.total() >= MAX_STREAMS or self._open[principal.user_id] >= MAX_STREAMS_OF_ONE:
            raise Refusal(
                "rate_limited",
                f"One person has at most {MAX_STREAMS_OF_ONE} streams open.",
                gate="rate_limit",
                retryable=True,
                headers={"Retry-After": "10"},
            )
        self._open[principal.user_id] += 1
        metrics.streams.inc()
        event = self._bell.listen(principal.organization_id)
        leaving = asyncio.ensure_future(_left(exchange))
        try:
            await exchange.start(HTTPStatus.OK, [*_HEADERS, (b"x-request-id", request_id.encode())])
            await exchange.write(_RETRY, more=True)
            await self._tell(exchange, principal, door, asked, event, leaving)
            await exchange.write(b"", more=False)
        finally:
            leaving.cancel()
            with suppress(asyncio.CancelledError):
                await leaving
            self._bell.leave(principal.organization_id, event)
            metrics.streams.dec()
            self._open[principal.user_id] -= 1
            if not self._open[principal.user_id]:
                del self._open[principal.user_id]

    async def _tell(
        self,
        exchange: Exchange,
        principal: Principal,
        door: Door,
        asked: _Asked,
        bell: asyncio.Event,
        leaving: "asyncio.Future[None]",
    ) -> None:
        """Write events until the caller leaves, loses their rights, or the stream has lasted long enough."""
        loop = asyncio.get_running_loop()
        organization_id, position = principal.organization_id, asked.position
        ends = loop.time() + LASTS.total_seconds()
        checked = written = loop.time()
        if position is None:
            position = await in_public_thread(lambda: feed_head(organization_id=organization_id))
            await exchange.write(_mark("ready", position), more=True)
        looks_at = loop.time()
        while loop.time() < ends and not leaving.done():
            if bell.is_set() or loop.time() >= looks_at:
                # Before the look: what happens meanwhile rings again.
                bell.clear()
                news = await _news(principal, position, asked.types)
                position = news.position
                if news.text:
                    await exchange.write(news.text, more=True)
                    written = loop.time()
                # The bell may be lost, so there is a look now and then without it.
                looks_at = loop.time() + (0 if news.has_more else LOOK_SECONDS)
            if loop.time() - checked >= BELIEVED_SECONDS:
                still = await self._still(exchange, door)
                if still is None:
                    return
                # As whom they are known by now: their role may be another one.
                principal = still
                checked = loop.time()
            if loop.time() - written >= HEARTBEAT_SECONDS:
                await exchange.write(StreamEvent.heartbeat().encode(), more=True)
                written = loop.time()
            if loop.time() < looks_at:
                await _wait(bell, leaving, BELIEVED_SECONDS)

    async def _still(self, exchange: Exchange, door: Door) -> Principal | None:
        """Return the caller as the credential has them now, None if they may listen no longer."""
        try:
            principal, _, _ = await authenticated(exchange, self._access)
            _permission_check(principal, door)
        except Refusal:
            # Also when the token has run out: the client comes back with a new one.
            return None
        return principal


def _permission_check(principal: Principal, door: Door) -> None:
    if door.permission not in principal.permissions:
        raise Refusal("permission_denied", f"The permission {door.permission} is needed.", gate="permission")


def _asked(exchange: Exchange, door: Door) -> _Asked:
    raw: bytes = exchange.scope.get("query_string", b"")
    if len(raw) > MAX_QUERY:
        raise Refusal("too_large", "The query is too long.", gate="request")
    query = dict(parse_qsl(raw.decode("latin-1"), keep_blank_values=True))
    unknown = next(iter(query.keys() - {"types", "last_event_id"}), None)
    if unknown is not None:
        raise _invalid(f"The parameter {unknown[:100]} is not known here.")
    text = exchange.header(b"last-event-id") or query.get("last_event_id", "")
    try:
        position = cursor_position(text) if text else None
    except ValueError:
        raise _invalid("Last-Event-ID is not a cursor that we gave out.") from None
    try:
        types = types_of(query["types"]) if "types" in query else None
    except ValueError as error:
        raise _invalid(f"The feed has no events of type {str(error)[:100]}.") from None
    return _Asked(feed_types(types, areas=door.areas), position)


def _invalid(detail: str) -> Refusal:
    return Refusal("validation_failed", detail, gate="request")


async def _news(principal: Principal, position: int, types: frozenset[str]) -> _News:
    """Read on behind a position: what the caller may be told of, as things stand now."""
    organization_id = principal.organization_id

    def read() -> tuple[Sequence[Event], Sequence[Event]]:
        found = feed_after(organization_id=organization_id, position=position, types=types, limit=BATCH)
        return found, events_open(Listener(organization_id, principal), found)

    try:
        found, told = await in_public_thread(read)
    except CursorExpired:
        head = await in_public_thread(lambda: feed_head(organization_id=organization_id))
        return _News(head, _mark("reset", head), has_more=True)
    last = found[-1].position if found else None
    return _News(last or position, b"".join(map(_encode, told)), has_more=len(found) == BATCH)


async def _wait(bell: asyncio.Event, leaving: "asyncio.Future[None]", seconds: float) -> None:
    ringing: asyncio.Future[Any] = asyncio.ensure_future(bell.wait())
    either: set[asyncio.Future[Any]] = {ringing, leaving}
    try:
        await asyncio.wait(either, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        ringing.cancel()


async def _left(exchange: Exchange) -> None:
    exchange.body_is_read()
    await exchange.gone()


def _mark(name: str, position: int) -> bytes:
    return StreamEvent(name, {"cursor": str(position)}, str(position)).encode()


def _encode(event: Event) -> bytes:
    return StreamEvent(event.name, event_present(event), str(event.position)).encode()


def stream_paths() -> dict[str, object]:
    """Return the streams as OpenAPI describes paths: they have no view from which it could be read."""
    parameters = [
        {
            "name": "Last-Event-ID",
            "in": "header",
            "schema": {"type": "string"},
            "description": "The id of the last event that was received: the stream goes on behind it.",
        },
        {
            "name": "last_event_id",
            "in": "query",
            "schema": {"type": "string"},
            "description": "The same, for clients that cannot set the header.",
        },
        {
            "name": "types",
            "in": "query",
            "schema": {"type": "string"},
            "description": "Names with commas between them.",
        },
    ]
    problem = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {
        path.decode(): {
            "get": {
                "operationId": path.decode().removeprefix("/api/v1/").replace("/", "_"),
                "summary": door.text.rstrip("."),
                "description": (
                    f"{door.text} Each event has its type as `event`, its cursor as `id` and the feed's representation "
                    "as `data`. `ready` tells the cursor at which a stream begins, `reset` that the cursor is too old: "
                    f"read the present state, and go on.\n\nNeeds the permission `{door.permission}`."
                ),
                "tags": [path.decode().split("/")[3]],
                "parameters": parameters,
                "security": [{"bearer": []}],
                "responses": {
                    "200": {"description": "", "content": {"text/event-stream": {"schema": {"type": "string"}}}},
                    "default": {
                        "description": "Any refusal or failure.",
                        "content": {"application/problem+json": problem},
                    },
                },
            }
        }
        for path, door in DOORS.items()
    }


def add_stream_paths(
    result: dict[str, object], generator: object, request: object, public: object
) -> dict[str, object]:
    """Add the streams to the API's document: a hook of drf-spectacular."""
    del generator, request, public
    paths = result["paths"]
    assert isinstance(paths, dict)  # noqa: S101 - what the generator makes
    paths.update(stream_paths())
    result["paths"] = dict(sorted(paths.items()))
    return result
