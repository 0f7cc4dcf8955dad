"""Tells the platform that this module exists: in the background, again and again until it is heard."""

import asyncio
import logging
import random

import httpx2

from lift_sdk.memory.exchange import refusal, retry_after
from lift_sdk.runtime import Runtime

logger = logging.getLogger(__name__)

MODULES_PATH = "/api/v1/modules"
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
ANSWER_SECONDS = 30.0
# Saying the same again may help after these; other refusals need a human.
_PASSING = frozenset({408, 425, 429})
_SERVER_ERROR = 500
_REDIRECT = 300


async def register(runtime: Runtime) -> None:
    """Register until the platform takes or refuses it; the outcome is in the log."""
    document = runtime.manifest.document(base_url=runtime.settings.base_url or None)
    pause = FIRST_PAUSE_SECONDS
    while True:
        wait: float | None = None
        try:
            response = await runtime.http.post(
                MODULES_PATH,
                json=document,
                headers={"X-API-Key": runtime.settings.registration_key},
                timeout=ANSWER_SECONDS,
            )
        except httpx2.TransportError as error:
            logger.warning("the platform cannot be reached to register", extra={"error": type(error).__name__})
        else:
            if _is_final(response):
                return
            wait = retry_after(response)
        # Modules that start together must not come back together.
        spread = random.uniform(pause / 2, pause)  # noqa: S311 - spreads load, guards nothing
        await asyncio.sleep(spread if wait is None else wait)
        pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


def _is_final(response: httpx2.Response) -> bool:
    if response.status_code < _REDIRECT:
        logger.info("registered", extra={"status": response.status_code})
        return True
    problem = refusal(response)
    details = {"status": problem.status, "code": problem.code, "detail": problem.detail, "errors": list(problem.errors)}
    if response.status_code >= _SERVER_ERROR or response.status_code in _PASSING:
        logger.warning("registration failed, trying again", extra=details)
        return False
    logger.error("registration refused", extra=details)
    return True
