"""The memory client in two forms with one implementation: calls are described in `calls`, carried out by `exchange`.

`MemoryClient` is for ordinary functions and scripts, `AsyncMemoryClient` for coroutines; their methods are the same.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Generator
from functools import update_wrapper
from types import TracebackType
from typing import Any, Generic, ParamSpec, Self, TypeVar, overload

import httpx2

from lift_sdk.context import current
from lift_sdk.http import async_http, blocking_http
from lift_sdk.memory import calls
from lift_sdk.memory.calls import Answer, Call
from lift_sdk.memory.exchange import TOTAL_SECONDS, Outcome, Pause, Send, Step, exchange

P = ParamSpec("P")
A = TypeVar("A", bound=Any)


class _Method(Generic[P, A]):
    """A call as a method: of one client it returns the answer, of the other one an awaitable of it."""

    def __init__(self, describe: Callable[P, Call[A]]) -> None:
        self._describe = describe
        self.__doc__ = describe.__doc__

    @overload
    def __get__(self, client: None, owner: type) -> Self: ...
    @overload
    def __get__(self, client: "MemoryClient", owner: type) -> Callable[P, A]: ...
    @overload
    def __get__(self, client: "AsyncMemoryClient", owner: type) -> Callable[P, Awaitable[A]]: ...
    def __get__(self, client: Any, owner: type) -> Any:
        if client is None:
            return self

        def send(*args: P.args, **kwargs: P.kwargs) -> Any:
            return client.send(self._describe(*args, **kwargs))

        return update_wrapper(send, self._describe)


class _Methods:
    store = _Method(calls.store)
    store_batch = _Method(calls.store_batch)
    operation = _Method(calls.operation)
    search = _Method(calls.search)
    explain = _Method(calls.explain)
    get = _Method(calls.get)
    list_page = _Method(calls.list_page)
    insights = _Method(calls.insights)
    context = _Method(calls.context)


class _Client(_Methods):
    """What both clients know: whom they speak for and how long they may take."""

    def __init__(self, *, token: str = "", api_key: str = "", timeout: float, deadline: float | None) -> None:
        if bool(token) == bool(api_key):
            raise ValueError("give either a token or an API key")
        self._credential = {"Authorization": f"Bearer {token}"} if token else {"X-API-Key": api_key}
        self._timeout = timeout
        self._deadline = deadline

    def _ends(self) -> float:
        ends = time.monotonic() + self._timeout
        return ends if self._deadline is None else min(ends, self._deadline)

    def _request(self, http: httpx2.Client | httpx2.AsyncClient, call: Call[Any], step: Send) -> httpx2.Request:
        headers = dict(self._credential)
        if call.idempotency_key is not None:
            headers["Idempotency-Key"] = call.idempotency_key
        if context := current():
            headers["X-Request-ID"] = context.request_id
            headers["traceparent"] = context.traceparent
        return http.build_request(
            call.method,
            call.path,
            headers=headers,
            json=call.body,
            params=list(call.query) or None,
            timeout=step.timeout,
        )


class MemoryClient(_Client):
    """The organisation memory, for code that may wait. In a request, take `lift_sdk.Memory`.

    With a `url` it makes its own connections, to be used in a `with` block:

        with MemoryClient("https://lift.example.com", api_key=key) as memory:
            found = memory.search("what did we learn about pricing?")

    Calls raise the errors of `lift_sdk.memory.exceptions`. `timeout` is for a call with all its tries, in seconds;
    `deadline` is a moment of `time.monotonic()`.
    """

    def __init__(
        self,
        platform: str | httpx2.Client,
        *,
        token: str = "",
        api_key: str = "",
        timeout: float = TOTAL_SECONDS,
        deadline: float | None = None,
    ) -> None:
        super().__init__(token=token, api_key=api_key, timeout=timeout, deadline=deadline)
        self._owns = isinstance(platform, str)
        self._http = blocking_http(platform) if isinstance(platform, str) else platform

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        if self._owns:
            self._http.close()

    def send(self, call: Call[Answer]) -> Answer:
        """Carry out a call that `lift_sdk.memory.calls` describes."""
        steps = exchange(call, ends=self._ends())
        outcome: Outcome = None
        while True:
            step = _next(steps, outcome)
            if isinstance(step, _Done):
                return step.answer
            outcome = self._take(call, step)

    def _take(self, call: Call[Any], step: Step) -> Outcome:
        if isinstance(step, Pause):
            time.sleep(step.seconds)
            return None
        ends = time.monotonic() + step.timeout
        try:
            return self._receive(self._request(self._http, call, step), ends)
        except httpx2.TransportError as error:
            return error

    def _receive(self, request: httpx2.Request, ends: float) -> httpx2.Response:
        """Read an answer until `ends`: httpx counts its time-out anew for each part, and a trickle never ends."""
        response = self._http.send(request, stream=True)
        try:
            parts = []
            for part in response.iter_raw():
                parts.append(part)
                if time.monotonic() > ends:
                    raise httpx2.ReadTimeout("the answer took too long", request=request)
            return httpx2.Response(response.status_code, headers=response.headers, content=b"".join(parts))
        finally:
            response.close()


class AsyncMemoryClient(_Client):
    """The organisation memory, for coroutines; in a request, take `lift_sdk.AsyncMemory`. See `MemoryClient`."""

    def __init__(
        self,
        platform: str | httpx2.AsyncClient,
        *,
        token: str = "",
        api_key: str = "",
        timeout: float = TOTAL_SECONDS,
        deadline: float | None = None,
    ) -> None:
        super().__init__(token=token, api_key=api_key, timeout=timeout, deadline=deadline)
        self._owns = isinstance(platform, str)
        self._http = async_http(platform) if isinstance(platform, str) else platform

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        if self._owns:
            await self._http.aclose()

    async def send(self, call: Call[Answer]) -> Answer:
        """Carry out a call that `lift_sdk.memory.calls` describes."""
        steps = exchange(call, ends=self._ends())
        outcome: Outcome = None
        while True:
            step = _next(steps, outcome)
            if isinstance(step, _Done):
                return step.answer
            outcome = await self._take(call, step)

    async def _take(self, call: Call[Any], step: Step) -> Outcome:
        if isinstance(step, Pause):
            await asyncio.sleep(step.seconds)
            return None
        try:
            # As in `_receive`: the whole answer has an end, not only its parts.
            async with asyncio.timeout(step.timeout):
                return await self._http.send(self._request(self._http, call, step))
        except httpx2.TransportError as error:
            return error
        except TimeoutError:
            return httpx2.ReadTimeout("the answer took too long")


class _Done(Generic[A]):
    def __init__(self, answer: A) -> None:
        self.answer = answer


def _next(steps: Generator[Step, Outcome, A], outcome: Outcome) -> "Step | _Done[A]":
    try:
        return steps.send(outcome)
    except StopIteration as stop:
        return _Done(stop.value)
