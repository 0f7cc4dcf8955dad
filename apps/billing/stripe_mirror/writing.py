"""Writes what Stripe has of a customer into dj-stripe's tables."""

import json
from collections.abc import Sequence

import stripe
from django.conf import settings
from djstripe.models import Customer, Invoice, Price, Product, Subscription


def mirror_write_catalogue(one: stripe.Product | stripe.Price) -> None:
    """Write a product or a price, so that customers of whom it is part need not make it, several at once."""
    model = Product if one.object == "product" else Price
    model.sync_from_stripe_data(one, api_key=settings.STRIPE_SECRET_KEY)


def mirror_write(
    *,
    customer: stripe.Customer,
    subscriptions: Sequence[stripe.Subscription],
    invoices: Sequence[stripe.Invoice],
) -> None:
    """Write a customer with subscriptions and invoices; what they refer to and is not there is asked of Stripe."""
    # The customer first: the others find it here instead of asking for it.
    for model, objects in ((Customer, [customer]), (Subscription, subscriptions), (Invoice, invoices)):
        kept = dict(model.objects.filter(id__in=[one.id for one in objects]).values_list("id", "stripe_data"))
        for one in objects:
            # Most have not changed since the last event, and an invoice has many rows.
            if kept.get(one.id) != json.loads(str(one)):
                model.sync_from_stripe_data(one, api_key=settings.STRIPE_SECRET_KEY)
