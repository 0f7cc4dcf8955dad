"""The way of an invoice: drafted from lines and pending items, finalised, paid or tried again, voided."""

from typing import Any

from deploy.dev.stripe import discounts, journal, lines
from deploy.dev.stripe.customers import change_balance
from deploy.dev.stripe.errors import StripeError
from deploy.dev.stripe.payment_methods import default_of
from deploy.dev.stripe.payments import charge
from deploy.dev.stripe.render import render
from deploy.dev.stripe.store import Record, Store, new_id

DAY = 86_400
# How long after each failed attempt the next one comes; after the last one the subscription ends.
RETRY_DAYS = (3, 5, 7)


def pending_items(store: Store, customer: str, subscription: str | None) -> list[Record]:
    """Return what the next invoice takes up, the oldest first."""
    waiting = [record for record in store.all("invoiceitem", customer=customer) if record["invoice"] is None]
    return [record for record in reversed(waiting) if record["_subscription"] in {None, subscription}]


def draft(
    store: Store, customer: Record, own_lines: list[Record], *, reason: str, subscription: Record | None = None
) -> Record:
    """Write an invoice of these lines and all that is pending."""
    now = store.now()
    items = pending_items(store, customer["id"], subscription["id"] if subscription else None)
    record = _blank(store, customer, reason, subscription)
    record["_lines"] = [lines.of_item(item) for item in items] + own_lines
    for entry in record["_lines"]:
        entry["invoice"] = record["id"]
    given = discounts.in_force(store, subscription) if subscription else []
    sums = discounts.apply(store, record["_lines"], given)
    subtotal = sum(entry["amount"] for entry in record["_lines"])
    total = subtotal - sum(entry["amount"] for entry in sums)
    starts = [entry["period"]["start"] for entry in own_lines] or [now]
    ends = [entry["period"]["end"] for entry in own_lines] or [now]
    record |= {
        "discounts": [entry["id"] for entry in given],
        "period_end": max(ends),
        "period_start": min(starts),
        "subtotal": subtotal,
        "subtotal_excluding_tax": subtotal,
        "total": total,
        "total_discount_amounts": sums,
        "total_excluding_tax": total,
    }
    _settle_amounts(record, customer["balance"])
    journal.create(store, record, "invoice.created")
    for item in items:
        journal.update(store, item | {"invoice": record["id"]})
    return record


def _blank(store: Store, customer: Record, reason: str, subscription: Record | None) -> Record:
    now, id_ = store.now(), new_id("in")
    parent: Record | None = None
    if subscription:
        details = {"metadata": subscription["metadata"], "subscription": subscription["id"]}
        parent = {"quote_details": None, "subscription_details": details, "type": "subscription_details"}
    tax_ids = [
        {"type": entry["type"], "value": entry["value"]} for entry in store.all("tax_id", customer=customer["id"])
    ]
    transitions = ("finalized_at", "marked_uncollectible_at", "paid_at", "voided_at")
    empty: tuple[Any, ...] = (
        "account_tax_ids", "application", "custom_fields", "customer_account", "customer_phone", "customer_shipping",
        "default_payment_method", "default_source", "description", "due_date", "effective_at", "ending_balance",
        "footer", "from_invoice", "hosted_invoice_url", "invoice_pdf", "last_finalization_error", "latest_revision",
        "next_payment_attempt", "number", "on_behalf_of", "receipt_number", "rendering", "shipping_cost",
        "shipping_details", "statement_descriptor", "test_clock", "threshold_reason", "webhooks_delivered_at",
        "confirmation_secret", "automatically_finalizes_at",
    )  # fmt: skip
    return {
        **dict.fromkeys(empty),
        "id": id_,
        "object": "invoice",
        "account_country": "US",
        "account_name": "Stripe stand-in",
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_shipping": 0,
        "attempt_count": 0,
        "attempted": False,
        "auto_advance": True,
        "automatic_tax": {
            "disabled_reason": None,
            "enabled": False,
            "liability": None,
            "provider": None,
            "status": None,
        },
        "billing_reason": reason,
        "collection_method": "charge_automatically",
        "created": now,
        "currency": subscription["currency"] if subscription else customer["currency"] or "usd",
        "customer": customer["id"],
        "customer_address": customer["address"],
        "customer_email": customer["email"],
        "customer_name": customer["name"],
        "customer_tax_exempt": customer["tax_exempt"],
        "customer_tax_ids": tax_ids,
        "default_tax_rates": [],
        "issuer": {"type": "self"},
        "livemode": False,
        "metadata": {},
        "parent": parent,
        "payment_settings": {"default_mandate": None, "payment_method_options": None, "payment_method_types": None},
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "status": "draft",
        "status_transitions": dict.fromkeys(transitions),
        "total_pretax_credit_amounts": [],
        "total_taxes": [],
        "_subscription": subscription["id"] if subscription else None,
    }


def _settle_amounts(invoice: Record, balance: int) -> None:
    """Set what is due once the customer's balance has been used."""
    due = max(0, invoice["total"] + balance) if invoice["total"] > 0 else 0
    invoice |= {"starting_balance": balance, "amount_due": due, "amount_remaining": due}


def finalize(store: Store, invoice: Record) -> Record:
    """Number an invoice and ask for its amount; one that asks for nothing is paid."""
    if invoice["status"] != "draft":
        raise StripeError("This invoice is already finalized.", code="invoice_not_editable")
    customer = store.get("customer", invoice["customer"])
    _settle_amounts(invoice, customer["balance"])
    used = invoice["total"] - invoice["amount_due"]
    number = customer["next_invoice_sequence"]
    customer["next_invoice_sequence"] = number + 1
    customer["currency"] = customer["currency"] or invoice["currency"]
    journal.update(store, customer)
    url, now = f"{store.base_url}/invoice/{invoice['id']}", store.now()
    invoice |= {
        "effective_at": now,
        "ending_balance": customer["balance"] + used,
        "hosted_invoice_url": url,
        "invoice_pdf": f"{url}/pdf",
        "number": f"{customer['invoice_prefix']}-{number:04}",
        "status": "open",
    }
    invoice["status_transitions"]["finalized_at"] = now
    journal.update(store, invoice)
    if used:
        change_balance(store, customer["id"], used, kind="applied_to_invoice", invoice=invoice["id"])
    shown = render(store, invoice)
    journal.announce(store, "invoice.finalized", shown)
    if invoice["amount_due"] == 0:
        mark_paid(store, invoice)
    return invoice


def mark_paid(store: Store, invoice: Record) -> None:
    """Record that nothing is due any more."""
    paid = invoice["amount_remaining"]
    invoice |= {
        "amount_paid": invoice["amount_paid"] + paid,
        "amount_remaining": 0,
        "attempted": True,
        "next_payment_attempt": None,
        "status": "paid",
    }
    invoice["status_transitions"]["paid_at"] = store.now()
    journal.update(store, invoice)
    shown = render(store, invoice)
    journal.announce(store, "invoice.paid", shown)
    journal.announce(store, "invoice.payment_succeeded", shown)


def attempt(
    store: Store, invoice: Record, method: Record | None = None, *, automatic: bool = True
) -> StripeError | None:
    """Try to get an open invoice paid; return why that failed. Automatic attempts come again."""
    subscription = store.find("subscription", invoice["_subscription"] or "")
    method = method or default_of(store, invoice["customer"], subscription)
    error = charge(store, invoice, method) if method else no_method()
    if error is None:
        invoice["attempt_count"] += 1
        mark_paid(store, invoice)
        return None
    count = invoice["attempt_count"] + 1
    invoice |= {"attempt_count": count, "attempted": True}
    if automatic:
        again = count <= len(RETRY_DAYS) and invoice["auto_advance"]
        invoice["next_payment_attempt"] = store.now() + RETRY_DAYS[count - 1] * DAY if again else None
    journal.update(store, invoice)
    journal.announce(store, "invoice.payment_failed", render(store, invoice))
    return error


def no_method() -> StripeError:
    return StripeError(
        "This customer has no attached payment source or default payment method.", code="resource_missing"
    )


def void(store: Store, invoice: Record) -> Record:
    if invoice["status"] not in {"open", "uncollectible"}:
        raise StripeError(
            f"You can only void open invoices, not one that is {invoice['status']}.", code="invoice_not_editable"
        )
    invoice |= {"status": "void", "next_payment_attempt": None, "auto_advance": False, "amount_remaining": 0}
    invoice["status_transitions"]["voided_at"] = store.now()
    used = invoice["ending_balance"] - invoice["starting_balance"]
    journal.update(store, invoice)
    if used:
        change_balance(store, invoice["customer"], -used, kind="unapplied_from_invoice", invoice=invoice["id"])
    journal.announce(store, "invoice.voided", render(store, invoice))
    return invoice
