"""What metering costs: rows of the ledger a second, what a metered call waits for, and adding up.

The floor is PostgreSQL itself in the same run: one bare INSERT for each commit, and reading and grouping alone.
"""

import asyncio
import itertools
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from django.db import connection
from django.utils import timezone

from apps.accounts.models import Membership, Organization
from apps.accounts.services.sessions import session_open
from apps.billing.adapters.ledger import Asked, CounterKey, Ledger, Take, UsageRow
from apps.billing.models import PlanOverride, UsageCounter
from apps.billing.periods import period_of
from apps.billing.services.overrides import override_give
from apps.billing.services.quotas import quota_use
from apps.billing.services.usage import usage_aggregate
from apps.billing.types import Meter, Usage
from apps.core.ids import new_id
from apps.core.tenancy.scope import public_scope
from apps.events.types import SYSTEM
from deploy.dev.state import LOOPBACK, free_port
from tests.bench.gateway import PERCENT, Target, paced, percentiles
from tests.bench.results import Speed
from tests.bench.servers import answers, asgi, platform
from tests.factories.modules import installed, module_available

_SECONDS = 5.0
_CALLERS = 256
_THREADS = (1, 4, 16)
_ROWS = 200_000
_FAR, _NEAR = 10**9, 1_900
_INSERT = """
    INSERT INTO public.billing_usageevent
        (id, organization_id, meter, quantity, source, source_id, module, user_id, operation, request_id, occurred_at)
    VALUES (%s, %s, 'api_calls', 1, 'bench', %s, '', %s, 'GET /things', 'request-1', %s)
"""
_FILL = """
    INSERT INTO public.billing_usageevent
        (id, organization_id, meter, quantity, source, source_id, module, user_id, operation, request_id, occurred_at)
    SELECT gen_random_uuid(), %s, (ARRAY['api_calls', 'memory_searches', 'memory_stores'])[n %% 3 + 1], 1, 'bench-fill',
        %s || n, (ARRAY['', 'sample'])[n %% 2 + 1], %s, 'GET /things/' || n %% 20, '',
        now() - n %% 72 * interval '1 hour'
    FROM generate_series(1, %s) AS n
"""
_GROUP = """
    SELECT organization_id, granularity, date_trunc(granularity, occurred_at, 'UTC'), meter, module, user_id, operation,
        sum(quantity), count(*)
    FROM public.billing_usageevent CROSS JOIN unnest(ARRAY['hour', 'day', 'month']) AS granularity
    WHERE source = 'bench-fill' AND organization_id = %s GROUP BY 1, 2, 3, 4, 5, 6, 7
"""
_numbers = itertools.count()


def measure_ledger(organization: Organization) -> list[Speed]:
    """Return rows a second by all ways into the ledger, added latency near and far from a limit, and sums a second."""
    give(organization, _FAR)
    floor = _per_second(lambda: _insert(organization), 1)
    rows = [_speed("rows/s, one event loop with its counters", asyncio.run(_loop_rows(organization)), floor)]
    for threads in _THREADS:
        found = _per_second(lambda: _use(organization), threads)
        rows.append(_speed(f"rows/s, one statement each, {threads} threads", found, floor))
    rows += _latencies(organization)
    rows.append(_adding_up(organization))
    return rows


def give(organization: Organization, calls: int) -> None:
    """Give the organisation so many calls a month, and as many an hour as it likes."""
    PlanOverride.objects.filter(organization_id=organization.id, feature__isnull=False).delete()
    for feature, limit in (("api_calls", calls), ("gateway_calls_per_hour", _FAR)):
        given = PlanOverride(organization_id=organization.id, feature_id=feature, limit=limit, reason="Bench")
        override_give(override=given, actor=SYSTEM, now=timezone.now())


def _speed(what: str, found: float, floor: float) -> Speed:
    return Speed(what, "1/s", found, "an INSERT and a commit each", floor, found / floor)


def _insert(organization: Organization) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT, [new_id(), organization.id, f"bench-{next(_numbers)}-{new_id()}", organization.id, timezone.now()]
        )


def _use(organization: Organization) -> None:
    quota_use(
        organization_id=organization.id,
        meter=Meter.API_CALLS,
        quantity=1,
        usage=Usage("bench", new_id().hex, "GET /things"),
        now=timezone.now(),
    )


def _per_second(work: Callable[[], None], threads: int) -> float:
    def one(_: int) -> int:
        try:
            with public_scope():
                work()
                count, end = 0, time.perf_counter() + _SECONDS
                while time.perf_counter() < end:
                    work()
                    count += 1
                return count
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(one, range(threads))) / _SECONDS


def _asked(organization: Organization) -> Asked:
    now = timezone.now()
    row = UsageRow(
        organization_id=organization.id,
        meter=Meter.API_CALLS.value,
        quantity=1,
        source="bench",
        source_id=new_id().hex,
        module="sample",
        user_id=organization.id,
        operation="GET /things",
        request_id="request-1",
        occurred_at=now,
    )
    period = period_of(Meter.API_CALLS, now)
    keys = [CounterKey(organization.id, meter, period) for meter in ("api_calls", "api_calls:sample")]
    return Asked(row, tuple(Take(key, _FAR) for key in keys))


async def _loop_rows(organization: Organization) -> float:
    """Write from many callers at once, each waiting for its commit, with two counters for each row."""
    ledger = Ledger()
    count = 0
    await ledger.write(_asked(organization))
    began = time.perf_counter()
    end = began + _SECONDS

    async def caller() -> None:
        nonlocal count
        while time.perf_counter() < end:
            await ledger.write(_asked(organization))
            count += 1

    await asyncio.gather(*(caller() for _ in range(_CALLERS)))
    seconds = time.perf_counter() - began
    await ledger.close()
    return count / seconds


def _latencies(organization: Organization) -> list[Speed]:
    """What the gateway adds to a module's own time, when calls are counted meanwhile and when they wait for it."""
    with ExitStack() as stack:
        module_port, port = free_port(), free_port()
        upstream = f"http://{LOOPBACK}:{module_port}"
        module = stack.enter_context(asgi("tests.bench.upstreams:module", module_port, {}))
        gateway = stack.enter_context(
            asgi("liftos.asgi:application", port, {**platform(), "MODULE_ADDRESSES": LOOPBACK})
        )
        installed(module_available(upstream, "bench"), organization.id)
        membership = Membership.objects.get(organization=organization)
        headers = {"Authorization": f"Bearer {session_open(membership=membership, now=timezone.now()).access}"}
        direct = Target("the module itself", f"{upstream}/api/v1/things", {}, module)
        through = Target("the gateway", f"http://{LOOPBACK}:{port}/api/v1/gateway/bench/things", headers, gateway)
        answers(module_port, "/api/v1/things", {})
        answers(port, "/api/v1/gateway/bench/things", headers)
        floor = percentiles(asyncio.run(paced(direct)))
        # A process that has just started is slower than it will be.
        asyncio.run(paced(through))
        far = percentiles(asyncio.run(paced(through)))
        used = UsageCounter.objects.get(organization_id=organization.id, meter="api_calls").used
        give(organization, used + _NEAR)
        # Until the gateway believes it.
        time.sleep(5)
        near = percentiles(asyncio.run(paced(through)))
        give(organization, _FAR)
    return [
        Speed(
            f"added {name} of a call, {where} its limit",
            "ms",
            times[name] - floor[name],
            "the module itself",
            floor[name],
            times[name] / floor[name],
        )
        for where, times in (("far from", far), ("near", near))
        for name in PERCENT
    ]


def _adding_up(organization: Organization) -> Speed:
    usage_aggregate(now=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(_FILL, [organization.id, f"{new_id()}-", organization.id, _ROWS])
        began = time.perf_counter()
        cursor.execute(_GROUP, [organization.id])
        groups: Sequence[object] = cursor.fetchall()
        floor = _ROWS / (time.perf_counter() - began)
    began = time.perf_counter()
    touched = usage_aggregate(now=timezone.now())
    found = _ROWS / (time.perf_counter() - began)
    if touched < len(groups):
        raise RuntimeError(f"{touched} sums of {len(groups)} were touched: another transaction is open")
    return Speed("rows/s added up", "1/s", found, "reading and grouping", floor, found / floor)
