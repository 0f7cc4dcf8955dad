"""`/health`: whether this process can do its work, as the platform's monitor asks it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Literal

from pydantic import BaseModel

from lift_sdk.manifest import Manifest

logger = logging.getLogger(__name__)

# Returns nothing if all is well, else the reason that operators are shown.
HealthCheck = Callable[[], Awaitable[str | None]]
# The monitor waits a little longer.
CHECK_SECONDS = 2.0


class CheckResult(BaseModel):
    status: Literal["ok", "failed"]
    detail: str = ""


class Health(BaseModel):
    """`status` is `ok` if every check is."""

    status: Literal["ok", "failed"]
    module_id: str
    version: str
    checks: dict[str, CheckResult]


async def health(manifest: Manifest, checks: dict[str, HealthCheck]) -> Health:
    results = dict(zip(checks, await asyncio.gather(*map(_run, checks.values())), strict=True))
    failed = any(result.status == "failed" for result in results.values())
    return Health(
        status="failed" if failed else "ok", module_id=manifest.module_id, version=manifest.version, checks=results
    )


async def _run(check: HealthCheck) -> CheckResult:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            detail = await check()
    except TimeoutError:
        detail = f"no answer within {CHECK_SECONDS:g} seconds"
    except Exception as error:
        # Whatever a check raises is its result; the text may hold addresses and stays in the log.
        logger.exception("health check failed")
        detail = type(error).__name__
    return CheckResult(status="failed", detail=detail) if detail else CheckResult(status="ok")
