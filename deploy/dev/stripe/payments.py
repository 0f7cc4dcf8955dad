"""Charging a card for an invoice, as far as test cards can be charged."""

from deploy.dev.stripe import journal
from deploy.dev.stripe.errors import StripeError, declined
from deploy.dev.stripe.payment_methods import CARDS
from deploy.dev.stripe.render import render
from deploy.dev.stripe.store import Record, Store, new_id


def charge(store: Store, invoice: Record, method: Record) -> StripeError | None:
    """Charge what an invoice asks for; return why that was declined, None if it is paid."""
    card = CARDS[method["_card"]]
    error = declined(card.refused or card.fails) if card.refused or card.fails else None
    intent = _intent(store, invoice, method, error)
    made = _charge(store, invoice, method, intent, error)
    journal.create(store, intent | {"latest_charge": made["id"]})
    journal.create(store, made, "charge.failed" if error else "charge.succeeded")
    shown = render(store, store.get("payment_intent", intent["id"]))
    journal.announce(store, "payment_intent.payment_failed" if error else "payment_intent.succeeded", shown)
    _record_payment(store, invoice, intent, paid=error is None)
    return error


def _intent(store: Store, invoice: Record, method: Record, error: StripeError | None) -> Record:
    amount, id_ = invoice["amount_due"], new_id("pi")
    return {
        "id": id_,
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_received": 0 if error else amount,
        "application": None,
        "capture_method": "automatic",
        "client_secret": f"{id_}_secret_standin",
        "confirmation_method": "automatic",
        "created": store.now(),
        "currency": invoice["currency"],
        "customer": invoice["customer"],
        "description": invoice["description"],
        "last_payment_error": error.body()["error"] if error else None,
        "livemode": False,
        "metadata": {},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None if error else method["id"],
        "payment_method_types": ["card"],
        "setup_future_usage": "off_session",
        "status": "requires_payment_method" if error else "succeeded",
    }


def _charge(store: Store, invoice: Record, method: Record, intent: Record, error: StripeError | None) -> Record:
    amount = invoice["amount_due"]
    outcome = "issuer_declined" if error else "authorized"
    return {
        "id": new_id("ch"),
        "object": "charge",
        "amount": amount,
        "amount_captured": 0 if error else amount,
        "amount_refunded": 0,
        "balance_transaction": None,
        "billing_details": method["billing_details"],
        "captured": error is None,
        "created": store.now(),
        "currency": invoice["currency"],
        "customer": invoice["customer"],
        "description": invoice["description"],
        "disputed": False,
        "failure_code": error.code if error else None,
        "failure_message": str(error) if error else None,
        "fraud_details": {},
        "livemode": False,
        "metadata": {},
        "outcome": {"network_status": "declined_by_network" if error else "approved_by_network", "type": outcome},
        "paid": error is None,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": {"card": method["card"], "type": "card"},
        "receipt_email": None,
        "refunded": False,
        "source": None,
        "status": "failed" if error else "succeeded",
    }


def _record_payment(store: Store, invoice: Record, intent: Record, *, paid: bool) -> None:
    """Keep one payment for each invoice: the last attempt."""
    payments = store.all("invoice_payment", customer=invoice["customer"])
    before = [record for record in payments if record["invoice"] == invoice["id"]]
    now = store.now()
    record: Record = {
        "id": before[0]["id"] if before else new_id("inpay"),
        "object": "invoice_payment",
        "amount_paid": invoice["amount_due"] if paid else None,
        "amount_requested": invoice["amount_due"],
        "created": now,
        "currency": invoice["currency"],
        "invoice": invoice["id"],
        "is_default": True,
        "livemode": False,
        "payment": {"payment_intent": intent["id"], "type": "payment_intent"},
        "status": "paid" if paid else "open",
        "status_transitions": {"canceled_at": None, "paid_at": now if paid else None},
        # Lists by customer find it.
        "_customer": invoice["customer"],
    }
    if before:
        journal.update(store, record)
    else:
        journal.create(store, record)
    if paid:
        journal.announce(store, "invoice_payment.paid", render(store, record))
