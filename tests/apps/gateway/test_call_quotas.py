"""What a plan allows of calls through the gateway: exact to the last one, however many come at once."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from aiohttp import web
from django.core.cache import caches
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from apps.billing.adapters.ledger import Asked, CounterKey, Ledger, Take, Taken, UsageRow
from apps.billing.exceptions import QuotaExceeded
from apps.billing.models import (
    Entitlement,
    Feature,
    PlanFeature,
    PlanModule,
    PlanOverride,
    UsageCounter,
    UsageEvent,
    UsageReservation,
)
from apps.billing.periods import period_of, resets_at
from apps.billing.services.entitlements import entitlement_refresh
from apps.billing.services.overrides import override_give
from apps.billing.services.quotas import reservation_make, reservation_settle, reservations_expire
from apps.billing.types import Meter
from apps.core.exceptions import NotFound
from apps.core.ids import new_id
from apps.core.tenancy.scope import public_scope
from apps.events.types import SYSTEM
from apps.gateway.asgi import GatewayApplication
from apps.registry.models import Module
from tests.factories.gateway import GATEWAY, Answer, Call, once, token_of, usage
from tests.factories.modules import RealModule, module_available

PLAN = "professional"
LARGE = 10**9


def give(organization: Organization, **limits: int | None) -> None:
    """Give an organisation its own hard limits."""
    with public_scope():
        for feature, limit in limits.items():
            given = PlanOverride(organization_id=organization.id, feature_id=feature, limit=limit, reason="Test")
            override_give(override=given, actor=SYSTEM, now=timezone.now())


def refresh(organization: Organization) -> None:
    with public_scope():
        entitlement_refresh(organization_id=organization.id, now=timezone.now())
        caches["process"].clear()


@pytest.fixture
def acme(committed_acme: Organization) -> Organization:
    """Acme has a plan, and no limit of calls an hour comes before that of a month."""
    with public_scope():
        given = PlanOverride(organization_id=committed_acme.id, plan_id=PLAN, reason="Test")
        override_give(override=given, actor=SYSTEM, now=timezone.now())
    give(committed_acme, gateway_calls_per_hour=None)
    return committed_acme


def counted(organization: Organization, meter: str = "api_calls") -> int:
    with public_scope():
        found = UsageCounter.objects.filter(organization_id=organization.id, meter=meter)
        return found.values_list("used", flat=True).first() or 0


def used_before(organization: Organization, used: int, meter: str = "api_calls") -> None:
    with public_scope():
        UsageCounter.objects.create(
            organization_id=organization.id, meter=meter, period=period_of(Meter.API_CALLS, timezone.now()), used=used
        )


def at_once(token: str, times: int, *, processes: int = 1) -> list[Answer]:
    """Make calls at the same time, divided among event loops that know nothing of each other.

    One that finds no place at the module, of which a process has only so many, is made again.
    """

    async def one_of_them(application: GatewayApplication) -> Answer:
        while True:
            answer = await once(application, f"{GATEWAY}/things", token)
            if answer.status != 503:
                return answer
            assert answer.json()["code"] == "module_busy"
            await asyncio.sleep(0.01)

    async def all_of_them() -> list[Answer]:
        application = GatewayApplication()
        answers = await asyncio.gather(*(one_of_them(application) for _ in range(times // processes)))
        gateway, front, _ = application._parts()
        await gateway.close()
        await front.close()
        return answers

    def one_process(_: int) -> list[Answer]:
        return asyncio.run(all_of_them())

    with ThreadPoolExecutor(processes) as pool:
        return [answer for answers in pool.map(one_process, range(processes)) for answer in answers]


@pytest.mark.parametrize("processes", [1, 2])
def test_of_500_parallel_calls_with_10_left_exactly_10_succeed(
    acme: Organization, sample: Module, real_module: RealModule, processes: int
) -> None:
    with public_scope():
        limit = PlanFeature.objects.get(plan_id="free", feature_id="api_calls").limit
    assert limit is not None
    give(acme, api_calls=limit)
    used_before(acme, limit - 10)
    answers = at_once(token_of(acme), 500, processes=processes)
    assert Counter(answer.status for answer in answers) == {200: 10, 402: 490}
    assert (len(real_module.requests), usage(), counted(acme)) == (10, 10, limit)
    passed = [answer.headers for answer in answers if answer.status == 200]
    assert sorted(int(headers["x-quota-remaining"]) for headers in passed) == list(range(10))
    assert {(headers["x-quota-meter"], headers["x-quota-limit"]) for headers in passed} == {("api_calls", str(limit))}
    ends = resets_at(Meter.API_CALLS, timezone.now())
    assert ends is not None
    assert {headers["x-quota-reset"] for headers in passed} == {ends.isoformat()}

    refused = next(answer for answer in answers if answer.status == 402)
    body = refused.json()
    assert (body["code"], body["gate"], body["meter"], body["limit"]) == ("quota_exceeded", "quota", "api_calls", limit)
    assert body["retryable"] is True
    assert body["available_in"] == ["starter", "professional", "enterprise"]
    left = (ends - timezone.now()).total_seconds()
    assert left <= int(refused.headers["retry-after"]) <= left + 30
    assert body["retry_after"] == int(refused.headers["retry-after"])


def test_a_call_that_the_module_does_not_answer_is_given_back(
    acme: Organization, sample: Module, real_module: RealModule, call: Call
) -> None:
    give(acme, api_calls=2)
    used_before(acme, 1)
    token = token_of(acme)

    async def hang_up(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    real_module.handler = hang_up
    assert [call(token=token, method="POST").status for _ in range(3)] == [502] * 3
    assert (usage(), counted(acme)) == (0, 1)
    real_module.handler = None
    assert [call(token=token).status for _ in range(2)] == [200, 402]
    assert (usage(), counted(acme)) == (1, 2)


def test_far_from_the_limit_calls_are_counted_meanwhile_and_just_as_exactly(
    acme: Organization, sample: Module, real_module: RealModule, call: Call
) -> None:
    give(acme, api_calls=LARGE)
    token = token_of(acme)
    answered = 0

    async def every_other(request: web.Request) -> web.Response:
        nonlocal answered
        answered += 1
        if answered % 2 == 0:
            assert request.transport is not None
            request.transport.close()
        return web.json_response({})

    real_module.handler = every_other
    # The first one waits for its counter, which nobody has seen yet; the others do not.
    answers = call(token=token, times=6, method="POST")
    assert [answer.status for answer in answers] == [200, 502] * 3
    left = [int(answer.headers["x-quota-remaining"]) for answer in answers if answer.status == 200]
    assert left == [LARGE - 1, LARGE - 2, LARGE - 3]
    assert (usage(), counted(acme)) == (3, 3)


def test_a_module_s_own_quota_is_narrower(acme: Organization, sample: Module, real_module: RealModule) -> None:
    with public_scope():
        PlanModule.objects.create(plan_id=PLAN, module_id="sample", calls_per_month=3)
        PlanModule.objects.create(plan_id="starter", module_id="sample", calls_per_month=1)
    refresh(acme)
    answers = at_once(token_of(acme), 20)
    assert Counter(answer.status for answer in answers) == {200: 3, 402: 17}
    body = next(answer.json() for answer in answers if answer.status == 402)
    assert (body["code"], body["meter"], body["limit"]) == ("quota_exceeded", "api_calls:sample", 3)
    # Plans without a row treat it like any other module.
    assert body["available_in"] == ["free", "enterprise"]
    assert (counted(acme), counted(acme, "api_calls:sample"), usage()) == (3, 3, 3)


def test_a_module_that_the_plan_leaves_out_is_refused(
    acme: Organization, sample: Module, real_module: RealModule, call: Call
) -> None:
    with public_scope():
        PlanModule.objects.create(plan_id=PLAN, module_id="sample", is_included=False)
        PlanModule.objects.create(plan_id="free", module_id="sample", is_included=False)
    refresh(acme)
    answer = call(token=token_of(acme))
    body = answer.json()
    assert (answer.status, body["code"], body["gate"]) == (403, "plan_required", "entitlement")
    assert body["available_in"] == ["starter", "enterprise"]
    assert (real_module.requests, usage()) == ([], 0)


def test_a_soft_quota_goes_on_above_its_limit(acme: Organization, sample: Module, call: Call) -> None:
    with public_scope():
        PlanFeature.objects.filter(plan_id=PLAN, feature_id="api_calls").update(limit=2, enforcement="soft")
    refresh(acme)
    answers = call(token=token_of(acme), times=4)
    assert [answer.status for answer in answers] == [200] * 4
    assert [answer.headers["x-quota-remaining"] for answer in answers] == ["1", "0", "0", "0"]
    assert counted(acme) == 4


def test_a_route_may_ask_for_a_feature_or_for_a_plan(
    acme: Organization, sample: Module, real_module: RealModule, call: Call
) -> None:
    with public_scope():
        Feature.objects.create(code="priority_lane", name="Priority")
        row = PlanFeature.objects.create(plan_id="enterprise", feature_id="priority_lane", limit=None)
        routes = [
            {"path": "/things", "entitlement": "priority_lane"},
            {"path": "/large", "entitlement": "enterprise"},
            {"path": "/small", "entitlement": "starter"},
        ]
        module_available(real_module.base_url, routes=routes)
    token = token_of(acme)
    for path in ("things", "large"):
        answer = call(f"{GATEWAY}/{path}", token)
        assert (answer.status, answer.json()["code"], answer.json()["gate"]) == (403, "plan_required", "entitlement")
        assert answer.json()["available_in"] == ["enterprise"]
    assert call(f"{GATEWAY}/small", token).status == 200
    with public_scope():
        PlanFeature.objects.filter(id=row.id).update(plan_id=PLAN)
    refresh(acme)
    assert call(token=token).status == 200
    assert len(real_module.requests) == 2


def asked(
    organization_id: UUID, ceiling: int | None, *, source_id: str = "", quantity: int = 1, must: bool = False
) -> Asked:
    now = timezone.now()
    row = UsageRow(
        organization_id=organization_id,
        meter="api_calls",
        quantity=quantity,
        source="test",
        source_id=source_id or new_id().hex,
        module="sample",
        user_id=organization_id,
        operation="GET /things",
        request_id="request-1",
        occurred_at=now,
    )
    key = CounterKey(organization_id, "api_calls", period_of(Meter.API_CALLS, now))
    return Asked(row, (Take(key, ceiling),), must=must)


def with_ledger(work: Callable[[Ledger], Any]) -> Any:
    async def run() -> Any:
        ledger = Ledger()
        try:
            return await work(ledger)
        finally:
            await ledger.close()

    return asyncio.run(run())


def test_a_quota_is_far_only_when_it_was_just_seen_to_be(committed_acme: Organization) -> None:
    near, far = (asked(committed_acme.id, ceiling) for ceiling in (2_500, LARGE))

    async def look(ledger: Ledger) -> list[bool]:
        seen = [ledger.is_far(far.takes)]
        await ledger.write(far)
        seen += [ledger.is_far(far.takes), ledger.is_far(near.takes)]
        await ledger.write(asked(committed_acme.id, LARGE, quantity=600))
        seen += [ledger.is_far(far.takes), ledger.is_far(near.takes)]
        await asyncio.sleep(0.6)
        return [*seen, ledger.is_far(far.takes), ledger.is_far(asked(committed_acme.id, None).takes)]

    assert with_ledger(look) == [False, True, True, True, False, False, True]


def test_a_row_that_is_written_again_is_counted_once(committed_acme: Organization) -> None:
    async def again(ledger: Ledger) -> list[Taken]:
        taken = [await ledger.write(asked(committed_acme.id, 3, source_id="a")) for _ in range(2)]
        # With others in the same commit, among them itself.
        names = ["a", "b", "b", "c"]
        return [
            *taken,
            *await asyncio.gather(*(ledger.write(asked(committed_acme.id, 3, source_id=one)) for one in names)),
        ]

    taken = with_ledger(again)
    assert [one.is_new for one in taken] == [True, False, False, True, False, True]
    assert (counted(committed_acme), usage()) == (3, 3)


def test_two_event_loops_never_pass_a_ceiling(committed_acme: Organization) -> None:
    def work(_: int) -> list[bool]:
        async def many(ledger: Ledger) -> list[bool]:
            taken = await asyncio.gather(*(ledger.write(asked(committed_acme.id, 700)) for _ in range(600)))
            return [one.refused is None for one in taken]

        found: list[bool] = with_ledger(many)
        return found

    with ThreadPoolExecutor(2) as pool:
        outcomes = [one for found in pool.map(work, range(2)) for one in found]
    assert outcomes.count(True) == 700
    assert (counted(committed_acme), usage()) == (700, 700)


def test_what_waits_is_written_when_a_ledger_is_closed(committed_acme: Organization) -> None:
    async def leave(ledger: Ledger) -> None:
        for _ in range(3):
            writing = [asyncio.ensure_future(ledger.write(asked(committed_acme.id, None))) for _ in range(5)]
            # Some are in the commit that runs, the others wait for the next one.
            await asyncio.sleep(0.001)
            for one in writing:
                one.cancel()

    with_ledger(leave)
    assert (counted(committed_acme), usage()) == (15, 15)


def together(work: Callable[[int], Any], times: int) -> list[Any]:
    """Have threads do the same work at the same moment."""
    start = threading.Barrier(times)

    def one(number: int) -> Any:
        start.wait()
        try:
            with public_scope():
                return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


def test_parallel_searches_take_exactly_what_is_left(acme: Organization) -> None:
    give(acme, memory_searches=5)
    token = token_of(acme)

    def search(_: int) -> tuple[int, str]:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
        answer = client.post("/api/v1/memory/search", {"query": "late parcels"}, format="json")
        return answer.status_code, answer.json().get("code", "")

    assert Counter(together(search, 16)) == {(200, ""): 5, (402, "quota_exceeded"): 11}
    assert counted(acme, "memory_searches") == 5
    assert UsageEvent.objects.filter(meter="memory_searches").count() == 5


def test_parallel_reservations_take_exactly_what_is_left(acme: Organization) -> None:
    give(acme, llm_tokens=1_000)
    now = timezone.now()

    def reserve(_: int) -> UUID | None:
        try:
            made, _state = reservation_make(
                organization_id=acme.id, meter=Meter.LLM_TOKENS, quantity=300, module="sample", user_id=acme.id, now=now
            )
        except QuotaExceeded:
            return None
        return made.id

    made: Sequence[UUID] = [one for one in together(reserve, 12) if one is not None]
    assert len(made) == 3
    assert counted(acme, "llm_tokens") == 900

    # Settled twice at once, one of them counts; what is left over is free again.
    def settle(_: int) -> bool:
        try:
            reservation_settle(
                organization_id=acme.id, reservation_id=made[0], module="sample", quantity=120, operation="x", now=now
            )
        except NotFound:
            return False
        return True

    assert sum(together(settle, 4)) == 1
    assert counted(acme, "llm_tokens") == 720
    # The others run out, for two who look at the same time.
    assert sum(together(lambda _: reservations_expire(now=now + timedelta(minutes=16)), 2)) == 2
    assert counted(acme, "llm_tokens") == 120
    assert not UsageReservation.objects.exists()
    assert [one.quantity for one in UsageEvent.objects.filter(meter="llm_tokens")] == [120]
    assert Entitlement.objects.get(organization_id=acme.id).plan_id == PLAN
