"""Brings plans, prices and meters to Stripe, where they are sold and counted. Running it again changes nothing."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

import stripe
from django.db import transaction

from apps.billing.adapters.stripe import stripe_client, stripe_refusals
from apps.billing.models import Feature, Plan, PlanFeature, PlanPrice
from apps.billing.stripe_mirror.writing import mirror_write_catalogue
from apps.billing.types import REPORTED_METERS

MONTHS: dict[str, int] = {PlanPrice.Interval.MONTH: 1, PlanPrice.Interval.YEAR: 12}
CURRENCY = "usd"


@dataclass(frozen=True, slots=True)
class CatalogueChange:
    """Something that was made or changed at Stripe: `kind` is product, price or meter."""

    kind: str
    name: str
    stripe_id: str


def catalogue_sync(*, on_change: Callable[[CatalogueChange], None] = lambda _: None) -> list[CatalogueChange]:
    """Make at Stripe what is missing there. Raises `BillingUnavailable`.

    A price at Stripe never changes: another amount makes another price, which those get who buy or change from then on.
    """
    client = stripe_client()
    changes: list[CatalogueChange] = []

    def changed(change: CatalogueChange) -> None:
        changes.append(change)
        on_change(change)

    with stripe_refusals():
        meters = _meters_sync(client, changed)
        for plan in Plan.objects.order_by("position"):
            _prices_refresh(plan)
            prices = list(plan.prices.filter(is_active=True).select_related("feature"))
            if not prices:
                continue
            _product_sync(client, plan, changed)
            for price in prices:
                if not price.stripe_price_id:
                    _price_make(client, plan, price, meters, changed)
    return changes


def meter_ids() -> dict[str, str]:
    """Return the ids of the meters at Stripe by our meter."""
    with stripe_refusals():
        found = stripe_client().v1.billing.meters.list({"status": "active", "limit": 100})
        return {meter.event_name: meter.id for meter in found.auto_paging_iter()}


@transaction.atomic
def _prices_refresh(plan: Plan) -> None:
    """Retire prices of what is above soft limits that have become others, and write those that are missing."""
    wanted: dict[tuple[str | None, str], tuple[Decimal, int]] = {
        (row.feature_id, interval): (row.overage_cents_per_1000 / 1000, row.limit * months)
        for row in plan.features.filter(enforcement=PlanFeature.Enforcement.SOFT, limit__isnull=False)
        if row.overage_cents_per_1000 and row.limit is not None
        for interval, months in MONTHS.items()
        if plan.prices.filter(feature=None, interval=interval, is_active=True).exists()
    }
    for price in plan.prices.filter(is_active=True, feature__isnull=False):
        if wanted.get((price.feature_id, price.interval)) == (price.amount_cents, price.included):
            del wanted[price.feature_id, price.interval]
        else:
            price.is_active = False
            price.save(update_fields=["is_active"])
    for (feature_id, interval), (amount, included) in wanted.items():
        PlanPrice.objects.create(
            plan=plan, feature_id=feature_id, interval=interval, amount_cents=amount, included=included
        )
    # What an operator has changed is another price from now on.
    for price in plan.prices.filter(is_active=True, feature=None).exclude(stripe_price_id=""):
        if price.synced_amount_cents != price.amount_cents:
            price.stripe_price_id = ""
            price.save(update_fields=["stripe_price_id"])


def _meters_sync(client: stripe.StripeClient, changed: Callable[[CatalogueChange], None]) -> dict[str, str]:
    meters = meter_ids()
    names = dict(Feature.objects.values_list("code", "name"))
    for meter in REPORTED_METERS:
        if meter in meters:
            continue
        made = client.v1.billing.meters.create(
            {
                "display_name": names.get(meter, meter.replace("_", " ").capitalize()),
                "event_name": meter,
                "default_aggregation": {"formula": "sum"},
            },
            {"idempotency_key": f"meter:{meter}"},
        )
        meters[meter] = made.id
        changed(CatalogueChange("meter", meter, made.id))
    return meters


def _product_sync(client: stripe.StripeClient, plan: Plan, changed: Callable[[CatalogueChange], None]) -> None:
    wanted: dict[str, Any] = {"name": plan.name, "metadata": {"plan": plan.code}}
    if plan.description:
        wanted["description"] = plan.description
    if not plan.stripe_product_id:
        made = client.v1.products.create(
            cast("Any", wanted), {"idempotency_key": f"product:{plan.code}:{_digest(wanted)}"}
        )
        mirror_write_catalogue(made)
        plan.stripe_product_id = made.id
        plan.save(update_fields=["stripe_product_id"])
        changed(CatalogueChange("product", plan.code, made.id))
        return
    kept = client.v1.products.retrieve(plan.stripe_product_id)
    if (kept.name, kept.description or "") != (plan.name, plan.description):
        client.v1.products.update(plan.stripe_product_id, cast("Any", wanted))
        changed(CatalogueChange("product", plan.code, plan.stripe_product_id))


def _price_make(
    client: stripe.StripeClient,
    plan: Plan,
    price: PlanPrice,
    meters: dict[str, str],
    changed: Callable[[CatalogueChange], None],
) -> None:
    recurring: dict[str, Any] = {"interval": price.interval}
    parameters: dict[str, Any] = {
        "product": plan.stripe_product_id,
        "currency": price.currency,
        "recurring": recurring,
        "metadata": {"plan": plan.code, "feature": price.feature_id or ""},
        "nickname": f"{plan.name} {price.feature.name if price.feature else ''} {price.interval}".replace("  ", " "),
    }
    if price.feature_id is None:
        parameters["unit_amount_decimal"] = _plain(price.amount_cents)
        parameters |= {"lookup_key": f"{plan.code}_{price.interval}_{price.currency}", "transfer_lookup_key": True}
    else:
        recurring |= {"usage_type": "metered", "meter": meters[price.feature_id]}
        parameters |= {
            "billing_scheme": "tiered",
            "tiers_mode": "graduated",
            # What the plan includes costs nothing more.
            "tiers": [
                {"up_to": price.included, "unit_amount_decimal": "0"},
                {"up_to": "inf", "unit_amount_decimal": _plain(price.amount_cents)},
            ],
        }
    made = client.v1.prices.create(
        cast("Any", parameters), {"idempotency_key": f"price:{price.id}:{_digest(parameters)}"}
    )
    mirror_write_catalogue(made)
    price.stripe_price_id, price.synced_amount_cents = made.id, price.amount_cents
    price.save(update_fields=["stripe_price_id", "synced_amount_cents"])
    changed(CatalogueChange("price", parameters["nickname"], made.id))


def _plain(amount: Decimal) -> str:
    return f"{amount.normalize():f}"


def _digest(parameters: dict[str, Any]) -> str:
    return hashlib.sha256(repr(sorted(parameters.items())).encode()).hexdigest()[:16]
