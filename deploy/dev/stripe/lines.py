"""What stands on invoices: lines for periods, for usage, and for what a change in the middle of a period is worth."""

from datetime import UTC, datetime
from decimal import Decimal

from deploy.dev.stripe import journal, meters
from deploy.dev.stripe.pricing import Priced, cents, priced, share, total, unused
from deploy.dev.stripe.store import Record, Store, new_id

Period = tuple[int, int]
TIMES = "\N{MULTIPLICATION SIGN}"


def is_metered(price: Record) -> bool:
    return bool(price["recurring"]["usage_type"] == "metered")


def line(  # noqa: PLR0913 - all by name
    *,
    item: Record,
    price: Record,
    subscription: str,
    period: Period,
    amount: int,
    quantity: int,
    text: str,
    unit: str | None = None,
    proration: bool = False,
    discountable: bool = True,
    invoice_item: str | None = None,
) -> Record:
    return {
        "id": new_id("il"),
        "object": "line_item",
        "amount": amount,
        "currency": price["currency"],
        "description": text,
        "discount_amounts": [],
        "discountable": discountable,
        "discounts": [],
        "invoice": None,
        "livemode": False,
        "metadata": {},
        "parent": {
            "invoice_item_details": None,
            "subscription_item_details": {
                "invoice_item": invoice_item,
                "proration": proration,
                "proration_details": {"credited_items": None},
                "subscription": subscription,
                "subscription_item": item["id"],
            },
            "type": "subscription_item_details",
        },
        "period": {"start": period[0], "end": period[1]},
        "pretax_credit_amounts": [],
        "pricing": {
            "price_details": {"price": price["id"], "product": price["product"]},
            "type": "price_details",
            "unit_amount_decimal": unit if unit is not None else price["unit_amount_decimal"],
        },
        "quantity": quantity,
        "subscription": subscription,
        "subtotal": amount,
        "taxes": [],
    }


def for_period(store: Store, subscription: Record, item: Record, period: Period) -> list[Record]:
    """Return the lines of a licensed price for a whole period, paid in advance."""
    price = store.get("price", item["price"])
    name = product_name(store, price)
    quantity, every = item["quantity"], price["recurring"]["interval"]
    return [
        line(
            item=item,
            price=price,
            subscription=subscription["id"],
            period=period,
            amount=part.amount,
            quantity=part.quantity,
            unit=plain(part.unit),
            text=f"{part.quantity} {TIMES} {name} (at {money(part.unit, price['currency'])} / {every})",
        )
        for part in priced(price, quantity)
    ]


def for_trial(store: Store, subscription: Record, item: Record, period: Period) -> Record:
    price = store.get("price", item["price"])
    text = f"Trial period for {product_name(store, price)}"
    quantity = 0 if is_metered(price) else item["quantity"]
    return line(
        item=item, price=price, subscription=subscription["id"], period=period, amount=0, quantity=quantity,
        text=text, unit="0",
    )  # fmt: skip


def for_usage(store: Store, subscription: Record, item: Record, period: Period) -> list[Record]:
    """Return the lines of a metered price for what was used in a period, one for each tier."""
    price = store.get("price", item["price"])
    used = meters.usage(store, price["recurring"]["meter"], subscription["customer"], *period)
    # Parts of a unit are not charged, nor is less than nothing.
    quantity = max(0, int(used))
    name, every = product_name(store, price), price["recurring"]["interval"]
    return [
        line(
            item=item,
            price=price,
            subscription=subscription["id"],
            period=period,
            amount=part.amount,
            quantity=part.quantity,
            unit=plain(part.unit),
            text=f"{part.quantity} {TIMES} {name} ({_tier(part)}at {money(part.unit, price['currency'])} / {every})",
        )
        for part in priced(price, quantity)
    ]


def _tier(part: Priced) -> str:
    return f"Tier {part.tier} " if part.tier else ""


def credit(store: Store, subscription: Record, item: Record, at: int) -> Record | None:
    """Return a pending item that gives back what is left of a period: of what was paid, after discounts."""
    price = store.get("price", item["price"])
    period = (item["current_period_start"], item["current_period_end"])
    gross = unused(total(price, item["quantity"]), *period, at)
    paid, asked = item["_paid"]
    amount = share(gross, paid, asked) if asked else gross
    text = f"Unused time on {quantity_text(item)}{product_name(store, price)} after {day(at)}"
    return _pending(store, subscription, item, (at, period[1]), -amount, text, discountable=False)


def debit(store: Store, subscription: Record, item: Record, period: Period, at: int) -> Record | None:
    """Return a pending item that asks for what is left of the period `period`."""
    price = store.get("price", item["price"])
    amount = unused(total(price, item["quantity"]), *period, at)
    text = f"Remaining time on {quantity_text(item)}{product_name(store, price)} after {day(at)}"
    return _pending(store, subscription, item, (at, period[1]), amount, text, discountable=True)


def accrued(store: Store, subscription: Record, item: Record, at: int) -> list[Record]:
    """Return pending items for what a metered item has used until now, because it ends or begins anew."""
    lines = for_usage(store, subscription, item, (item["current_period_start"], at))
    return [_pending_line(store, subscription, item, entry, discountable=True) for entry in lines if entry["amount"]]


def _pending(
    store: Store, subscription: Record, item: Record, period: Period, amount: int, text: str, *, discountable: bool
) -> Record | None:
    if period[1] <= period[0]:
        return None
    price = store.get("price", item["price"])
    made = line(
        item=item, price=price, subscription=subscription["id"], period=period, amount=amount,
        quantity=item["quantity"], text=text, proration=True, discountable=discountable,
    )  # fmt: skip
    return _pending_line(store, subscription, item, made, discountable=discountable)


def _pending_line(store: Store, subscription: Record, item: Record, made: Record, *, discountable: bool) -> Record:
    id_ = new_id("ii")
    made["parent"]["subscription_item_details"]["invoice_item"] = id_
    record = invoice_item(
        id_=id_,
        customer=subscription["customer"],
        currency=made["currency"],
        amount=made["amount"],
        text=made["description"],
        period=(made["period"]["start"], made["period"]["end"]),
        now=store.now(),
    )
    proration = made["parent"]["subscription_item_details"]["proration"]
    details = {"subscription": subscription["id"], "subscription_item": item["id"]}
    record |= {
        "discountable": discountable,
        "parent": {"quote_details": None, "subscription_details": details, "type": "subscription_details"},
        "pricing": made["pricing"],
        "proration": proration,
        "quantity": made["quantity"],
        "_subscription": subscription["id"],
        "_line": made,
    }
    return journal.create(store, record, "invoiceitem.created")


def invoice_item(*, id_: str, customer: str, currency: str, amount: int, text: str, period: Period, now: int) -> Record:
    return {
        "id": id_,
        "object": "invoiceitem",
        "amount": amount,
        "currency": currency,
        "customer": customer,
        "customer_account": None,
        "date": now,
        "created": now,
        "description": text,
        "discountable": True,
        "discounts": [],
        "invoice": None,
        "livemode": False,
        "metadata": {},
        "net_amount": amount,
        "parent": None,
        "period": {"start": period[0], "end": period[1]},
        "pricing": None,
        "proration": False,
        "proration_details": {"discount_amounts": []},
        "quantity": 1,
        "tax_rates": [],
        "test_clock": None,
        "_subscription": None,
        "_line": None,
    }


def of_item(record: Record) -> Record:
    """Return the invoice line of a pending item."""
    if record["_line"]:
        made: Record = record["_line"] | {"id": new_id("il"), "discount_amounts": []}
        return made
    details = {"invoice_item": record["id"], "proration": False, "proration_details": {"credited_items": None}}
    return {
        "id": new_id("il"),
        "object": "line_item",
        "amount": record["amount"],
        "currency": record["currency"],
        "description": record["description"],
        "discount_amounts": [],
        "discountable": record["discountable"],
        "discounts": [],
        "invoice": None,
        "livemode": False,
        "metadata": record["metadata"],
        "parent": {
            "invoice_item_details": details | {"subscription": record["_subscription"]},
            "subscription_item_details": None,
            "type": "invoice_item_details",
        },
        "period": record["period"],
        "pretax_credit_amounts": [],
        "pricing": None,
        "quantity": 1,
        "subscription": record["_subscription"],
        "subtotal": record["amount"],
        "taxes": [],
    }


def product_name(store: Store, price: Record) -> str:
    product = store.find("product", price["product"])
    return str(product["name"]) if product else str(price["product"])


def quantity_text(item: Record) -> str:
    return f"{item['quantity']} {TIMES} " if item["quantity"] != 1 else ""


def day(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%d %b %Y")


def money(amount: Decimal, currency: str) -> str:
    """Return an amount in cents as people read it."""
    if currency != "usd":
        return f"{amount / 100:,.2f} {currency.upper()}"
    exact = amount / 100
    text = f"{exact:,.2f}" if amount == cents(amount) else plain(exact)
    return f"-${text[1:]}" if text.startswith("-") else f"${text}"


def plain(number: Decimal) -> str:
    return f"{number.normalize():f}" if number else "0"
