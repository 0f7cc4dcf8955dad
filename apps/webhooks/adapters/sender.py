"""Sends one message to an address that somebody has registered (Standard Webhooks 1.0).

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import asyncio
import ssl
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp
from django.conf import settings
from django.utils import timezone
from standardwebhooks import Webhook

from apps.core.outgoing import AddressNotAllowed, AllowedAddresses, PublicAddresses, outgoing_session
from apps.webhooks.models import WebhookAttempt
from apps.webhooks.types import Message, Outcome

TIMEOUT_SECONDS = 15
# Of an answer so much is read, and kept to look at; what a receiver says beyond is not for us.
_EXCERPT_BYTES = 1_024
_MAX_HEADER_LENGTH = 100
_Error = WebhookAttempt.Error


class Sender:
    """One for each event loop."""

    def __init__(self) -> None:
        self._session = outgoing_session(PublicAddresses(settings.WEBHOOK_ADDRESSES))
        # Modules live where the operator says, and people's webhooks never lead there.
        self._modules = outgoing_session(AllowedAddresses(settings.MODULE_ADDRESSES))

    async def close(self) -> None:
        await self._session.close()
        await self._modules.close()

    async def send(self, message: Message, *, url: str, secrets: Sequence[str], token: str = "") -> Outcome:
        """Try once, signed with all secrets, or with the token for a module; whatever happens is an outcome."""
        session = self._modules if token else self._session
        at, began = timezone.now(), time.monotonic()
        status, excerpt, retry_after = None, "", None
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                async with session.post(
                    url,
                    data=message.body.encode(),
                    headers=signed_headers(message, secrets, at=at, token=token),
                    allow_redirects=False,
                ) as answer:
                    status, retry_after = answer.status, seconds_of(answer.headers.get("Retry-After", ""), now=at)
                    excerpt = _text(await answer.content.read(_EXCERPT_BYTES))
            error = _error_of(status)
        except TimeoutError:
            error = _Error.TIMEOUT
        except (aiohttp.ClientError, OSError, ValueError) as failure:
            error = _error_of_failure(failure)
        return Outcome(
            delivery_id=message.delivery_id,
            at=at,
            status_code=status,
            error=error,
            milliseconds=round((time.monotonic() - began) * 1000),
            response_excerpt=excerpt,
            retry_after=retry_after,
        )


def signed_headers(message: Message, secrets: Sequence[str], *, at: datetime, token: str) -> dict[str, str]:
    identifier = str(message.event_id)
    signatures = [Webhook(secret).sign(identifier, at, message.body) for secret in secrets]
    proof = {"Authorization": f"Bearer {token}"} if token else {"webhook-signature": " ".join(signatures)}
    return {
        "Content-Type": "application/json",
        "User-Agent": "LiftOS-Webhooks/1.0",
        "webhook-id": identifier,
        "webhook-timestamp": str(int(at.timestamp())),
        **proof,
    }


def seconds_of(retry_after: str, *, now: datetime) -> float | None:
    """Return the seconds that a Retry-After header names, in either of its forms; None for anything else."""
    text = retry_after.strip()[:_MAX_HEADER_LENGTH]
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now).total_seconds())


def _error_of(status: int) -> _Error:
    if 200 <= status < 300:  # noqa: PLR2004 - what HTTP calls a success
        return _Error.NONE
    return _Error.REDIRECT if 300 <= status < 400 else _Error.STATUS  # noqa: PLR2004 - what HTTP calls a redirect


def _error_of_failure(failure: Exception) -> _Error:
    # The connector raises its own error from that of our socket factory.
    causes = [failure, failure.__cause__, getattr(failure, "os_error", None)]
    if any(isinstance(cause, AddressNotAllowed) for cause in causes):
        return _Error.ADDRESS
    if isinstance(failure, (aiohttp.ClientSSLError, ssl.SSLError)):
        return _Error.TLS
    if isinstance(failure, aiohttp.ServerTimeoutError):
        return _Error.TIMEOUT
    return _Error.CONNECTION


def _text(raw: bytes) -> str:
    """Return the beginning of an answer as text that every column takes."""
    return raw.decode(errors="replace").replace("\0", "\ufffd")
