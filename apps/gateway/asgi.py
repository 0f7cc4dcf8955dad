"""The gateway process: module calls, module interfaces, and everything else to the WSGI process."""

from typing import Any

from django.conf import settings

from apps.gateway import module_ui
from apps.gateway.app import PREFIX, Gateway
from apps.gateway.asgi_io import Exchange, Receive, Scope, Send
from apps.gateway.event_streams import DOORS, EventStreams
from apps.gateway.front import Front


class GatewayApplication:
    """An ASGI application. What it owns belongs to the event loop, so it is made when that runs."""

    def __init__(self) -> None:
        self._gateway: Gateway | None = None
        self._front: Front | None = None
        self._streams: EventStreams | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": "Use server-sent events."})
            return
        gateway, front, streams = self._parts()
        exchange = Exchange(scope, receive, send)
        if exchange.raw_path.startswith(PREFIX):
            await gateway.handle(exchange)
        elif door := DOORS.get(exchange.raw_path.partition(b"?")[0]):
            await streams.handle(exchange, door)
        elif exchange.raw_path.startswith(module_ui.PREFIX):
            await module_ui.serve_ui(gateway, exchange)
        else:
            await front.handle(exchange)

    def _parts(self) -> tuple[Gateway, Front, EventStreams]:
        if self._gateway is None or self._front is None or self._streams is None:
            self._gateway, self._front = Gateway(), Front(settings.WEB_URL)
            self._streams = EventStreams(self._gateway.access)
        return self._gateway, self._front, self._streams

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message: Any = await receive()
            if message["type"] == "lifespan.startup":
                self._parts()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                gateway, front, streams = self._parts()
                await streams.close()
                await gateway.close()
                await front.close()
                await send({"type": "lifespan.shutdown.complete"})
                return
