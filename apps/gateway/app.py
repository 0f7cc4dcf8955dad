"""The gateway: an ASGI application beside Django, for `/api/v1/gateway/<module_id>/<path>`.

A call passes, in this order: path and headers, credential, module, consent, permission, plan, rate limit; then it is
metered and forwarded. No ORM on this way: what has to be known of organisations and modules is read in a thread every
few seconds (`adapters.access`).
"""

import asyncio
import logging
import time
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import aiohttp
from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone
from psycopg_pool import PoolTimeout

from apps.accounts.tokens import module_token_issue
from apps.billing.adapters.ledger import Asked, Ledger, LedgerUnavailable, Taken, UsageRow
from apps.billing.services.quotas import quota_state
from apps.billing.types import Meter, QuotaState
from apps.core.outgoing import AllowedAddresses, outgoing_session
from apps.core.request_context import accept_request_id, request_id_set
from apps.core.tracing import Span, SpanKind, parsed, span, traceparent
from apps.core.types import Principal
from apps.gateway import metrics
from apps.gateway.adapters.access import Access, narrowed
from apps.gateway.adapters.limiter import Limiter, limiter_of_settings
from apps.gateway.adapters.memory import MemoryDoor
from apps.gateway.asgi_io import BodyTooLarge, ClientGone, Exchange
from apps.gateway.engine.cors import answer_headers, preflight_headers
from apps.gateway.engine.headers import AmbiguousHeaders, request_headers, response_headers
from apps.gateway.engine.limits import Verdict
from apps.gateway.engine.paths import GatewayPath, MalformedPath, gateway_path, query_check
from apps.gateway.engine.routes import Route, deprecation_headers
from apps.gateway.exceptions import Refusal
from apps.gateway.gates import Passed, pass_gates, quota_refusal
from apps.gateway.upstream import Body, Upstream

logger = logging.getLogger(__name__)
access_log = logging.getLogger("gateway.access")

PREFIX = b"/api/v1/gateway/"
MAX_BODY = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
# What has to be read whole: a body that memory is searched for, or from which something is remembered.
MAX_JSON_BODY = 1024 * 1024
# A stream may go on for so long, and be silent for so long.
STREAM_SECONDS = 3600.0
STREAM_IDLE_SECONDS = 120.0
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
_READS = frozenset({"GET", "HEAD"})
_EVENT_STREAM = "text/event-stream"
_DEPENDENCY_ERRORS = (DatabaseError, PoolTimeout)


@dataclass
class _Call:
    """What becomes known of a call on its way, for its line in the log."""

    exchange: Exchange
    request_id: str
    began: float = field(default_factory=time.perf_counter)
    module_id: str = ""
    pattern: str = ""
    gate: str = ""
    principal: Principal | None = None
    upstream_seconds: float = 0.0


class Gateway:
    """One for each event loop: it owns the connections to modules, Redis and the ledger."""

    def __init__(self) -> None:
        self._access = Access()
        self._limiter: Limiter = limiter_of_settings()
        self._ledger = Ledger()
        self._session = outgoing_session(AllowedAddresses(settings.MODULE_ADDRESSES))
        self._memory = MemoryDoor(settings.WEB_URL)
        self._upstreams: dict[str, Upstream] = {}

    @property
    def access(self) -> Access:
        return self._access

    @property
    def session(self) -> aiohttp.ClientSession:
        return self._session

    async def close(self) -> None:
        await self._ledger.close()
        await self._session.close()
        await self._memory.close()
        await self._limiter.close()

    async def handle(self, exchange: Exchange) -> None:
        """Answer one call, whatever happens to it, and write its line."""
        call = _Call(exchange, accept_request_id(exchange.header(b"x-request-id")))
        parent = parsed(exchange.header(b"traceparent"))
        with request_id_set(call.request_id), span("gateway", SpanKind.SERVER, parent=parent) as work:
            try:
                await self._answer(call)
            except ClientGone:
                call.gate = "client"
            except Refusal as refusal:
                call.gate = refusal.gate
                await _refuse(exchange, refusal)
            except _DEPENDENCY_ERRORS as error:
                call.gate = "dependency"
                logger.error(  # noqa: TRY400 - the cause is in the message, and this may come for every call
                    "dependency away: %s", type(error).__name__
                )
                await _refuse(exchange, _dependency_away())
            finally:
                _log(call, work)

    async def _answer(self, call: _Call) -> None:
        exchange = call.exchange
        origin = exchange.header(b"origin")
        if exchange.method == "OPTIONS" and origin and exchange.header(b"access-control-request-method"):
            await exchange.start(HTTPStatus.NO_CONTENT, preflight_headers(origin, settings.CORS_ALLOWED_ORIGINS))
            await exchange.write(b"", more=False)
            return
        exchange.own_headers = answer_headers(origin, settings.CORS_ALLOWED_ORIGINS)
        path, query, headers = _readable(exchange)
        call.module_id = path.module_id
        passed, verdict = await pass_gates(
            exchange, path, access=self._access, limiter=self._limiter, note=lambda principal: _note(call, principal)
        )
        call.pattern = passed.route.pattern
        await self._forward(call, passed, verdict, path=path, query=query, headers=headers)

    async def _forward(
        self,
        call: _Call,
        passed: Passed,
        verdict: Verdict | None,
        *,
        path: GatewayPath,
        query: str,
        headers: list[tuple[str, str]],
    ) -> None:
        exchange, module, route = call.exchange, passed.module, passed.route
        loop = asyncio.get_running_loop()
        deadline = loop.time() + route.timeout_seconds
        url = f"{module.base_url}{module.api_prefix}{path.path}{'?' + query if query else ''}"
        # The gates may have taken a while.
        await self._access.token_keys_at_hand()
        token = module_token_issue(
            principal=narrowed(passed.principal, passed.installed),
            permission_version=passed.version,
            module_id=module.route.module_id,
            tier=passed.entitlements.plan,
            request_id=call.request_id,
            now=timezone.now(),
        )

        def own_headers() -> dict[str, str]:
            left = max(int((deadline - loop.time()) * 1000), 1)
            return {
                **dict(headers),
                "Authorization": f"Bearer {token}",
                "X-Request-ID": call.request_id,
                "X-Lift-Deadline-Ms": str(left),
                "traceparent": traceparent(),
            }

        body, idempotent = await self._body(exchange, route, token=token)
        upstream = self._upstreams.setdefault(module.route.module_id, Upstream(module.route.module_id))
        upstream.enter()
        # Its last calls wait for what the counter says; those far from a limit are counted while the module works.
        far = self._ledger.is_far(passed.quotas)
        counted = asyncio.ensure_future(self._count(passed, call, must=far))
        if not far:
            try:
                await self._admitted(counted, passed)
            except BaseException:
                upstream.abandon()
                raise
        asked = time.perf_counter()
        try:
            with span(f"call {module.route.module_id}", SpanKind.CLIENT):
                answer = await _unless_gone(
                    exchange,
                    upstream.call(
                        self._session,
                        exchange.method,
                        url,
                        headers=own_headers,
                        body=body,
                        deadline=deadline,
                        idempotent=idempotent,
                    ),
                    watch=not callable(body),
                )
        except BaseException as error:
            await self._correct(counted, passed, call, answered=not isinstance(error, Refusal))
            if exchange.too_large:
                raise _too_large() from None
            if exchange.left:
                raise ClientGone from None
            raise
        call.upstream_seconds = time.perf_counter() - asked
        try:
            quota = await self._admitted(counted, passed)
            await self._relay(call, passed, answer, upstream, verdict, quota, token=token, deadline=deadline)
        finally:
            answer.close()
            upstream.release()

    async def _body(self, exchange: Exchange, route: Route, *, token: str) -> tuple[Body, bool]:
        """Return what to send, and whether the call may be made twice."""
        may_repeat = exchange.method in _READS or (route.idempotent and bool(exchange.header(b"idempotency-key")))
        if exchange.content_length == 0:
            exchange.body_is_read()
            return None, may_repeat
        if route.enrichment is None:
            return lambda: exchange.body(MAX_BODY), False
        try:
            raw = b"".join([chunk async for chunk in exchange.body(MAX_JSON_BODY)])
        except BodyTooLarge:
            raise _too_large() from None
        return await self._memory.enriched(raw, route.enrichment, token=token), may_repeat

    async def _relay(
        self,
        call: _Call,
        passed: Passed,
        answer: aiohttp.ClientResponse,
        upstream: Upstream,
        verdict: Verdict | None,
        quota: QuotaState,
        *,
        token: str,
        deadline: float,
    ) -> None:
        """Pass the answer on: a remembered one once it is whole, any other piece by piece as it arrives."""
        exchange = call.exchange
        if (
            HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST
            and answer.status != HTTPStatus.NOT_MODIFIED
        ):
            raise Refusal("upstream_failed", "The module answered with a redirect.", gate="upstream")
        headers = [
            *response_headers(answer.raw_headers),
            *_own_response_headers(call, verdict, quota),
            *deprecation_headers(passed.route),
        ]
        is_stream = answer.content_type == _EVENT_STREAM
        remember = passed.route.remember
        try:
            if remember is not None and answer.status < HTTPStatus.MULTIPLE_CHOICES:
                async with asyncio.timeout_at(deadline):
                    content = await answer.content.read(MAX_JSON_BODY + 1)
                    while not answer.content.at_eof() and len(content) <= MAX_JSON_BODY:
                        content += await answer.content.read(MAX_JSON_BODY)
                headers += await self._memory.remembered(
                    content, remember, token=token, external_id=f"{call.module_id}:{call.request_id}"
                )
                await exchange.start(answer.status, headers)
                await exchange.write(content, more=True)
            else:
                await exchange.start(answer.status, headers)
            await _pass_on(exchange, answer, deadline=None if is_stream else deadline)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            upstream.failed()
            call.gate = "timeout" if isinstance(error, TimeoutError) else "upstream"
            if not exchange.started:
                raise Refusal("upstream_failed", "The module's answer broke off.", gate="upstream") from None
            # Only an end without an end tells the caller that the answer is not whole.
            raise BrokenAnswer from None

    async def _count(self, passed: Passed, call: _Call, *, quantity: int = 1, must: bool = False) -> Taken:
        row = UsageRow(
            organization_id=passed.principal.organization_id,
            meter=Meter.API_CALLS.value,
            quantity=quantity,
            source="gateway" if quantity > 0 else "gateway_correction",
            source_id=passed.call_id,
            module=call.module_id,
            user_id=passed.principal.user_id,
            operation=f"{call.exchange.method} {passed.route.pattern}"[:100],
            request_id=call.request_id,
            occurred_at=timezone.now(),
        )
        return await self._ledger.write(Asked(row, passed.quotas, must=must))

    async def _admitted(self, counted: "asyncio.Future[Taken]", passed: Passed) -> QuotaState:
        """Return the month's quota once the call is committed; refuse it if there is none left."""
        try:
            taken = await asyncio.shield(counted)
        except LedgerUnavailable:
            # Nothing that is not in the ledger is answered: what was done for it was done for nothing.
            raise _dependency_away() from None
        now = timezone.now()
        if taken.refused is not None:
            raise quota_refusal(taken.refused, passed.entitlements, await self._access.plans(), now=now)
        return quota_state(Meter.API_CALLS, passed.entitlements.of(Meter.API_CALLS), taken.used[0], now)

    async def _correct(self, counted: "asyncio.Future[Taken]", passed: Passed, call: _Call, *, answered: bool) -> None:
        """Take back what was counted for a call that the module did not answer; one that its caller left counts."""
        with suppress(LedgerUnavailable):
            taken = await asyncio.shield(counted)
            if not answered and taken.refused is None:
                await self._count(passed, call, quantity=-1)


class BrokenAnswer(Exception):
    """The answer broke off after its start; raised to the server, which closes the connection."""


def _readable(exchange: Exchange) -> tuple[GatewayPath, str, list[tuple[str, str]]]:
    try:
        path = gateway_path(exchange.raw_path.partition(b"?")[0].removeprefix(PREFIX))
        query = query_check(exchange.scope.get("query_string", b""))
        headers = request_headers(exchange.headers)
        length = exchange.content_length
    except MalformedPath as error:
        raise Refusal("malformed_path", str(error), gate="request") from None
    except AmbiguousHeaders as error:
        raise Refusal("malformed_headers", str(error), gate="request") from None
    except ValueError:
        raise Refusal("malformed_headers", "Content-Length is no number.", gate="request") from None
    if exchange.header(b"upgrade").lower() == "websocket":
        raise Refusal("websocket_unsupported", "Use server-sent events (text/event-stream).", gate="request")
    if exchange.method not in _METHODS:
        raise Refusal("method_not_allowed", f"{exchange.method[:20]} is not forwarded.", gate="request")
    if length is not None and length > MAX_BODY:
        raise _too_large()
    return path, query, headers


async def _unless_gone(
    exchange: Exchange, calling: Coroutine[Any, Any, aiohttp.ClientResponse], *, watch: bool
) -> aiohttp.ClientResponse:
    """Await the module's answer; give it up when the caller leaves. A body that is still being read tells it itself."""
    if not watch:
        return await calling
    asking = asyncio.ensure_future(calling)
    leaving = asyncio.ensure_future(exchange.gone())
    try:
        await asyncio.wait({asking, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not asking.done():
            exchange.left = True
            raise ClientGone
        return await asking
    finally:
        leaving.cancel()
        if not asking.done():
            asking.cancel()
            with suppress(asyncio.CancelledError, Refusal):
                await asking


async def _pass_on(exchange: Exchange, answer: aiohttp.ClientResponse, *, deadline: float | None) -> None:
    loop = asyncio.get_running_loop()
    ends = deadline if deadline is not None else loop.time() + STREAM_SECONDS
    leaving = asyncio.ensure_future(exchange.gone()) if deadline is None else None
    try:
        while True:
            idle = ends if deadline is not None else min(ends, loop.time() + STREAM_IDLE_SECONDS)
            reading = asyncio.ensure_future(answer.content.readany()) if leaving else None
            if reading is None or leaving is None:
                async with asyncio.timeout_at(idle):
                    chunk = await answer.content.readany()
            else:
                done, _ = await asyncio.wait(
                    {reading, leaving}, timeout=idle - loop.time(), return_when=asyncio.FIRST_COMPLETED
                )
                if reading not in done:
                    reading.cancel()
                    if leaving in done:
                        raise ClientGone
                    raise TimeoutError
                chunk = reading.result()
            if not chunk:
                break
            await exchange.write(chunk, more=True)
    finally:
        if leaving is not None:
            leaving.cancel()
    await exchange.write(b"", more=False)


async def _refuse(exchange: Exchange, refusal: Refusal) -> None:
    if exchange.started:
        raise BrokenAnswer
    metrics.refusals.labels(refusal.gate).inc()
    extra: dict[str, object] = {"gate": refusal.gate, "retryable": refusal.retryable, **refusal.extra}
    await exchange.problem(refusal.code, refusal.detail, refusal.headers, **extra)


def _dependency_away() -> Refusal:
    return Refusal("dependency_unavailable", "", gate="dependency", retryable=True, headers={"Retry-After": "5"})


def _too_large() -> Refusal:
    return Refusal("too_large", f"A request has at most {MAX_BODY} bytes.", gate="request")


def _note(call: _Call, principal: Principal) -> None:
    call.principal = principal


def _own_response_headers(call: _Call, verdict: Verdict | None, quota: QuotaState) -> list[tuple[bytes, bytes]]:
    headers = [(b"x-request-id", call.request_id.encode()), (b"x-content-type-options", b"nosniff")]
    headers += [(name.lower().encode(), value.encode()) for name, value in quota.headers().items()]
    return headers + (limit_headers(verdict) if verdict else [])


def limit_headers(verdict: Verdict) -> list[tuple[bytes, bytes]]:
    """Return `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers)."""
    limit = verdict.limit
    return [
        (b"ratelimit-policy", f'"{limit.name}";q={limit.calls};w={limit.seconds}'.encode()),
        (b"ratelimit", f'"{limit.name}";r={verdict.remaining};t={verdict.reset_seconds}'.encode()),
    ]


def _log(call: _Call, work: Span) -> None:
    took = time.perf_counter() - call.began
    status = call.exchange.status
    metrics.calls.labels(call.module_id, str(status)).inc()
    metrics.seconds.labels(call.module_id).observe(took)
    about = {
        "organization_id": str(call.principal.organization_id) if call.principal else None,
        "user_id": str(call.principal.user_id) if call.principal else None,
        "module_id": call.module_id or None,
        "method": call.exchange.method[:20],
        "route": call.pattern or None,
        "status": status,
        "gate": call.gate or None,
    }
    work.name_as(f"{about['method']} {call.module_id or 'gateway'} {call.pattern}".rstrip())
    work.note({f"liftos.{name}": value for name, value in about.items() if value is not None})
    access_log.info(
        "gateway_call",
        extra={
            **about,
            "bytes": call.exchange.sent_bytes,
            "ms": round(took * 1000, 1),
            "module_ms": round(call.upstream_seconds * 1000, 1),
        },
    )
