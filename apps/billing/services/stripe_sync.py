"""Brings what we know of a customer to what Stripe says at present.

Webhooks only tell that something has changed. Whatever their order, their age and their number: the last one is
followed by a reading of Stripe's state that begins after it, under a lock, so what remains is Stripe's.
"""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import stripe
from django.conf import settings
from django.db import transaction
from django.db.models import Q

from apps.billing import metrics
from apps.billing.adapters.stripe import stripe_client, stripe_refusals
from apps.billing.exceptions import BillingRefused, InvalidSignature
from apps.billing.models import CreditGrant, Plan, PlanPrice, StripeEvent, Subscription
from apps.billing.services.customers import customer_ensure
from apps.billing.services.entitlements import DEFAULT_PLAN, entitlement_refresh
from apps.billing.stripe_mirror.writing import mirror_write
from apps.core.services import enqueue
from apps.events.services.outbox import emit
from apps.events.types import SYSTEM

logger = logging.getLogger(__name__)

# The order in which a subscription counts when a customer has several.
_RANK = ("active", "trialing", "past_due", "unpaid", "paused", "incomplete")
_OVER = frozenset({"canceled", "incomplete_expired"})
# Invoices that are looked at again; older ones do not change any more.
_INVOICES = 24
# Even without any webhook nothing is further behind than this.
SYNC_EVERY = timedelta(hours=6)
# Jobs look into events within seconds; what is left after this was given up.
EVENT_WAITS = timedelta(minutes=10)
EVENT_RETENTION = timedelta(days=30)
# As far as the library lets a signature be behind.
SIGNATURE_AHEAD = timedelta(minutes=5)


def event_receive(*, body: bytes, signature: str | None, now: datetime) -> bool:
    """Verify and keep an event, and have its customer looked at; return False for one that is known.

    Nothing is written before the signature is verified. Raises `InvalidSignature`, also for one that is too old, and
    for all where no secret is set.
    """
    if not settings.STRIPE_WEBHOOK_SECRET:
        raise InvalidSignature("No events are expected here.")
    try:
        event = stripe.Webhook.construct_event(body, signature, settings.STRIPE_WEBHOOK_SECRET).to_dict()
        kept = StripeEvent(
            id=_text(event["id"]),
            type=_text(event["type"])[:100],
            customer_id=_customer_of(event["data"]["object"]),
            created_at=datetime.fromtimestamp(event["created"], UTC),
            received_at=now,
        )
        # The library looks at the past alone: what was signed ahead of time could be kept for later.
        if _signed_at(signature) > now + SIGNATURE_AHEAD:
            raise InvalidSignature("The signature is of another time.")
    except (
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        OverflowError,
        stripe.SignatureVerificationError,
    ):
        metrics.event_refused()
        raise InvalidSignature("The signature does not fit, or is too old.") from None
    with transaction.atomic():
        _, created = StripeEvent.objects.get_or_create(
            id=kept.id,
            defaults={
                "type": kept.type,
                "customer_id": kept.customer_id,
                "created_at": kept.created_at,
                "received_at": now,
                # What concerns no customer changes nothing here.
                "processed_at": None if kept.customer_id else now,
            },
        )
        if created and kept.customer_id:
            enqueue(
                "billing.follow_stripe", organization_id=None, customer_id=kept.customer_id, event_id=kept.id, now=now
            )
    if created:
        metrics.event_received(event_type=kept.type)
    return created


def events_follow(*, customer_id: str, event_id: str, now: datetime) -> None:
    """Bring a customer up to date because of an event, unless a reading that began after it has done so already."""
    with transaction.atomic():
        subscription = Subscription.objects.select_for_update().filter(stripe_customer_id=customer_id).first()
        if not StripeEvent.objects.filter(id=event_id, processed_at=None).exists():
            return
        if subscription is not None:
            subscription_sync(organization_id=subscription.organization_id, now=now)
            return
    # Of another system that shares the account, or of an organisation that is no more.
    StripeEvent.objects.filter(customer_id=customer_id, processed_at=None).update(processed_at=now)


@transaction.atomic
def subscription_sync(*, organization_id: UUID, now: datetime) -> Subscription:
    """Read the state of an organisation's customer at Stripe, write it down, and let entitlements follow.

    Raises `BillingUnavailable`; then nothing has changed.
    """
    # Two readings at once could be written in the wrong order. Those that wait find their events processed.
    subscription = Subscription.objects.select_for_update().get(organization_id=organization_id)
    if not subscription.stripe_customer_id:
        return subscription
    customer_id = subscription.stripe_customer_id
    pending = list(StripeEvent.objects.filter(customer_id=customer_id, processed_at=None).values_list("id", flat=True))
    client = stripe_client()
    with stripe_refusals():
        customer = client.v1.customers.retrieve(
            customer_id, {"expand": ["invoice_settings.default_payment_method", "tax_ids"]}
        )
        found = client.v1.subscriptions.list(
            {
                "customer": customer_id,
                "status": "all",
                "limit": 100,
                "expand": ["data.latest_invoice", "data.discounts.source.coupon", "data.default_payment_method"],
            }
        ).data
        invoices = client.v1.invoices.list(
            # dj-stripe takes discounts for objects.
            {"customer": customer_id, "limit": _INVOICES, "expand": ["data.discounts"]}
        ).data
        mirror_write(customer=customer, subscriptions=found, invoices=invoices)
    before = _seen(subscription)
    chosen = _chosen(found)
    if chosen is None:
        _nothing_is_paid(subscription, over=bool(found))
    else:
        _apply(subscription, chosen.to_dict(), now=now)
    subscription.trial_used |= any(one.trial_end is not None for one in found)
    subscription.synced_at = now
    subscription.save()
    StripeEvent.objects.filter(id__in=pending).update(processed_at=now)
    if _seen(subscription) != before:
        emit(
            "subscription.changed",
            organization_id=organization_id,
            actor=SYSTEM,
            subject=("subscription", subscription.stripe_subscription_id or organization_id),
            now=now,
            plan=subscription.plan_id,
            status=subscription.status,
            interval=subscription.interval,
            cancel_at_period_end=subscription.cancel_at_period_end,
        )
    entitlement_refresh(organization_id=organization_id, now=now)
    for superfluous in _superfluous(found, chosen):
        enqueue("billing.cancel_subscription", organization_id=None, subscription_id=superfluous.id, now=now)
    return subscription


def subscriptions_sync_stale(*, now: datetime) -> int:
    """Have customers looked at whose events still wait, and all who were not for `SYNC_EVERY`: webhooks get lost."""
    waiting = StripeEvent.objects.filter(processed_at=None, received_at__lt=now - EVENT_WAITS).values("customer_id")
    stale = Subscription.objects.filter(stripe_customer_id__isnull=False).filter(
        Q(stripe_customer_id__in=waiting) | Q(synced_at=None) | Q(synced_at__lte=now - SYNC_EVERY)
    )
    organization_ids = list(stale.order_by("synced_at").values_list("organization_id", flat=True)[:500])
    for organization_id in organization_ids:
        enqueue("billing.sync_subscription", organization_id=organization_id, now=now)
    return len(organization_ids)


def subscription_cancel_now(*, subscription_id: str) -> None:
    """End a subscription at Stripe at once and credit what is left: a second one, or a deleted organisation's."""
    try:
        with stripe_refusals():
            stripe_client().v1.subscriptions.cancel(
                subscription_id, {"prorate": True}, {"idempotency_key": f"cancel:{subscription_id}"}
            )
    except BillingRefused:
        # It has ended already.
        logger.info("subscription %s could not be cancelled: it is over", subscription_id)


@transaction.atomic
def credit_hand_over(*, grant_id: UUID, now: datetime) -> None:
    """Tell Stripe of a credit, once: it lowers the customer's balance, which the next invoices are paid from."""
    grant = CreditGrant.objects.select_for_update().get(id=grant_id)
    if grant.stripe_transaction_id:
        return
    subscription = customer_ensure(organization_id=grant.organization_id, now=now)
    with stripe_refusals():
        done = stripe_client().v1.customers.balance_transactions.create(
            str(subscription.stripe_customer_id),
            {"amount": -grant.amount_cents, "currency": grant.currency, "description": grant.reason},
            {"idempotency_key": f"credit:{grant.id}"},
        )
    grant.stripe_transaction_id = done.id
    grant.save(update_fields=["stripe_transaction_id"])


def events_purge(*, now: datetime) -> int:
    """Forget events that were looked into a month ago."""
    deleted, _ = StripeEvent.objects.filter(processed_at__lt=now - EVENT_RETENTION).delete()
    return deleted


def _customer_of(obj: Any) -> str:
    customer = obj.get("id") if obj.get("object") == "customer" else obj.get("customer")
    if isinstance(customer, dict):
        customer = customer.get("id")
    return _text(customer or "")


def _text(value: object) -> str:
    text = str(value)[:255]
    if not text.isprintable():
        raise ValueError("an id or a name at Stripe is printable")
    return text


def _signed_at(signature: str | None) -> datetime:
    """Return the time that a verified signature is of: the first one that it names, as the library reads it."""
    parts = (part.partition("=") for part in (signature or "").split(","))
    return datetime.fromtimestamp(next(int(value) for name, _, value in parts if name == "t"), UTC)


def _chosen(found: Sequence[stripe.Subscription]) -> stripe.Subscription | None:
    """Return the subscription that counts: of the best status, and of those the newest."""
    live = [one for one in found if one.status not in _OVER]
    return min(live, key=lambda one: (_RANK.index(one.status), -one.created), default=None)


def _superfluous(found: Sequence[stripe.Subscription], chosen: stripe.Subscription | None) -> list[stripe.Subscription]:
    """Return what is paid for twice: somebody went through two payment pages at once."""
    paid = {"active", "trialing", "past_due"}
    if chosen is None or chosen.status not in paid:
        return []
    return [one for one in found if one.status in paid and one.id != chosen.id]


def _apply(subscription: Subscription, state: dict[str, Any], *, now: datetime) -> None:
    item, price = _item_of_plan(state["items"]["data"])
    if item is None:
        logger.error("subscription %s has no price of a plan of ours", state["id"])
        _nothing_is_paid(subscription, over=True)
        return
    subscription.plan = price.plan if price else Plan.objects.get(code=item["price"]["metadata"]["plan"])
    subscription.status = Subscription.Status(state["status"])
    subscription.stripe_subscription_id = state["id"]
    subscription.interval = item["price"]["recurring"]["interval"]
    subscription.amount_cents = item["price"]["unit_amount"]
    subscription.currency = item["price"]["currency"]
    subscription.current_period_start = _time(item["current_period_start"])
    subscription.current_period_end = _time(item["current_period_end"])
    subscription.cancel_at_period_end = state["cancel_at_period_end"]
    subscription.trial_ends_at = _time(state["trial_end"])
    if subscription.status != Subscription.Status.PAST_DUE:
        subscription.past_due_since = None
    elif subscription.past_due_since is None:
        # When the bank refused, whenever we are told.
        invoice = state.get("latest_invoice")
        subscription.past_due_since = _time(invoice["created"]) if isinstance(invoice, dict) else now


def _item_of_plan(items: Sequence[dict[str, Any]]) -> tuple[dict[str, Any] | None, PlanPrice | None]:
    prices = {
        price.stripe_price_id: price
        for price in PlanPrice.objects.select_related("plan").filter(
            feature=None, stripe_price_id__in=[item["price"]["id"] for item in items]
        )
    }
    for item in items:
        if price := prices.get(item["price"]["id"]):
            return item, price
    # A price that an operator made at Stripe itself names its plan.
    known = set(Plan.objects.values_list("code", flat=True))
    for item in items:
        named = item["price"]["metadata"]
        if named.get("plan") in known and not named.get("feature"):
            return item, None
    return None, None


def _nothing_is_paid(subscription: Subscription, *, over: bool) -> None:
    subscription.plan = Plan.objects.get(code=DEFAULT_PLAN)
    subscription.status = Subscription.Status.CANCELED if over else Subscription.Status.FREE
    subscription.stripe_subscription_id = ""
    subscription.interval = ""
    subscription.amount_cents = None
    subscription.current_period_start = subscription.current_period_end = None
    subscription.trial_ends_at = subscription.past_due_since = None
    subscription.cancel_at_period_end = False


def _seen(subscription: Subscription) -> tuple[Any, ...]:
    return (
        subscription.plan_id,
        subscription.status,
        subscription.interval,
        subscription.cancel_at_period_end,
        subscription.current_period_end,
    )


def _time(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
