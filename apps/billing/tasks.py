"""Work behind billing: what Stripe tells, what it is told, sums, and warnings."""

from typing import Any
from uuid import UUID

from celery import shared_task
from django.template.defaultfilters import filesizeformat
from django.utils import timezone

from apps.accounts.mails import mail_send, page
from apps.accounts.models import Membership, Organization
from apps.accounts.permissions import Role
from apps.billing.exceptions import BillingUnavailable
from apps.billing.models import Entitlement, QuotaWarning, Subscription
from apps.billing.selectors.entitlements import plans_that_lift
from apps.billing.selectors.usage import meter_names
from apps.billing.services.alerts import quotas_watch
from apps.billing.services.customers import customer_update
from apps.billing.services.entitlements import entitlements_refresh, entitlements_refresh_due
from apps.billing.services.quotas import reservations_expire
from apps.billing.services.reports import usage_reconcile, usage_report
from apps.billing.services.stripe_sync import (
    credit_hand_over,
    events_follow,
    events_purge,
    subscription_cancel_now,
    subscription_sync,
    subscriptions_sync_stale,
)
from apps.billing.services.usage import usage_aggregate
from apps.billing.types import Meter
from apps.core.tasks import HousekeepingTask, PublicTask


@shared_task(name="billing.follow_stripe", base=PublicTask)
def follow_stripe(*, customer_id: str, event_id: str, **_: Any) -> None:
    events_follow(customer_id=customer_id, event_id=event_id, now=timezone.now())


@shared_task(name="billing.sync_subscription")
def sync_subscription(*, organization_id: UUID, **_: Any) -> None:
    subscription_sync(organization_id=organization_id, now=timezone.now())


@shared_task(name="billing.cancel_subscription", base=PublicTask)
def cancel_subscription(*, subscription_id: str, **_: Any) -> None:
    subscription_cancel_now(subscription_id=subscription_id)


@shared_task(name="billing.update_customer")
def update_customer(*, organization_id: UUID, **_: Any) -> None:
    customer_update(organization_id=organization_id)


@shared_task(name="billing.grant_credit")
def grant_credit(*, grant_id: str, **_: Any) -> None:
    credit_hand_over(grant_id=UUID(grant_id), now=timezone.now())


@shared_task(name="billing.refresh_plan", base=PublicTask)
def refresh_plan(*, plan: str, **_: Any) -> None:
    """Compute anew for all who have a plan that has changed."""
    held = Entitlement.objects.filter(plan_id=plan).values_list("organization_id", flat=True)
    entitlements_refresh(organization_ids=list(held), now=timezone.now())


@shared_task(name="billing.send_quota_mail")
def send_quota_mail(*, organization_id: UUID, warning_id: str, **_: Any) -> None:
    """Tell the owners, and whoever gets the invoices, that a share of a quota is used."""
    warning = QuotaWarning.objects.filter(id=warning_id).first()
    if warning is None:
        return
    organization = Organization.objects.get(id=organization_id)
    names = meter_names()
    context = {
        "organization": organization,
        "warning": warning,
        "name": names[warning.meter].name if warning.meter in names else warning.meter,
        "used": _amount(warning.used, warning.meter),
        "limit": _amount(warning.limit, warning.meter),
        "plans": plans_that_lift(meter=warning.meter, needed=warning.limit + 1),
        "link": page(organization.slug, "settings", "usage"),
    }
    subject = f"{organization.name} has used {warning.percent} % of its {context['name']}"
    owners = Membership.objects.filter(organization=organization, role=Role.OWNER, user__is_active=True)
    addresses = set(owners.values_list("user__email", flat=True))
    if billing_email := Subscription.objects.get(organization_id=organization_id).billing_email:
        addresses.add(billing_email)
    for address in sorted(addresses):
        mail_send("quota_warning", subject=subject, to=address, context=context, organization=organization)


def _amount(quantity: int, meter: str) -> str:
    return filesizeformat(quantity) if meter == Meter.MEMORY_BYTES else f"{quantity:,}"


@shared_task(name="billing.count_usage", base=HousekeepingTask)
def count_usage() -> int:
    """Bring the sums up to date, and tell of quotas that are nearly used."""
    now = timezone.now()
    touched = usage_aggregate(now=now)
    quotas_watch(now=now)
    return touched


@shared_task(name="billing.keep_due", base=HousekeepingTask)
def keep_due() -> None:
    """Do what time alone brings: overrides and graces that end, reservations that nobody settled."""
    now = timezone.now()
    entitlements_refresh_due(now=now)
    reservations_expire(now=now)


@shared_task(name="billing.report_usage", base=HousekeepingTask)
def report_usage() -> int:
    try:
        return usage_report(now=timezone.now())
    except BillingUnavailable:
        # The next run sends it.
        return 0


@shared_task(name="billing.reconcile_usage", base=HousekeepingTask)
def reconcile_usage() -> int:
    return len(usage_reconcile(now=timezone.now()))


@shared_task(name="billing.tidy", base=HousekeepingTask)
def tidy() -> None:
    """Ask for what no webhook has told, and forget old events."""
    now = timezone.now()
    subscriptions_sync_stale(now=now)
    events_purge(now=now)
