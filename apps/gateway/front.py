"""Passes everything that is not the gateway's on to the WSGI process, so that one address serves the whole platform.

On servers nginx or an ingress divides the paths and this is not asked.
"""

import asyncio
import logging
from contextlib import suppress

import aiohttp
from yarl import URL

from apps.core.request_context import accept_request_id, request_id, request_id_set
from apps.core.tracing import SpanKind, parsed, span, traceparent
from apps.gateway.asgi_io import ClientGone, Exchange

logger = logging.getLogger(__name__)

_HOP_BY_HOP = frozenset(
    {
        b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"te", b"trailer",
        b"transfer-encoding", b"upgrade",
    }
)  # fmt: skip
# More than the application takes, archives of a memory included: it says itself what is too large for it.
_MAX_BODY = 1025 * 1024 * 1024


def _with_caller(headers: list[tuple[str, str]], exchange: Exchange) -> list[tuple[str, str]]:
    """Add the caller's address to `X-Forwarded-For`: the web process, which counts us as a proxy, limits by it."""
    client = exchange.scope.get("client")
    if not client:
        return headers
    way = [value for name, value in headers if name.lower() == "x-forwarded-for"]
    others = [(name, value) for name, value in headers if name.lower() != "x-forwarded-for"]
    return [*others, ("X-Forwarded-For", ", ".join([*way, str(client[0])]))]


def _with_context(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Name the request and the trace as this process has accepted or made them."""
    others = [(name, value) for name, value in headers if name.lower() not in {"x-request-id", "traceparent"}]
    return [*others, ("X-Request-ID", request_id()), ("traceparent", traceparent())]


class Front:
    """One for each event loop."""

    def __init__(self, web_url: str) -> None:
        self._web_url = web_url
        self._session = aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(),
            connector=aiohttp.TCPConnector(limit=256, keepalive_timeout=4),
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=630),
        )

    async def close(self) -> None:
        await self._session.close()

    async def handle(self, exchange: Exchange) -> None:
        """Pass one request on. The web process writes its line; here only what did not reach it is told."""
        parent = parsed(exchange.header(b"traceparent"))
        accepted = accept_request_id(exchange.header(b"x-request-id"))
        with request_id_set(accepted), span("front", SpanKind.SERVER, parent=parent):
            await self._pass_on(exchange)

    async def _pass_on(self, exchange: Exchange) -> None:
        query: bytes = exchange.scope.get("query_string", b"")
        raw = exchange.raw_path.partition(b"?")[0]
        url = URL(f"{self._web_url}{(raw + (b'?' + query if query else b'')).decode('latin-1')}", encoded=True)
        headers = [
            (k.decode("latin-1"), v.decode("latin-1")) for k, v in exchange.headers if k.lower() not in _HOP_BY_HOP
        ]
        headers = _with_context(_with_caller(headers, exchange))
        has_body = exchange.header(b"content-length") not in {"", "0"} or bool(exchange.header(b"transfer-encoding"))
        if not has_body:
            exchange.body_is_read()
        try:
            async with self._session.request(
                exchange.method,
                url,
                headers=headers,
                data=exchange.body(_MAX_BODY) if has_body else None,
                allow_redirects=False,
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
            ) as answer:
                await self._relay(exchange, answer)
        except ClientGone:
            return
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            if exchange.started or exchange.left:
                raise
            if exchange.too_large:
                await exchange.problem("too_large", "", {})
                return
            logger.warning("the web process did not answer: %s", type(error).__name__)
            await exchange.problem("dependency_unavailable", "", {"Retry-After": "1"})

    async def _relay(self, exchange: Exchange, answer: aiohttp.ClientResponse) -> None:
        passing = [(k.lower(), v) for k, v in answer.raw_headers if k.lower() not in _HOP_BY_HOP]
        await exchange.start(answer.status, passing)
        leaving = asyncio.ensure_future(exchange.gone())
        try:
            while True:
                reading = asyncio.ensure_future(answer.content.readany())
                done, _ = await asyncio.wait({reading, leaving}, return_when=asyncio.FIRST_COMPLETED)
                if reading not in done:
                    reading.cancel()
                    with suppress(asyncio.CancelledError):
                        await reading
                    return
                chunk = reading.result()
                if not chunk:
                    break
                await exchange.write(chunk, more=True)
        finally:
            leaving.cancel()
        await exchange.write(b"", more=False)
