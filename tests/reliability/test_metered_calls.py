"""Every call that was acknowledged is counted once, in every place, whatever dies meanwhile.

A whole platform with the Stripe stand-in; its workers are killed every few seconds, its web process twice, and Redis
loses everything once. `METERED_CALLS=2000` in the environment gives a smaller dose.
"""

import asyncio
import itertools
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import psutil
import pytest
from redis import Redis

from deploy.dev.state import LOOPBACK, REPOSITORY, next_free_port, read_env
from tests.bench.servers import asgi
from tests.reliability.conftest import Stack, eventually

pytestmark = pytest.mark.slow

CALLS = int(os.environ.get("METERED_CALLS", "100000"))
# The others go through the gateway.
STORES = CALLS // 100
AT_ONCE, STORES_AT_ONCE = 32, 4
KILL_EVERY_SECONDS = 5.0
WEB_KILLS = 2
METERS = ("api_calls", "memory_stores")

# An organisation of its own, whose limits are lifted, with a module, a key, and a customer at Stripe.
_PREPARE = """
    import json, os
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "liftos.settings.dev")
    import django
    django.setup()
    from django.utils import timezone
    from apps.accounts.models import Membership, Session
    from apps.accounts.selectors.memberships import principal_of
    from apps.accounts.services.api_keys import api_key_create
    from apps.accounts.services.organizations import organization_create
    from apps.accounts.services.sessions import session_open
    from apps.accounts.services.users import user_create
    from apps.billing.models import PlanOverride
    from apps.billing.services.customers import customer_ensure
    from apps.billing.services.overrides import override_give
    from apps.core.tenancy.scope import public_scope
    from apps.events.types import SYSTEM
    from tests.factories.modules import PERMISSIONS, installed, module_available

    with public_scope():
        now = timezone.now()
        owner = user_create(email="metered@example.com", password="correct horse battery", verified=True)
        made = organization_create(name="Metered", slug="metered", owner=owner, memory_domain="general", now=now)
        for feature in ("gateway_calls_per_hour", "api_calls", "memory_bytes"):
            given = PlanOverride(organization_id=made.id, feature_id=feature, limit=10**12, reason="Test")
            override_give(override=given, actor=SYSTEM, now=now)
        customer_ensure(organization_id=made.id, now=now)
        installed(module_available(os.environ["MODULE_URL"]), made.id)
        membership = Membership.objects.select_related("user", "organization").get(organization=made)
        session_open(membership=membership, now=now)
        principal = principal_of(membership, session=Session.objects.get(user=owner))
        _, secret = api_key_create(principal=principal, name="Test", scopes=PERMISSIONS, expires_at=None, now=now)
    print(json.dumps({"organization_id": str(made.id), "key": secret}))
"""
# What every place has counted, from the last reconciliation.
_COUNTS = """
    import json, os, sys
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "liftos.settings.dev")
    import django
    django.setup()
    from django.db.models import Sum
    from apps.billing.models import Reconciliation, UsageCounter, UsageEvent
    from apps.core.tenancy.scope import public_scope

    with public_scope():
        rows = Reconciliation.objects.filter(organization_id=sys.argv[1])
        counts = {row.meter: [row.ledger, row.aggregates, row.reported, row.stripe] for row in rows}
        events = UsageEvent.objects.filter(organization_id=sys.argv[1])
        for meter, quantity in events.values_list("meter").annotate(sum=Sum("quantity")):
            counts.setdefault(meter, []).append(quantity)
        used = dict(UsageCounter.objects.filter(organization_id=sys.argv[1]).values_list("meter", "used"))
    print(json.dumps({"counts": counts, "used": used}))
"""


@dataclass
class Progress:
    """What was acknowledged, and what came instead of an acknowledgement."""

    calls: int = 0
    stores: int = 0
    instead: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return self.calls + self.stores

    def note(self, what: object) -> None:
        self.instead[str(what)] = self.instead.get(str(what), 0) + 1


def run_json(stack: Stack, program: str, *arguments: str, **environment: str) -> Any:
    done = stack.python("-c", textwrap.dedent(program), *arguments, **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])


async def call_and_store(port: int, headers: Mapping[str, str], progress: Progress) -> None:
    """Make all calls, each until it is acknowledged."""
    base = f"http://{LOOPBACK}:{port}/api/v1"
    numbers, texts = iter(range(CALLS - STORES)), iter(range(STORES))
    # Stores are spread over the whole time, so that every kill meets some.
    due = asyncio.Semaphore(0)
    every = (CALLS - STORES) // STORES
    timeout = aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(headers=headers, timeout=timeout) as session:

        async def acknowledged(method: str, path: str, statuses: set[int], **request: Any) -> None:
            for attempt in itertools.count():
                try:
                    async with session.request(method, f"{base}/{path}", **request) as answer:
                        content = await answer.read()
                    if answer.status in statuses:
                        return
                    progress.note(f"{answer.status} {json.loads(content).get('code')}")
                except (aiohttp.ClientError, TimeoutError, OSError) as error:
                    progress.note(type(error).__name__)
                await asyncio.sleep(min(0.1 * 2**attempt, 2))

        async def calling() -> None:
            for _ in numbers:
                await acknowledged("GET", "gateway/sample/things", {200})
                progress.calls += 1
                if progress.calls % every == 0:
                    due.release()

        async def storing() -> None:
            for number in texts:
                await due.acquire()
                body = {"content": f"Report {number} of the Harbor team: {number} parcels."}
                key = {"Idempotency-Key": f"store-{number}"}
                await acknowledged("POST", "memory/store", {200, 201}, json=body, headers=key)
                progress.stores += 1

        await asyncio.gather(*(calling() for _ in range(AT_ONCE)), *(storing() for _ in range(STORES_AT_ONCE)))


class Workers:
    """Two workers beside the platform's own, which comes back ever more slowly: each tick the older one is killed."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        self._running.append(
            subprocess.Popen(  # noqa: S603 - our own worker
                [
                    sys.executable, "-m", "celery", "--quiet", "--app", "liftos", "worker", "--concurrency", "2",
                    "--without-mingle", "--without-gossip", "--hostname", f"beside-{time.monotonic_ns()}@test",
                ],
                cwd=REPOSITORY,
                env=self._stack.environment(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        )  # fmt: skip

    def kill_older(self) -> None:
        worker = self._running.pop(0)
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()

    def kill_all(self) -> None:
        while self._running:
            self.kill_older()


async def disturb(stack: Stack, workers: Workers, progress: Progress, redis_url: str) -> dict[str, int]:
    """Kill and flush until all is done; return how often."""
    done = {"worker": 0, "web": 0, "redis": 0}
    while True:
        await asyncio.sleep(KILL_EVERY_SECONDS)
        if progress.total >= CALLS:
            return done
        workers.kill_older()
        workers.start()
        done["worker"] += 1 + kill(stack, "worker")
        if progress.total > CALLS * (done["web"] + 1) // 3 and done["web"] < WEB_KILLS:
            done["web"] += kill(stack, "web")
        if progress.total > CALLS // 2 and not done["redis"]:
            Redis.from_url(redis_url).flushall()
            done["redis"] = 1


def kill(stack: Stack, name: str) -> int:
    """Kill a process with all of its children, as the power failing would; return 0 if it is down already."""
    pid = stack.pid(name)
    if pid is None:
        return 0
    try:
        leader = psutil.Process(pid)
        for process in [*leader.children(recursive=True), leader]:
            process.kill()
    except psutil.NoSuchProcess:
        return 0
    return 1


def test_what_was_acknowledged_is_counted_once_everywhere(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    assert stack.command("up").returncode == 0
    values = read_env(stack.state / "dev.env")
    module_port = next_free_port(9500)
    with asgi("tests.bench.upstreams:module", module_port, {}):
        synced = stack.python("manage.py", "sync_plans")
        assert synced.returncode == 0, synced.stdout + synced.stderr
        made = run_json(stack, _PREPARE, MODULE_URL=f"http://{LOOPBACK}:{module_port}")

        progress, workers, began = Progress(), Workers(stack), time.monotonic()

        async def everything() -> dict[str, int]:
            disturbing = asyncio.ensure_future(disturb(stack, workers, progress, values["REDIS_URL"]))
            await call_and_store(stack.port, {"X-API-Key": made["key"]}, progress)
            return await disturbing

        try:
            workers.start()
            workers.start()
            disturbed = asyncio.run(everything())
        finally:
            workers.kill_all()
        took = time.monotonic() - began
    assert eventually(lambda: stack.health() == 200)

    reconciled = stack.python("manage.py", "reconcile_usage", "--json")
    found = run_json(stack, _COUNTS, made["organization_id"])
    report = {"seconds": round(took), "disturbed": disturbed, "instead": progress.instead, **found}
    with capsys.disabled():
        print(f"\n{json.dumps(report)}")  # noqa: T201 - how it went, for whoever runs it
    assert reconciled.returncode == 0, reconciled.stdout + reconciled.stderr
    expected = {"api_calls": CALLS, "memory_stores": STORES}
    # The ledger up to the watermark, the sums, what was reported, what Stripe has, and the whole ledger.
    assert {meter: found["counts"][meter] for meter in METERS} == {
        meter: [count] * 5 for meter, count in expected.items()
    }
    assert found["used"]["api_calls"] == CALLS
    assert disturbed["worker"] >= took // (2 * KILL_EVERY_SECONDS)
    assert (disturbed["web"], disturbed["redis"]) == (WEB_KILLS, 1)
