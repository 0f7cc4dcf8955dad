"""The subscription as it is shown: our row, with what the mirror has of the customer."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q

from apps.billing.models import Entitlement, PlanOverride, Subscription
from apps.billing.stripe_mirror.reading import customer_of, subscription_of


def subscription_get(*, organization_id: UUID) -> Subscription:
    return Subscription.objects.select_related("plan").get(organization_id=organization_id)


def subscription_present(subscription: Subscription, *, now: datetime) -> dict[str, Any]:
    """Return what is paid for and what holds. Of cards only what is printed on receipts."""
    held = Entitlement.objects.select_related("plan").get(organization_id=subscription.organization_id)
    override = (
        PlanOverride.objects.select_related("plan")
        .filter(Q(ends_at=None) | Q(ends_at__gt=now), organization_id=subscription.organization_id, plan__isnull=False)
        .order_by("-plan__position")
        .first()
    )
    customer = customer_of(subscription.stripe_customer_id)
    paid = subscription_of(subscription.stripe_subscription_id)
    since = subscription.past_due_since
    return {
        "plan": {"code": held.plan.code, "name": held.plan.name},
        "subscribed_plan": {"code": subscription.plan.code, "name": subscription.plan.name},
        "status": subscription.status,
        "interval": subscription.interval or None,
        "amount_cents": subscription.amount_cents,
        "currency": subscription.currency,
        "current_period_start": subscription.current_period_start,
        "current_period_end": subscription.current_period_end,
        "cancel_at_period_end": subscription.cancel_at_period_end,
        "trial_ends_at": subscription.trial_ends_at,
        "trial_available": not subscription.trial_used,
        "past_due_since": since,
        "grace_ends_at": since + timedelta(days=subscription.plan.grace_days) if since else None,
        "payment_method": _card(customer, paid),
        "tax_ids": [
            {"type": one["type"], "value": one["value"]} for one in (customer.get("tax_ids") or {}).get("data", [])
        ],
        "credit_cents": max(-customer.get("balance", 0), 0),
        "discount": _discount(paid),
        "override": None
        if override is None or override.plan is None
        else {
            "plan": {"code": override.plan.code, "name": override.plan.name},
            "reason": override.reason,
            "ends_at": override.ends_at,
        },
        "synced_at": subscription.synced_at,
    }


def _card(customer: dict[str, Any], paid: dict[str, Any]) -> dict[str, Any] | None:
    # The subscription's own goes first, as it does when Stripe charges.
    method = paid.get("default_payment_method") or (customer.get("invoice_settings") or {}).get(
        "default_payment_method"
    )
    card = method.get("card") if isinstance(method, dict) else None
    return None if card is None else {key: card[key] for key in ("brand", "last4", "exp_month", "exp_year")}


def _discount(paid: dict[str, Any]) -> dict[str, Any] | None:
    for discount in (one for one in paid.get("discounts", []) if isinstance(one, dict)):
        coupon = (discount.get("source") or {}).get("coupon") or discount.get("coupon")
        if isinstance(coupon, dict):
            end = discount.get("end")
            return {
                "name": coupon.get("name") or coupon["id"],
                "percent_off": coupon.get("percent_off"),
                "amount_off_cents": coupon.get("amount_off"),
                "ends_at": datetime.fromtimestamp(end, UTC) if end else None,
            }
    return None
