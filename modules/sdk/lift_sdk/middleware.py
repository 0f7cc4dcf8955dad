"""What every request passes before the module's own code, from the outside in.

`Entrance` gives it an id, a line in the log and an answer whatever happens. `Authentication` lets nothing through to a
path that is not open without a module token, so 401 comes before anything is read. `Bodies` bounds what is read, and
refuses JSON that is none: Python's parser takes `NaN`, and answers cannot carry it.
"""

import json
import logging
import math
import time
from collections.abc import Callable
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lift_sdk.context import RequestContext, current, deadline_from, enter, request_id_from, traceparent_from
from lift_sdk.keys import KeysUnavailable
from lift_sdk.problems import RETRY_AFTER, Problem, failure_response, problem_response
from lift_sdk.runtime import Runtime
from lift_sdk.tokens import InvalidToken

access = logging.getLogger("lift_sdk.access")
logger = logging.getLogger(__name__)

REQUEST_ID_HEADER = "X-Request-ID"
_CLIENT_LEFT = 499
_SCHEME = "bearer "


class Entrance:
    """Request id, access line, metrics, and 500 for what nobody caught. `quiet` paths are logged as DEBUG."""

    def __init__(self, app: ASGIApp, *, runtime: Callable[[], Runtime], quiet: frozenset[str]) -> None:
        self.app = app
        self.runtime = runtime
        self.quiet = quiet

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            # There are no web sockets: the gateway does not carry them, so nobody could vouch for who opens one.
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            elif scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
            return
        headers = Headers(scope=scope)
        context = RequestContext(
            runtime=self.runtime(),
            request_id=request_id_from(headers.get(REQUEST_ID_HEADER, "")),
            traceparent=traceparent_from(headers.get("traceparent", "")),
            deadline=deadline_from(headers.get("X-Lift-Deadline-Ms", "")),
        )
        enter(context)
        status = _CLIENT_LEFT
        complete = False
        started = time.perf_counter()

        async def send_with_id(message: Message) -> None:
            nonlocal status, complete
            complete = not message.get("more_body", False)
            if message["type"] == "http.response.start":
                status = message["status"]
                complete = False
                MutableHeaders(scope=message)[REQUEST_ID_HEADER] = context.request_id
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        except Exception as error:
            logger.exception("unhandled %s", type(error).__name__)
            if status == _CLIENT_LEFT:
                await failure_response()(scope, receive, send_with_id)
            elif not complete:
                # The server then closes the connection, so the client sees that the answer broke off.
                raise
        finally:
            self._note(scope, context, status, time.perf_counter() - started)

    def _note(self, scope: Scope, context: RequestContext, status: int, seconds: float) -> None:
        level = logging.DEBUG if scope["path"] in self.quiet else logging.INFO
        details = {"method": scope["method"], "path": scope["path"], "status": status, "ms": round(seconds * 1000, 1)}
        access.log(level, "request", extra=details)
        context.runtime.metrics.observe(scope, status, seconds)


class Authentication:
    """Verify the module token of every request; `is_open` names the exceptions."""

    def __init__(self, app: ASGIApp, *, is_open: Callable[[str], bool]) -> None:
        self.app = app
        self.is_open = is_open

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self.is_open(scope["path"]):
            problem = await self._refusal(scope)
            if problem is not None:
                await problem_response(problem)(scope, receive, send)
                return
        await self.app(scope, receive, send)

    async def _refusal(self, scope: Scope) -> Problem | None:
        context = current()
        if context is None:
            raise RuntimeError("Authentication works inside of Entrance")
        credentials = Headers(scope=scope).getlist("authorization")
        try:
            context.caller = await context.runtime.tokens.verify(_bearer(credentials), context)
        except InvalidToken as error:
            logger.info("token refused", extra={"reason": str(error)})
            return Problem(401, "not_authenticated", headers={"WWW-Authenticate": "Bearer"})
        except KeysUnavailable:
            detail = "The platform's keys have not been reached yet."
            return Problem(503, "dependency_unavailable", detail, headers={"Retry-After": str(RETRY_AFTER)})
        return None


def _bearer(credentials: list[str]) -> str:
    """Return the token of the one `Authorization` header; two of them are none."""
    if len(credentials) != 1 or credentials[0][: len(_SCHEME)].lower() != _SCHEME:
        raise InvalidToken("no bearer token")
    return credentials[0][len(_SCHEME) :].strip()


class Bodies:
    """Bound request bodies by `max_bytes` and let only strict JSON through; other content is streamed as it comes."""

    def __init__(self, app: ASGIApp, *, max_bytes: int) -> None:
        self.app = app
        self.max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        length = headers.get("content-length", "0")
        bounded = _Bounded(receive, self.max_bytes)
        try:
            # Servers refuse a length that is no number, and cut the body to it.
            bounded.expect(int(length))
            replay: Receive = bounded
            if _is_json(headers.get("content-type", "")):
                body = await bounded.read()
                if body is None:
                    return
                if body:
                    refuse_loose_json(body)
                replay = _replay(body, receive)
        except Problem as problem:
            await problem_response(problem)(scope, receive, send)
            return
        await self.app(scope, replay, send)


class _Bounded:
    """Passes on a request's messages until there are too many bytes; the `Problem` then answers through the app."""

    def __init__(self, receive: Receive, max_bytes: int) -> None:
        self._receive = receive
        self._max_bytes = max_bytes
        self._bytes = 0

    async def __call__(self) -> Message:
        message = await self._receive()
        self._bytes += len(message.get("body", b""))
        self.expect(self._bytes)
        return message

    def expect(self, count: int) -> None:
        if count > self._max_bytes:
            detail = f"A request may have {self._max_bytes:,} bytes."
            raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", detail)

    async def read(self) -> bytes | None:
        """Return the whole body; None if the client left."""
        parts: list[bytes] = []
        while True:
            message = await self()
            if message["type"] == "http.disconnect":
                return None
            parts.append(message.get("body", b""))
            if not message.get("more_body", False):
                return b"".join(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    """Hand out a body that was read already, then what the server says next."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_message() -> Message:
        return messages.pop() if messages else await receive()

    return next_message


def _is_json(content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip().lower()
    return kind in {"", "application/json"} or (kind.startswith("application/") and kind.endswith("+json"))


def refuse_loose_json(body: bytes) -> None:
    """Raise a `Problem` for what is not JSON (RFC 8259), or holds what no answer could carry.

    These are NaN, the infinities (1e999 too), and halves of surrogate pairs.
    """
    try:
        value = json.loads(body.decode(), parse_constant=_refuse_constant, parse_float=_finite)
        if b"\\u" in body:
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise Problem(400, "malformed_request", f"The body is not JSON: {reason}") from None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("a number is too large")
    return number
