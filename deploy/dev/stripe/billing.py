"""The life of a subscription: begun, billed for each period, ended. Each step takes a record and stores what became."""

from dataclasses import dataclass, field

from deploy.dev.stripe import discounts, invoicing, journal, lines
from deploy.dev.stripe.errors import StripeError, parameter_invalid
from deploy.dev.stripe.payment_methods import default_of
from deploy.dev.stripe.pricing import period_around
from deploy.dev.stripe.render import render
from deploy.dev.stripe.store import Record, Store, new_id

UPDATED = "customer.subscription.updated"
DELETED = "customer.subscription.deleted"


@dataclass
class Wish:
    """What a new subscription is to be. `items`: price id, quantity, metadata."""

    customer: str
    items: list[tuple[str, int, dict[str, str]]]
    metadata: dict[str, str] = field(default_factory=dict)
    description: str | None = None
    trial_end: int | None = None
    missing_payment_method: str = "create_invoice"
    method: str | None = None
    discounts: list[Record] = field(default_factory=list)
    cancel_at: int | None = None
    cancel_at_period_end: bool = False
    behavior: str = "allow_incomplete"


def new_item(store: Store, price: Record, quantity: int, metadata: dict[str, str]) -> Record:
    return {
        "id": new_id("si"),
        "object": "subscription_item",
        "billed_until": None,
        "billing_thresholds": None,
        "created": store.now(),
        "current_period_end": 0,
        "current_period_start": 0,
        "discounts": [],
        "metadata": metadata,
        "price": price["id"],
        "quantity": quantity,
        "tax_rates": [],
        # Of the price of the period: what was paid after discounts, and what was asked.
        "_paid": [0, 0],
    }


def usable_price(store: Store, id_: str, param: str, currency: str | None = None) -> Record:
    price = store.referred("price", id_, param)
    if not price["active"]:
        raise parameter_invalid("The price specified is inactive.", param, code="price_inactive")
    if not price["recurring"]:
        raise parameter_invalid("The price specified is set to `type=one_time`.", param)
    if currency not in {None, price["currency"]}:
        raise parameter_invalid("All prices of a subscription have one currency.", param)
    return price


def begin(store: Store, wish: Wish) -> Record:
    """Make a subscription and bill its first period."""
    now = store.now()
    if not wish.items:
        raise parameter_invalid("Missing required param: items.", "items", code="parameter_missing")
    if len({price for price, _quantity, _metadata in wish.items}) < len(wish.items):
        raise parameter_invalid("A subscription has each price once.", "items")
    first = usable_price(store, wish.items[0][0], "items[0][price]")
    record = _blank(store, wish, first["currency"])
    record["_items"] = [
        new_item(store, usable_price(store, price, f"items[{place}][price]", first["currency"]), quantity, metadata)
        for place, (price, quantity, metadata) in enumerate(wish.items)
    ]
    trial = wish.trial_end is not None and wish.trial_end > now
    if trial:
        record |= {"status": "trialing", "trial_start": now, "trial_end": wish.trial_end}
        record["billing_cycle_anchor"] = wish.trial_end
    for item in record["_items"]:
        item["current_period_start"] = now
        recurring = store.get("price", item["price"])["recurring"]
        item["current_period_end"] = wish.trial_end if trial else period_around(now, recurring, now)[1]
    store.put(record)
    discounts.give(store, record, wish.discounts)
    own = _first_lines(store, record, trial=trial)
    invoice = bill(store, record, own, reason="subscription_create", behavior=wish.behavior)
    if record["status"] == "incomplete" and invoice["status"] == "paid":
        record["status"] = "active"
    set_cancellation(store, record, wish.cancel_at_period_end, wish.cancel_at)
    journal.update(store, record)
    journal.announce(store, "customer.subscription.created", render(store, record))
    return record


def _blank(store: Store, wish: Wish, currency: str) -> Record:
    now = store.now()
    empty = (
        "application", "application_fee_percent", "billing_cycle_anchor_config", "billing_thresholds", "cancel_at",
        "canceled_at", "customer_account", "days_until_due", "default_source", "ended_at", "latest_invoice",
        "next_pending_invoice_item_invoice", "on_behalf_of", "pause_collection", "pending_invoice_item_interval",
        "pending_setup_intent", "pending_update", "schedule", "test_clock", "transfer_data", "trial_end", "trial_start",
    )  # fmt: skip
    return {
        **dict.fromkeys(empty),
        "id": new_id("sub"),
        "object": "subscription",
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": now,
        "billing_mode": {"flexible": {"proration_discounts": "included"}, "type": "flexible", "updated_at": None},
        "cancel_at_period_end": False,
        "cancellation_details": {"comment": None, "feedback": None, "reason": None},
        "collection_method": "charge_automatically",
        "created": now,
        "currency": currency,
        "customer": wish.customer,
        "default_payment_method": wish.method,
        "default_tax_rates": [],
        "description": wish.description,
        "discounts": [],
        "invoice_settings": {"account_tax_ids": None, "issuer": {"type": "self"}},
        "livemode": False,
        "metadata": wish.metadata,
        "payment_settings": {
            "payment_method_options": None,
            "payment_method_types": None,
            "save_default_payment_method": "off",
        },
        "start_date": now,
        "status": "incomplete",
        "trial_settings": {"end_behavior": {"missing_payment_method": wish.missing_payment_method}},
        "_items": [],
        "_trial_warned": False,
    }


def _first_lines(store: Store, record: Record, *, trial: bool) -> list[Record]:
    own: list[Record] = []
    for item in record["_items"]:
        period = (item["current_period_start"], item["current_period_end"])
        if trial:
            own.append(lines.for_trial(store, record, item, period))
        elif not lines.is_metered(store.get("price", item["price"])):
            own += lines.for_period(store, record, item, period)
    return own


def bill(store: Store, record: Record, own: list[Record], *, reason: str, behavior: str = "allow_incomplete") -> Record:
    """Write an invoice and collect it; what the failure of that means for the subscription follows `behavior`."""
    customer = store.get("customer", record["customer"])
    invoice = invoicing.draft(store, customer, own, reason=reason, subscription=record)
    record["latest_invoice"] = invoice["id"]
    _remember_paid(record, invoice)
    discounts.drop_used(store, record, invoice)
    invoicing.finalize(store, invoice)
    if invoice["status"] == "paid" or behavior == "default_incomplete":
        return invoice
    method = default_of(store, record["customer"], record)
    if method is None and reason == "subscription_create":
        raise invoicing.no_method()
    error = invoicing.attempt(store, invoice, method, automatic=reason != "subscription_create")
    if error is not None:
        if behavior == "error_if_incomplete":
            raise error
        record["status"] = "incomplete" if reason == "subscription_create" else "past_due"
        _mark_delinquent(store, record["customer"], delinquent=True)
    return invoice


def _remember_paid(record: Record, invoice: Record) -> None:
    """Note for each item how much of its price is paid, so that no more than that is ever given back."""
    items = {item["id"]: item for item in record["_items"]}
    for entry in invoice["_lines"]:
        details = (entry["parent"] or {}).get("subscription_item_details")
        if details and entry["amount"] > 0 and details["subscription_item"] in items:
            taken = sum(part["amount"] for part in entry["discount_amounts"])
            items[details["subscription_item"]]["_paid"] = [entry["amount"] - taken, entry["amount"]]


def _mark_delinquent(store: Store, customer: str, *, delinquent: bool) -> None:
    record = store.get("customer", customer)
    journal.update(store, record | {"delinquent": delinquent}, "customer.updated")


def renew(store: Store, record: Record) -> Record:
    renewal(store, record)
    return journal.update(store, record, UPDATED)


def renewal(store: Store, record: Record, *, behavior: str = "allow_incomplete") -> Record | None:
    """Begin the next period of every item whose period is over, and bill the usage of the old one."""
    now = store.now()
    ended_trial = record["status"] == "trialing"
    usage: list[Record] = []
    ahead: list[Record] = []
    for item in record["_items"]:
        if item["current_period_end"] > now:
            continue
        price, old = store.get("price", item["price"]), (item["current_period_start"], item["current_period_end"])
        period = period_around(record["billing_cycle_anchor"], price["recurring"], now)
        item |= {"current_period_start": period[0], "current_period_end": period[1]}
        if not lines.is_metered(price):
            ahead += lines.for_period(store, record, item, period)
        elif not ended_trial:
            usage += lines.for_usage(store, record, item, old)
    if ended_trial:
        record["status"] = "active"
    if not (usage or ahead or ended_trial):
        return None
    return bill(store, record, usage + ahead, reason="subscription_cycle", behavior=behavior)


def end_trial(store: Store, record: Record) -> Record:
    """Go on after the trial, or not, if there is no card."""
    behavior = record["trial_settings"]["end_behavior"]["missing_payment_method"]
    if behavior != "create_invoice" and default_of(store, record["customer"], record) is None:
        if behavior == "cancel":
            return end(store, record, reason="payment_failed")
        record["status"] = "paused"
        journal.update(store, record, UPDATED)
        journal.announce(store, "customer.subscription.paused", render(store, record))
        return record
    return renew(store, record)


def warn_of_trial_end(store: Store, record: Record) -> Record:
    record["_trial_warned"] = True
    journal.update(store, record)
    journal.announce(store, "customer.subscription.trial_will_end", render(store, record))
    return record


def resume(store: Store, record: Record) -> Record:
    """Begin a paused subscription anew, today."""
    if record["status"] != "paused":
        raise StripeError("Only paused subscriptions can be resumed.")
    now = store.now()
    record |= {"status": "active", "billing_cycle_anchor": now}
    for item in record["_items"]:
        item["current_period_end"] = now
    renew(store, record)
    journal.announce(store, "customer.subscription.resumed", render(store, record))
    return record


def end(store: Store, record: Record, *, reason: str, status: str = "canceled") -> Record:
    """End a subscription now; open invoices are not tried again."""
    now = store.now()
    record |= {"status": status, "ended_at": now, "canceled_at": record["canceled_at"] or now}
    record["cancellation_details"]["reason"] = reason
    if record["discounts"]:
        discounts.give(store, record, [])
    store.put(record)
    for invoice in store.all("invoice", customer=record["customer"]):
        if invoice["_subscription"] == record["id"] and invoice["status"] == "open":
            if status == "incomplete_expired":
                invoicing.void(store, invoice)
            else:
                invoice |= {"auto_advance": False, "next_payment_attempt": None}
                journal.update(store, invoice, "invoice.updated")
    for item in store.all("invoiceitem", customer=record["customer"]):
        if item["_subscription"] == record["id"] and item["invoice"] is None:
            journal.remove(store, item, "invoiceitem.deleted")
    event = UPDATED if status == "incomplete_expired" else DELETED
    journal.announce(store, event, render(store, record))
    return record


def final_usage(store: Store, record: Record) -> None:
    """Bill what was used since the last invoice, before the end."""
    usage: list[Record] = []
    for item in record["_items"]:
        if record["status"] != "trialing" and lines.is_metered(store.get("price", item["price"])):
            usage += lines.for_usage(store, record, item, (item["current_period_start"], store.now()))
    if any(entry["amount"] for entry in usage) or invoicing.pending_items(store, record["customer"], record["id"]):
        bill(store, record, usage, reason="subscription_cycle")


def set_cancellation(store: Store, record: Record, at_period_end: bool, at: int | None) -> None:  # noqa: FBT001 - two values of one setting
    """Set when the subscription ends by itself; `at` wins."""
    wanted = at
    if at_period_end:
        wanted = max(item["current_period_end"] for item in record["_items"])
    if wanted is not None and wanted <= store.now():
        raise parameter_invalid("The end must lie in the future.", "cancel_at")
    if wanted is None:
        record |= {"cancel_at": None, "canceled_at": None, "cancel_at_period_end": False}
        record["cancellation_details"]["reason"] = None
        return
    record |= {"cancel_at": wanted, "cancel_at_period_end": at_period_end, "canceled_at": store.now()}
    record["cancellation_details"]["reason"] = "cancellation_requested"


def settle(store: Store, invoice: Record, error: StripeError | None) -> None:
    """Let the subscription follow what became of an attempt to pay one of its invoices."""
    record = store.find("subscription", invoice["_subscription"] or "")
    if record is None:
        return
    if error is None:
        others = store.all("invoice", customer=record["customer"])
        owed = [entry for entry in others if entry["_subscription"] == record["id"] and entry["status"] == "open"]
        if owed:
            return
        if record["status"] in {"incomplete", "past_due", "unpaid"}:
            record["status"] = "active"
            journal.update(store, record, UPDATED)
        _mark_delinquent(store, record["customer"], delinquent=False)
    elif record["status"] == "past_due" and invoice["auto_advance"] and invoice["next_payment_attempt"] is None:
        end(store, record, reason="payment_failed")
