"""The API of invoices and of what waits for the next one."""

from deploy.dev.stripe import billing, changes, invoicing, journal, lines
from deploy.dev.stripe.errors import StripeError, parameter_invalid, parameter_missing
from deploy.dev.stripe.forms import Params
from deploy.dev.stripe.payment_methods import default_of
from deploy.dev.stripe.render import Page, listing
from deploy.dev.stripe.store import Record, Store, new_id
from deploy.dev.stripe.subscriptions import items_of, missing_method, trial_of


def create(store: Store, params: Params) -> Record:
    """Draft an invoice of what is pending for a customer."""
    customer = store.referred("customer", params.needed("customer"), "customer")
    metadata, description = params.metadata(), params.text("description") or None
    advance = params.flag("auto_advance")
    params.ignore("collection_method", "pending_invoice_items_behavior", "currency")
    params.done()
    record = invoicing.draft(store, customer, [], reason="manual")
    record |= {"auto_advance": advance or False, "description": description, "metadata": metadata}
    return journal.update(store, record)


def update(store: Store, params: Params, id_: str) -> Record:
    record = store.get("invoice", id_)
    record["metadata"] = params.metadata(record["metadata"])
    if params.has("description"):
        record["description"] = params.text("description") or None
    if (advance := params.flag("auto_advance")) is not None:
        record["auto_advance"] = advance
    params.done()
    return journal.update(store, record, "invoice.updated")


def finalize(store: Store, params: Params, id_: str) -> Record:
    record = store.get("invoice", id_)
    params.ignore("auto_advance")
    params.done()
    return invoicing.finalize(store, record)


def pay(store: Store, params: Params, id_: str) -> Record:
    record = store.get("invoice", id_)
    chosen, outside = params.text("payment_method") or None, params.flag("paid_out_of_band")
    params.ignore("off_session", "forgive")
    params.done()
    return pay_now(store, record, chosen, outside=outside or False)


def pay_now(store: Store, record: Record, chosen: str | None = None, *, outside: bool = False) -> Record:
    """Pay an open invoice; a declined attempt is recorded, and refused with 402."""
    if record["status"] == "draft":
        invoicing.finalize(store, record)
    elif record["status"] == "paid":
        raise StripeError("Invoice is already paid", code="invoice_already_paid")
    elif record["status"] != "open":
        raise StripeError("This invoice can no longer be paid", code="invoice_not_editable")
    if record["status"] == "paid":
        return record
    error: StripeError | None = None
    if outside:
        invoicing.mark_paid(store, record)
    else:
        method = store.referred("payment_method", chosen, "payment_method") if chosen else None
        if method and method["customer"] != record["customer"]:
            raise parameter_invalid("The customer does not have that payment method.", "payment_method")
        subscription = store.find("subscription", record["_subscription"] or "")
        method = method or default_of(store, record["customer"], subscription)
        if method is None:
            raise invoicing.no_method()
        error = invoicing.attempt(store, record, method, automatic=False)
    if error is not None:
        error.keep = True
        raise error
    billing.settle(store, record, None)
    return store.get("invoice", record["id"])


def void(store: Store, params: Params, id_: str) -> Record:
    record = store.get("invoice", id_)
    params.done()
    invoicing.void(store, record)
    billing.settle(store, record, None)
    return store.get("invoice", id_)


def listed(store: Store, params: Params) -> Page:
    status, subscription = params.text("status"), params.text("subscription")
    records = [
        record
        for record in store.all("invoice", customer=params.text("customer") or None)
        if status in {None, record["status"]} and subscription in {None, record["_subscription"]}
    ]
    return listing(params, records, "/v1/invoices")


def list_lines(store: Store, params: Params, id_: str) -> Page:
    record = store.get("invoice", id_)
    return listing(params, record["_lines"], f"/v1/invoices/{id_}/lines")


def list_payments(store: Store, params: Params) -> Page:
    invoice, status = params.text("invoice"), params.text("status")
    records = [
        record
        for record in store.all("invoice_payment")
        if invoice in {None, record["invoice"]} and status in {None, record["status"]}
    ]
    params.ignore("payment")
    return listing(params, records, "/v1/invoice_payments")


def create_preview(store: Store, params: Params) -> Record:
    """Return the invoice that a change would make: it is done, looked at, and undone."""
    details = params.nested("subscription_details")
    params.ignore("preview_mode", "automatic_tax", "currency", "customer_details")
    with store.rehearsal():
        subscription = params.text("subscription") or None
        if subscription:
            record = _changed(store, params, details, store.referred("subscription", subscription, "subscription"))
        else:
            record = _begun(store, params, details)
        # Its number, its addresses and its payment belong to the real one.
        record = store.get("invoice", record["id"])
        for line in record["_lines"]:
            line["invoice"] = None
    record |= {
        "id": new_id("upcoming_in"),
        "amount_paid": 0,
        "amount_remaining": record["amount_due"],
        "attempt_count": 0,
        "attempted": False,
        "hosted_invoice_url": None,
        "invoice_pdf": None,
        "number": None,
        "status": "draft",
    }
    record["status_transitions"] = dict.fromkeys(record["status_transitions"])
    return record


def _begun(store: Store, params: Params, details: Params) -> Record:
    customer = params.text("customer") or None
    if customer is None:
        raise parameter_missing("customer")
    owner = store.referred("customer", customer, "customer")
    wanted = changes.wanted_discounts(store, params, {"discounts": [], "customer": customer}) or []
    wish = billing.Wish(
        customer=owner["id"],
        items=items_of(details),
        trial_end=trial_of(store, details),
        missing_payment_method=missing_method(details),
        discounts=wanted,
        behavior="default_incomplete",
    )
    details.ignore("proration_behavior")
    params.done()
    record = billing.begin(store, wish)
    return store.get("invoice", record["latest_invoice"])


def _changed(store: Store, params: Params, details: Params, record: Record) -> Record:
    if params.text("customer") not in {None, record["customer"]}:
        raise parameter_invalid("The subscription belongs to another customer.", "customer")
    change = changes.change_of(store, details, record)
    change.behavior = "default_incomplete"
    if params.has("discounts"):
        change.discounts = changes.wanted_discounts(store, params, record)
    at_period_end, cancel_now = details.flag("cancel_at_period_end"), details.flag("cancel_now")
    details.ignore("cancel_at")
    made = changes.apply(store, record, change)
    params.done()
    journal.update(store, record)
    if made is not None:
        return made
    if record["status"] == "canceled" or at_period_end or cancel_now or record["cancel_at"]:
        raise StripeError("No upcoming invoices for customer", status=404, code="invoice_upcoming_none")
    return _next(store, record)


def _next(store: Store, record: Record) -> Record:
    """Return the invoice of the next renewal."""
    moment = min(item["current_period_end"] for item in record["_items"])
    with store.at(moment):
        invoice = billing.renewal(store, record, behavior="default_incomplete")
    if invoice is None:
        raise StripeError("No upcoming invoices for customer", status=404, code="invoice_upcoming_none")
    return invoice


def create_item(store: Store, params: Params) -> Record:
    customer = store.referred("customer", params.needed("customer"), "customer")
    subscription = params.text("subscription") or None
    if subscription:
        store.referred("subscription", subscription, "subscription")
    params.needed("amount")
    now = store.now()
    record = lines.invoice_item(
        id_=new_id("ii"),
        customer=customer["id"],
        currency=params.text("currency") or customer["currency"] or "usd",
        amount=params.integer("amount", low=-99_999_999, high=99_999_999) or 0,
        text=params.text("description") or "",
        period=(now, now),
        now=now,
    )
    discountable = params.flag("discountable")
    record |= {
        "discountable": discountable if discountable is not None else record["amount"] > 0,
        "metadata": params.metadata(),
        "_subscription": subscription,
    }
    params.done()
    return journal.create(store, record, "invoiceitem.created")


def delete_item(store: Store, params: Params, id_: str) -> Record:
    record = store.get("invoiceitem", id_)
    params.done()
    if record["invoice"]:
        raise StripeError("This invoice item is part of an invoice.", code="invoice_not_editable")
    return journal.remove(store, record, "invoiceitem.deleted")


def list_items(store: Store, params: Params) -> Page:
    pending, invoice = params.flag("pending"), params.text("invoice")
    records = [
        record
        for record in store.all("invoiceitem", customer=params.text("customer") or None)
        if pending in {None, record["invoice"] is None} and invoice in {None, record["invoice"]}
    ]
    return listing(params, records, "/v1/invoiceitems")
