"""The subscription of an organisation, from its first day to its last. What is paid is decided at Stripe."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import stripe
from django.conf import settings
from django.db import transaction

from apps.accounts.models import Organization
from apps.billing.adapters.stripe import stripe_client, stripe_refusals
from apps.billing.exceptions import AlreadySubscribed, BillingUnavailable, NotSubscribed, SamePlan
from apps.billing.models import (
    CreditGrant,
    Entitlement,
    Plan,
    PlanOverride,
    PlanPrice,
    QuotaWarning,
    Reconciliation,
    Subscription,
)
from apps.billing.selectors.quotas import held_above
from apps.billing.services.customers import customer_ensure
from apps.billing.services.entitlements import DEFAULT_PLAN, entitlement_refresh
from apps.billing.services.stripe_sync import subscription_sync
from apps.billing.types import HeldAbove
from apps.core.exceptions import InvalidInput
from apps.core.services import enqueue
from apps.core.types import Principal
from apps.events.services.outbox import emit
from apps.events.types import Actor

# With these a subscription is changed, not bought anew.
_LIVE = frozenset(
    {
        Subscription.Status.TRIALING,
        Subscription.Status.ACTIVE,
        Subscription.Status.PAST_DUE,
        Subscription.Status.UNPAID,
        Subscription.Status.PAUSED,
    }
)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change of plan costs, in cents, and what is held above the new plan's limits."""

    due_now_cents: int
    credit_cents: int
    next_amount_cents: int
    next_at: datetime | None
    currency: str
    lines: Sequence[tuple[str, int]]
    over_limit: Sequence[HeldAbove]


@transaction.atomic
def subscription_open(*, organization_id: UUID, now: datetime, plan: str = DEFAULT_PLAN, **_: Any) -> None:
    """Give a new organisation a plan that costs nothing."""
    Subscription.objects.create(organization_id=organization_id, plan_id=plan, created_at=now)
    entitlement_refresh(organization_id=organization_id, now=now)


@transaction.atomic
def subscription_delete(*, organization_id: UUID) -> None:
    """Forget the subscription of a deleted organisation, and end it at Stripe.

    The ledger of what was used stays, as books do.
    """
    subscription = Subscription.objects.filter(organization_id=organization_id).first()
    if subscription is not None and subscription.stripe_subscription_id:
        enqueue(
            "billing.cancel_subscription",
            organization_id=None,
            subscription_id=subscription.stripe_subscription_id,
        )
    for model in (Subscription, Entitlement, PlanOverride, CreditGrant, QuotaWarning, Reconciliation):
        model.objects.filter(organization_id=organization_id).delete()


def checkout_start(*, principal: Principal, plan: str, interval: str, promotion_code: str = "", now: datetime) -> str:
    """Return the address of the page where a plan is paid for the first time.

    Raises `InvalidInput` for a plan that is not on sale or an unknown code, `AlreadySubscribed`, `BillingUnavailable`.
    """
    organization = Organization.objects.get(id=principal.organization_id)
    prices = _prices(plan, interval)
    subscription = customer_ensure(organization_id=organization.id, now=now)
    if subscription.status in _LIVE:
        raise AlreadySubscribed("Change the plan instead.")
    page = f"{settings.PUBLIC_URL}/{organization.slug}/settings/billing?checkout="
    metadata = {"organization_id": str(organization.id), "plan": plan}
    parameters: dict[str, Any] = {
        "mode": "subscription",
        "customer": subscription.stripe_customer_id,
        "client_reference_id": str(organization.id),
        "line_items": [{"price": price.stripe_price_id, **_quantity(price)} for price in prices],
        "success_url": f"{page}done",
        "cancel_url": f"{page}cancelled",
        "tax_id_collection": {"enabled": True},
        "customer_update": {"name": "auto", "address": "auto"},
        "subscription_data": {"metadata": metadata},
        "metadata": metadata,
    }
    if prices[0].plan.trial_days and not subscription.trial_used:
        parameters["subscription_data"]["trial_period_days"] = prices[0].plan.trial_days
    if promotion_code:
        parameters["discounts"] = [{"promotion_code": _promotion(promotion_code)}]
    else:
        parameters["allow_promotion_codes"] = True
    with stripe_refusals():
        session = stripe_client().v1.checkout.sessions.create(cast("Any", parameters))
    if session.url is None:
        raise BillingUnavailable("There is no payment page at present.")
    with transaction.atomic():
        _emit("subscription.checkout_started", principal, now=now, plan=plan, interval=interval)
    return session.url


def portal_start(*, principal: Principal, now: datetime) -> str:
    """Return the address of Stripe's own pages for cards, tax ids and invoices; raises `BillingUnavailable`."""
    organization = Organization.objects.get(id=principal.organization_id)
    subscription = customer_ensure(organization_id=organization.id, now=now)
    with stripe_refusals():
        session = stripe_client().v1.billing_portal.sessions.create(
            {
                "customer": str(subscription.stripe_customer_id),
                "return_url": f"{settings.PUBLIC_URL}/{organization.slug}/settings/billing",
            }
        )
    return session.url


def change_preview(*, organization_id: UUID, plan: str, interval: str, now: datetime) -> Preview:
    """Say what a change would cost, without making it.

    Raises `NotSubscribed`, `SamePlan`, `InvalidInput`, `BillingUnavailable`.
    """
    subscription, prices, current = _changing(organization_id, plan, interval)
    over_limit = held_above(organization_id=organization_id, plan=prices[0].plan, now=now)
    amount = int(prices[0].amount_cents)
    if subscription.status == Subscription.Status.TRIALING:
        # Nothing is due before the trial ends, and a change does not end it.
        return Preview(0, 0, amount, subscription.trial_ends_at, prices[0].currency, [], over_limit)
    details: dict[str, Any] = {"items": _items(current, prices), "proration_behavior": "always_invoice"}
    with stripe_refusals():
        invoice = stripe_client().v1.invoices.create_preview(
            {
                "customer": str(subscription.stripe_customer_id),
                "subscription": subscription.stripe_subscription_id,
                "subscription_details": cast("Any", details),
            }
        )
    lines = [(line.description or "", line.amount) for line in invoice.lines.data]
    changes_period = subscription.interval != interval
    return Preview(
        due_now_cents=max(invoice.amount_due, 0),
        credit_cents=max(-invoice.total, 0),
        next_amount_cents=amount,
        next_at=None if changes_period else subscription.current_period_end,
        currency=invoice.currency,
        lines=lines,
        over_limit=over_limit,
    )


def subscription_change(*, principal: Principal, plan: str, interval: str, now: datetime) -> Subscription:
    """Change to another plan or period at once: what is left of the old one is credited, the new one is charged.

    Raises `NotSubscribed`, `SamePlan`, `InvalidInput`, `PaymentFailed` (then all is as it was), `BillingUnavailable`.
    """
    subscription, prices, current = _changing(principal.organization_id, plan, interval)
    parameters: dict[str, Any] = {
        "items": _items(current, prices),
        "proration_behavior": "always_invoice",
        "payment_behavior": "error_if_incomplete",
        "cancel_at_period_end": False,
        "metadata": {"plan": plan},
    }
    _modify(subscription, parameters)
    with transaction.atomic():
        _emit("subscription.change_requested", principal, now=now, change="plan", plan=plan, interval=interval)
    return subscription_sync(organization_id=principal.organization_id, now=now)


def subscription_cancel(*, principal: Principal, now: datetime) -> Subscription:
    """Let the subscription end with its period. Raises `NotSubscribed`, `BillingUnavailable`."""
    return _end_at_period(principal, cancel=True, now=now)


def subscription_resume(*, principal: Principal, now: datetime) -> Subscription:
    """Take back that it ends. Raises `NotSubscribed`, `BillingUnavailable`."""
    return _end_at_period(principal, cancel=False, now=now)


@transaction.atomic
def settings_update(*, principal: Principal, now: datetime, **changes: Any) -> Subscription:
    """Change the address for invoices, what may be spent above limits, and at which percentages alerts are sent."""
    subscription = Subscription.objects.select_for_update().get(organization_id=principal.organization_id)
    for name, value in changes.items():
        setattr(subscription, name, value)
    subscription.save(update_fields=list(changes))
    _emit("billing_settings.updated", principal, now=now, changed=sorted(changes))
    entitlement_refresh(organization_id=principal.organization_id, now=now, actor=Actor.of(principal))
    if "billing_email" in changes and subscription.stripe_customer_id:
        enqueue("billing.update_customer", organization_id=principal.organization_id)
    return subscription


def _prices(plan: str, interval: str) -> list[PlanPrice]:
    """Return the prices of a plan: its own first, then those of what is above its soft limits."""
    chosen = Plan.objects.filter(code=plan, is_public=True).first()
    found = list(
        PlanPrice.objects.filter(plan=chosen, interval=interval, is_active=True)
        .select_related("plan")
        .order_by("feature_id")
    )
    prices = sorted(found, key=lambda one: one.feature_id is not None)
    if chosen is None or not prices or prices[0].feature_id is not None:
        raise InvalidInput("This plan is not on sale for this period.", pointer="/plan")
    if any(not one.stripe_price_id for one in prices):
        raise BillingUnavailable("This plan is not at Stripe yet. An operator has to run sync_plans.")
    return prices


def _quantity(price: PlanPrice) -> dict[str, int]:
    # What is metered has none.
    return {} if price.feature_id else {"quantity": 1}


def _promotion(code: str) -> str:
    with stripe_refusals():
        found = stripe_client().v1.promotion_codes.list({"code": code, "active": True, "limit": 1}).data
    if not found:
        raise InvalidInput("There is no such code, or it holds no more.", pointer="/promotion_code")
    return found[0].id


def _changing(
    organization_id: UUID, plan: str, interval: str
) -> tuple[Subscription, list[PlanPrice], list[stripe.SubscriptionItem]]:
    subscription = _live(organization_id)
    prices = _prices(plan, interval)
    if (subscription.plan_id, subscription.interval) == (plan, interval):
        raise SamePlan("This is the plan that you have.")
    with stripe_refusals():
        items = stripe_client().v1.subscription_items.list(
            {"subscription": subscription.stripe_subscription_id, "limit": 100}
        )
    return subscription, prices, list(items.data)


def _items(current: Sequence[stripe.SubscriptionItem], prices: Sequence[PlanPrice]) -> list[dict[str, Any]]:
    """Return the items as Stripe wants a change: the plan's own one is exchanged, metered ones go and come."""
    licensed = [item for item in current if item.price.recurring and item.price.recurring.usage_type == "licensed"]
    others = [item for item in current if item not in licensed]
    items: list[dict[str, Any]] = [{"id": licensed[0].id, "price": prices[0].stripe_price_id, "quantity": 1}]
    items += [{"id": item.id, "deleted": True} for item in [*licensed[1:], *others]]
    return items + [{"price": price.stripe_price_id} for price in prices[1:]]


def _live(organization_id: UUID) -> Subscription:
    subscription = Subscription.objects.select_related("plan").get(organization_id=organization_id)
    if subscription.status not in _LIVE or not subscription.stripe_subscription_id:
        raise NotSubscribed("Nothing has been bought yet.")
    return subscription


def _end_at_period(principal: Principal, *, cancel: bool, now: datetime) -> Subscription:
    subscription = _live(principal.organization_id)
    _modify(subscription, {"cancel_at_period_end": cancel})
    with transaction.atomic():
        _emit("subscription.change_requested", principal, now=now, change="cancel" if cancel else "resume")
    return subscription_sync(organization_id=principal.organization_id, now=now)


def _modify(subscription: Subscription, parameters: dict[str, Any]) -> None:
    # A wish is the same until Stripe was asked again: a second click, or a retry after the answer was lost.
    wish = f"{subscription.stripe_subscription_id}:{sorted(parameters.items())}:{subscription.synced_at}"
    key = f"change:{hashlib.sha256(wish.encode()).hexdigest()}"
    with stripe_refusals():
        stripe_client().v1.subscriptions.update(
            subscription.stripe_subscription_id,
            cast("Any", parameters),
            {"idempotency_key": key},
        )


def _emit(name: str, principal: Principal, *, now: datetime, **data: Any) -> None:
    emit(
        name,
        organization_id=principal.organization_id,
        actor=Actor.of(principal),
        subject=("subscription", principal.organization_id),
        now=now,
        **data,
    )
