"""Asks modules over HTTP how they are."""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import aiohttp

from apps.core.outgoing import AllowedAddresses, outgoing_session

SECONDS = 5.0
_MAX_ANSWER = 64 * 1024


@dataclass(frozen=True, slots=True)
class HealthAnswer:
    ok: bool
    latency: timedelta
    detail: str = ""


async def health_answers(
    urls: Mapping[str, str], *, allowed: AllowedAddresses, seconds: float = SECONDS
) -> dict[str, HealthAnswer]:
    """Ask all addresses at the same time; what does not answer within so many seconds is not well."""
    async with outgoing_session(allowed) as session:
        answers = await asyncio.gather(*(_ask(session, url, seconds) for url in urls.values()))
    return dict(zip(urls, answers, strict=True))


async def _ask(session: aiohttp.ClientSession, url: str, seconds: float) -> HealthAnswer:
    began = time.perf_counter()
    try:
        async with session.get(url, allow_redirects=False, timeout=aiohttp.ClientTimeout(total=seconds)) as answer:
            body = await answer.content.read(_MAX_ANSWER)
            detail = complaint(answer.status, body)
    except TimeoutError:
        detail = f"no answer within {seconds:.0f} s"
    except (aiohttp.ClientError, OSError) as error:
        detail = type(error).__name__
    return HealthAnswer(not detail, timedelta(seconds=time.perf_counter() - began), detail)


def complaint(status: int, body: bytes) -> str:
    """Return what is wrong with an answer; nothing if the module says that it is well."""
    if status != 200:  # noqa: PLR2004 - OK
        return f"answered {status}"
    try:
        said = json.loads(body)
    except ValueError:
        return "answered something that is no JSON"
    return "" if isinstance(said, dict) and said.get("status") == "ok" else "does not say that it is ok"
