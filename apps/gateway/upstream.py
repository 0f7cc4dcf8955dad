"""Calls of one module: its places, its breaker, retries, and the deadline."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field

import aiohttp
from yarl import URL

from apps.gateway import metrics
from apps.gateway.engine.breaker import BreakerState, CircuitBreaker, RetryBudget
from apps.gateway.exceptions import Refusal

# Calls of one module that one process makes at once; more wait for nobody.
MAX_CONCURRENT = 128
MAX_ATTEMPTS = 3
_RETRY_WAIT_SECONDS = 0.05
_SERVER_ERROR = 500
# The module says itself that it would rather not be asked now.
_UNAVAILABLE = 503

Body = Callable[[], AsyncIterator[bytes]] | bytes | None


@dataclass
class Upstream:
    """What one process knows of one module."""

    module_id: str
    breaker: CircuitBreaker = field(default_factory=CircuitBreaker)
    budget: RetryBudget = field(default_factory=RetryBudget)
    running: int = 0

    async def call(
        self,
        session: aiohttp.ClientSession,
        method: str,
        url: str,
        *,
        headers: Callable[[], Mapping[str, str]],
        body: Body,
        deadline: float,
        idempotent: bool,
    ) -> aiohttp.ClientResponse:
        """Return an answer of which the headers have arrived; the caller reads or closes it, then calls `release`.

        Call `enter` before. `deadline` is of the event loop's clock. Raises `Refusal` for everything that is no answer;
        then there is nothing to release.
        """
        try:
            self.budget.earn()
            attempt = 1
            while True:
                may_retry = idempotent and not callable(body) and attempt < MAX_ATTEMPTS
                answer = await self._attempt(session, method, url, headers(), body, deadline, may_retry=may_retry)
                if answer is not None:
                    return answer
                metrics.retries.labels(self.module_id).inc()
                await asyncio.sleep(_RETRY_WAIT_SECONDS * attempt)
                attempt += 1
        except BaseException as error:
            self._leave()
            if not isinstance(error, Refusal):
                self.breaker.abandoned()
            raise

    def release(self) -> None:
        self._leave()

    def abandon(self) -> None:
        """Give up a place without having called."""
        self._leave()
        self.breaker.abandoned()

    def failed(self) -> None:
        """Report an answer that broke off."""
        self.breaker.failed(time.monotonic())

    def enter(self) -> None:
        """Take a place for a call; raise `Refusal` if there is none, or if the module has failed too often just now."""
        if self.running >= MAX_CONCURRENT:
            raise Refusal(
                "module_busy",
                "The module answers too many calls already.",
                gate="circuit",
                retryable=True,
                headers={"Retry-After": "1"},
            )
        self._pass_breaker()
        self.running += 1
        metrics.running.labels(self.module_id).inc()

    def _pass_breaker(self) -> None:
        now = time.monotonic()
        if not self.breaker.try_pass(now):
            raise Refusal(
                "module_unavailable",
                "The module has failed too often just now.",
                gate="circuit",
                retryable=True,
                headers={"Retry-After": str(int(self.breaker.retry_after(now)))},
            )

    def _leave(self) -> None:
        self.running -= 1
        metrics.running.labels(self.module_id).dec()

    async def _attempt(
        self,
        session: aiohttp.ClientSession,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: Body,
        deadline: float,
        *,
        may_retry: bool,
    ) -> aiohttp.ClientResponse | None:
        """Return an answer, or None to try again."""
        try:
            async with asyncio.timeout_at(deadline):
                answer = await session.request(
                    method,
                    URL(url, encoded=True),
                    headers=headers,
                    data=body() if callable(body) else body,
                    allow_redirects=False,
                )
        except TimeoutError:
            self.breaker.failed(time.monotonic())
            raise Refusal(
                "upstream_timeout", "The module did not answer in time.", gate="timeout", retryable=may_retry
            ) from None
        except (aiohttp.ClientError, OSError, ValueError):
            self.breaker.failed(time.monotonic())
            if may_retry and self.breaker.state is BreakerState.CLOSED and self.budget.spend():
                return None
            raise Refusal(
                "upstream_failed", "The module could not be reached.", gate="upstream", retryable=True
            ) from None
        if answer.status < _SERVER_ERROR:
            self.breaker.succeeded(time.monotonic())
            return answer
        self.breaker.failed(time.monotonic())
        retry_after = answer.headers.get("Retry-After", "")
        status = answer.status
        answer.close()
        if may_retry and not retry_after and self.breaker.state is BreakerState.CLOSED and self.budget.spend():
            return None
        # The module's own text stays out: it may tell of its inside.
        if status == _UNAVAILABLE:
            seconds = retry_after if retry_after.isdecimal() else "1"
            raise Refusal(
                "module_unavailable",
                "The module says that it is not available.",
                gate="upstream",
                retryable=True,
                headers={"Retry-After": seconds[:6]},
            )
        raise Refusal("upstream_failed", f"The module answered {status}.", gate="upstream", retryable=False)
