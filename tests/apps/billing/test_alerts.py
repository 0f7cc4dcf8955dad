"""People are told when a quota is nearly used, and when it is, once."""

from datetime import timedelta
from typing import Any

from django.core import mail
from django.utils import timezone

from apps.accounts.models import Organization
from apps.billing.models import QuotaWarning, Subscription
from apps.billing.services.alerts import quotas_watch
from apps.billing.services.entitlements import entitlement_refresh
from apps.billing.services.quotas import quota_reserve, quota_use
from apps.billing.types import Meter, Usage
from apps.events.models import OutboxEvent
from tests.factories.billing import plan_limits_set


def use(organization: Organization, count: int) -> None:
    for _ in range(count):
        usage = Usage("test", str(OutboxEvent.objects.count()) + str(timezone.now().timestamp()))
        quota_use(organization_id=organization.id, meter=Meter.API_CALLS, quantity=1, usage=usage, now=timezone.now())


def test_each_share_is_told_of_once(acme: Organization, run_jobs: Any) -> None:
    plan_limits_set("free", api_calls=10)
    Subscription.objects.filter(organization_id=acme.id).update(billing_email="books@acme.example")
    use(acme, 7)
    assert quotas_watch(now=timezone.now()) == 0
    use(acme, 1)
    assert quotas_watch(now=timezone.now()) == 1
    assert quotas_watch(now=timezone.now()) == 0
    run_jobs()
    assert sorted(message.to[0] for message in mail.outbox) == ["books@acme.example", "owner@acme.example"]
    assert mail.outbox[0].subject == "Acme has used 80 % of its API calls"
    assert "8 of 10" in mail.outbox[0].body
    assert "starter" in mail.outbox[0].body
    use(acme, 2)
    assert quotas_watch(now=timezone.now()) == 1
    percents = OutboxEvent.objects.filter(name="quota.warning").order_by("id").values_list("data__percent", flat=True)
    assert list(percents) == [80, 100]


def test_a_larger_limit_begins_anew(acme: Organization) -> None:
    plan_limits_set("free", memory_bytes=100)
    quota_reserve(organization_id=acme.id, meter=Meter.MEMORY_BYTES, quantity=90, now=timezone.now())
    assert quotas_watch(now=timezone.now()) == 1
    plan_limits_set("free", memory_bytes=110)
    assert quotas_watch(now=timezone.now()) == 1
    assert QuotaWarning.objects.count() == 2


def test_one_chooses_the_shares(acme: Organization) -> None:
    Subscription.objects.filter(organization_id=acme.id).update(alert_percents=[50])
    entitlement_refresh(organization_id=acme.id, now=timezone.now())
    plan_limits_set("free", api_calls=10)
    use(acme, 10)
    assert quotas_watch(now=timezone.now()) == 1
    assert QuotaWarning.objects.get().percent == 50


def test_what_was_used_before_is_of_another_period(acme: Organization) -> None:
    plan_limits_set("free", api_calls=10)
    long_ago = timezone.now() - timedelta(days=40)
    usage = Usage("test", "long ago")
    quota_use(organization_id=acme.id, meter=Meter.API_CALLS, quantity=10, usage=usage, now=long_ago)
    assert quotas_watch(now=timezone.now()) == 0
