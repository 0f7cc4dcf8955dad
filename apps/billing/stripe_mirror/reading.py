"""Reads what dj-stripe's tables have of a customer: it answers when Stripe does not."""

from typing import Any

from django.db.models import QuerySet
from djstripe.models import Customer, Invoice, Subscription


def customer_of(customer_id: str | None) -> dict[str, Any]:
    """Return the customer as Stripe described it, nothing for one that is not known."""
    if not customer_id:
        return {}
    found: dict[str, Any] | None = Customer.objects.filter(id=customer_id).values_list("stripe_data", flat=True).first()
    return found or {}


def subscription_of(subscription_id: str) -> dict[str, Any]:
    """Return the subscription as Stripe described it, nothing for one that is not known."""
    found: dict[str, Any] | None = (
        Subscription.objects.filter(id=subscription_id).values_list("stripe_data", flat=True).first()
    )
    return found or {}


def invoices_of(customer_id: str | None) -> QuerySet[Invoice]:
    """Return the invoices of a customer that are more than drafts."""
    found: QuerySet[Invoice] = Invoice.objects.filter(customer_id=customer_id or "")
    return found.exclude(stripe_data__status="draft")
