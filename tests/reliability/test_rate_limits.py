"""Rate limits with several processes, and without Redis."""

import asyncio
import subprocess
import sys
import textwrap
import time

import pytest
from django.conf import settings

from apps.gateway.adapters.limiter import Limiter
from apps.gateway.engine.limits import Limit
from deploy.dev.state import REPOSITORY, free_port

PROCESSES, CALLS_EACH, LIMIT = 4, 400, 300
# Asks as fast as it can; prints how many calls passed.
_ASKER = """
    import asyncio, sys
    import django
    django.setup()
    from apps.gateway.adapters.limiter import Limiter
    from apps.gateway.engine.limits import Limit

    async def ask():
        limiter = Limiter(sys.argv[1], processes=4)
        limits = [("all", Limit("organization", int(sys.argv[3]), 3600, 60)), ("one", Limit("user", 100_000, 60, 5))]
        async def some(count):
            return [(await limiter.take(sys.argv[4], limits)).allowed for _ in range(count)]
        passed = await asyncio.gather(*(some(int(sys.argv[2]) // 8) for _ in range(8)))
        await limiter.close()
        print(sum(map(sum, passed)))

    asyncio.run(ask())
"""


@pytest.mark.usefixtures("flush_redis")
def test_four_processes_let_no_more_pass_than_the_limit() -> None:
    arguments = [settings.REDIS_URL, str(CALLS_EACH), str(LIMIT), f"owner-{time.time_ns()}"]
    askers = [
        subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-c", textwrap.dedent(_ASKER), *arguments],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(PROCESSES)
    ]
    passed = [int(asker.communicate(timeout=60)[0]) for asker in askers]
    # The slots of the present minute may change once meanwhile: nothing is forgotten by that.
    assert sum(passed) == LIMIT


def test_without_redis_each_process_has_its_share() -> None:
    async def ask() -> int:
        limiter = Limiter(f"redis://127.0.0.1:{free_port()}/0", processes=4)
        limits = [("all", Limit("organization", 40, 3600, 60))]
        passed = [(await limiter.take("owner", limits)).allowed for _ in range(50)]
        await limiter.close()
        return sum(passed)

    assert asyncio.run(ask()) == 10
