"""What stands behind and beside the gateway in its benchmark: a module that does nothing, and a bare proxy.

`granian tests.bench.upstreams:module` and `... :proxy`; the proxy forwards to `BENCH_UPSTREAM`.
"""

import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import aiohttp

_BODY = b'{"status":"ok"}'
_HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(_BODY)).encode())]
_sessions: list[aiohttp.ClientSession] = []

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]


async def module(scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
    """Answer at once; `/api/v1/stream` with an event every 100 ms instead."""
    del receive
    if scope["type"] != "http":
        return
    if scope["path"].endswith("/stream"):
        await _stream(send)
        return
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": _BODY})


async def _stream(send: Send) -> None:
    import asyncio  # noqa: PLC0415 - on the way of streams only
    import time  # noqa: PLC0415 - as above

    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
    for _ in range(600):
        event = f"data: {time.time():.6f}\n\n".encode()
        await send({"type": "http.response.body", "body": event, "more_body": True})
        await asyncio.sleep(0.1)
    await send({"type": "http.response.body", "body": b""})


async def proxy(scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
    """Forward a GET with an aiohttp client: the least that a proxy in Python does."""
    del receive
    if scope["type"] != "http":
        return
    if not _sessions:
        _sessions.append(aiohttp.ClientSession(auto_decompress=False))
    async with _sessions[0].get(os.environ["BENCH_UPSTREAM"] + scope["path"]) as answer:
        content = await answer.read()
        headers = [(name.lower(), value) for name, value in answer.raw_headers if name.lower() in _PASSED]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": content})


_PASSED = {b"content-type", b"content-length"}
