"""Invoices, from the mirror of Stripe."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from apps.billing.models import Subscription
from apps.billing.selectors.usage import MeterName, meter_names, meters_of_prices
from apps.billing.stripe_mirror.reading import invoices_of
from apps.core.api.pagination import cursor_decode, cursor_encode, cursor_invalid
from apps.core.exceptions import NotFound

_ORDER = "-created"
_ID = re.compile(r"\w{1,255}", re.ASCII)


def invoices_page(*, organization_id: UUID, cursor: str | None, limit: int) -> dict[str, Any]:
    """Return a page of invoices, newest first."""
    rows = invoices_of(_customer(organization_id))
    window = rows.order_by(_ORDER, "-djstripe_id")
    if cursor:
        at, key = cursor_decode(cursor, order=_ORDER, length=2)
        try:
            moment, number = datetime.fromisoformat(at), int(key)
        except ValueError:
            raise cursor_invalid() from None
        if moment.tzinfo is None or not 0 <= number < 2**63:
            raise cursor_invalid()
        window = window.filter(Q(created__lt=moment) | Q(created=moment, djstripe_id__lt=number))
    found = list(window[: limit + 1])
    following = None
    if len(found) > limit:
        last = found[limit - 1]
        following = cursor_encode(_ORDER, last.created.isoformat(), str(last.djstripe_id))
    return {
        "results": [_present(row.stripe_data) for row in found[:limit]],
        "next": following,
        "total": rows.count(),
    }


def invoice_present(*, organization_id: UUID, invoice_id: str) -> dict[str, Any]:
    """Return an invoice with its lines; raises `NotFound`, also for another organisation's."""
    row = None
    # What cannot be an id of Stripe's may not even be a text of PostgreSQL's.
    if _ID.fullmatch(invoice_id):
        row = invoices_of(_customer(organization_id)).filter(id=invoice_id).first()
    if row is None:
        raise NotFound("There is no such invoice.")
    data = row.stripe_data
    lines = (data.get("lines") or {}).get("data", [])
    meters = meters_of_prices(price for line in lines if (price := _price(line)))
    names = meter_names() if meters else {}
    return {**_present(data), "lines": [_line(line, meters, names) for line in lines]}


def _customer(organization_id: UUID) -> str | None:
    return Subscription.objects.values_list("stripe_customer_id", flat=True).get(organization_id=organization_id)


def _present(data: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": data["id"],
        "number": data.get("number"),
        "status": data.get("status"),
        "total_cents": data.get("total", 0),
        "amount_due_cents": data.get("amount_due", 0),
        "amount_paid_cents": data.get("amount_paid", 0),
        "currency": data.get("currency", "usd"),
        "created_at": _time(data.get("created")),
        "period_start": _time(data.get("period_start")),
        "period_end": _time(data.get("period_end")),
        "hosted_url": data.get("hosted_invoice_url"),
        "pdf_url": data.get("invoice_pdf"),
    }


def _price(line: dict[str, Any]) -> str:
    price = ((line.get("pricing") or {}).get("price_details") or {}).get("price")
    return price if isinstance(price, str) else ""


def _line(line: dict[str, Any], meters: Mapping[str, str], names: Mapping[str, MeterName]) -> dict[str, Any]:
    parent = line.get("parent") or {}
    details = parent.get("subscription_item_details") or parent.get("invoice_item_details") or {}
    period = line.get("period") or {}
    meter = meters.get(_price(line))
    description = line.get("description") or ""
    return {
        "id": line["id"],
        # At Stripe it has the name of the plan, like the plan's own line.
        "description": f"{names[meter].name}: {description}" if meter else description,
        "amount_cents": line.get("amount", 0),
        "quantity": line.get("quantity"),
        "proration": bool(details.get("proration")),
        "meter": meter,
        "period_start": _time(period.get("start")),
        "period_end": _time(period.get("end")),
    }


def _time(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
