"""Quotas that parallel calls cannot pass, and a ledger that counts the same work once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection

from apps.accounts.models import Organization
from apps.billing.exceptions import QuotaExceeded
from apps.billing.models import Entitlement, Plan, PlanPrice, UsageCounter, UsageEvent
from apps.billing.selectors.entitlements import entitlements
from apps.billing.services.quotas import quota_check, quota_release, quota_reserve
from apps.billing.services.usage import usage_record
from apps.billing.types import Meter, Usage
from apps.core.tenancy.scope import public_scope
from tests.factories.billing import plan_limits_set

NOW = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)
BYTES, SEARCHES = Meter.MEMORY_BYTES, Meter.MEMORY_SEARCHES


@pytest.fixture
def limits(acme: Organization) -> Organization:
    """Acme's plan: 100 bytes and 3 searches a day."""
    plan_limits_set("free", memory_bytes=100, memory_searches=3)
    return acme


def reserve(organization: Organization, meter: Meter, quantity: int, now: datetime = NOW) -> int | None:
    return quota_reserve(organization_id=organization.id, meter=meter, quantity=quantity, now=now).remaining


def test_amounts_are_taken_and_given_back(limits: Organization) -> None:
    assert reserve(limits, BYTES, 60) == 40
    assert reserve(limits, BYTES, 40) == 0
    with pytest.raises(QuotaExceeded):
        reserve(limits, BYTES, 1)
    quota_release(organization_id=limits.id, meter=BYTES, quantity=60, now=NOW)
    assert reserve(limits, BYTES, 60) == 0


def test_a_first_amount_above_the_limit_is_refused(limits: Organization) -> None:
    with pytest.raises(QuotaExceeded):
        reserve(limits, BYTES, 101)
    assert not UsageCounter.objects.exists()


def test_a_daily_quota_begins_anew_at_midnight_utc(limits: Organization) -> None:
    for _ in range(3):
        reserve(limits, SEARCHES, 1)
    with pytest.raises(QuotaExceeded) as refusal:
        reserve(limits, SEARCHES, 1)
    assert refusal.value.extra["retry_after"] == 90 * 60 + 1
    assert reserve(limits, SEARCHES, 1, NOW + timedelta(minutes=90)) == 2


def test_a_plan_without_a_limit_refuses_nothing(acme: Organization) -> None:
    plan_limits_set("free", memory_bytes=None)
    assert reserve(acme, BYTES, 10**15) is None


def test_checking_takes_nothing(limits: Organization) -> None:
    quota_check(organization_id=limits.id, meter=BYTES, quantity=100, now=NOW)
    with pytest.raises(QuotaExceeded):
        quota_check(organization_id=limits.id, meter=BYTES, quantity=101, now=NOW)
    assert reserve(limits, BYTES, 100) == 0


def test_the_refusal_names_the_plans_that_would_do(limits: Organization) -> None:
    plan_limits_set("starter", memory_bytes=150)
    with pytest.raises(QuotaExceeded) as refusal:
        reserve(limits, BYTES, 200)
    assert refusal.value.extra["available_in"] == ["professional", "enterprise"]


def test_organisations_do_not_share_a_quota(limits: Organization, globex: Organization) -> None:
    reserve(limits, BYTES, 100)
    assert reserve(globex, BYTES, 100) == 0


def test_the_same_work_is_counted_once(acme: Organization) -> None:
    for quantity in (1, 5):
        usage_record(
            organization_id=acme.id, meter=SEARCHES, quantity=quantity, usage=Usage("x"), source_ids=["1"], now=NOW
        )
    assert UsageEvent.objects.get().quantity == 1


def test_parallel_calls_take_exactly_what_is_left(committed_db: str) -> None:
    acme = Organization.objects.get(slug="acme")
    plan_limits_set("free", memory_bytes=100)

    def take(_: int) -> bool:
        with public_scope():
            try:
                reserve(acme, BYTES, 10)
            except QuotaExceeded:
                return False
            finally:
                connection.close()
            return True

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(take, range(40)))
    assert outcomes.count(True) == 10
    assert UsageCounter.objects.get(organization_id=acme.id, meter=BYTES).used == 100


def test_plans_are_the_documented_ones(db: None) -> None:
    rows = {
        plan.code: [plan.features.get(feature_id=code).limit for code in ("users", "modules", "memory_searches")]
        for plan in Plan.objects.all()
    }
    assert rows == {
        "free": [2, 1, 100],
        "starter": [5, 3, 1_000],
        "professional": [25, 10, 10_000],
        "enterprise": [None, None, 100_000],
    }
    prices = PlanPrice.objects.filter(interval="month").order_by("amount_cents")
    assert [(price.plan_id, int(price.amount_cents)) for price in prices] == [
        ("starter", 2_900),
        ("professional", 9_900),
        ("enterprise", 29_900),
    ]


def test_an_organisation_without_entitlement_is_an_error_not_a_free_pass(db: None) -> None:
    with pytest.raises(Entitlement.DoesNotExist):
        entitlements(organization_id=uuid4())
