"""The API of subscriptions."""

from deploy.dev.stripe import billing, changes, discounts, journal, lines
from deploy.dev.stripe.errors import StripeError, parameter_invalid
from deploy.dev.stripe.forms import Params
from deploy.dev.stripe.render import Page, listing
from deploy.dev.stripe.store import Record, Store

DAY = 86_400
# What Stripe knows and nobody here asks for.
UNUSED = ("automatic_tax", "collection_method", "invoice_settings", "off_session", "payment_settings", "billing_mode")


def create(store: Store, params: Params) -> Record:
    customer = store.referred("customer", params.needed("customer"), "customer")["id"]
    params.text("collection_method", choices=("charge_automatically",))
    wish = billing.Wish(
        customer=customer,
        items=items_of(params),
        metadata=params.metadata(),
        description=params.text("description") or None,
        trial_end=trial_of(store, params),
        missing_payment_method=missing_method(params),
        method=own_method(store, params, customer),
        discounts=discounts.chosen(store, params.items("discounts"), customer),
        cancel_at=params.integer("cancel_at", low=1),
        cancel_at_period_end=params.flag("cancel_at_period_end") or False,
        behavior=params.text("payment_behavior", choices=changes.BEHAVIORS) or "allow_incomplete",
    )
    params.ignore(*UNUSED, "proration_behavior", "trial_from_plan")
    params.done()
    return billing.begin(store, wish)


def items_of(params: Params, name: str = "items") -> list[tuple[str, int, dict[str, str]]]:
    found = []
    for item in params.items(name):
        quantity = item.integer("quantity", low=0, high=1_000_000)
        found.append((item.needed("price"), 1 if quantity is None else quantity, item.metadata()))
    return found


def trial_of(store: Store, params: Params) -> int | None:
    days = params.integer("trial_period_days", low=1, high=730)
    if days is not None:
        return store.now() + days * DAY
    return None if params.text("trial_end") == "now" else params.integer("trial_end", low=1)


def missing_method(params: Params) -> str:
    given = params.nested("trial_settings").nested("end_behavior")
    choices = ("create_invoice", "cancel", "pause")
    return given.text("missing_payment_method", choices=choices) or "create_invoice"


def own_method(store: Store, params: Params, customer: str) -> str | None:
    id_ = params.text("default_payment_method") or None
    if id_ and store.referred("payment_method", id_, "default_payment_method")["customer"] != customer:
        raise parameter_invalid("The customer does not have that payment method.", "default_payment_method")
    return id_


def update(store: Store, params: Params, id_: str) -> Record:
    record = store.get("subscription", id_)
    record["metadata"] = params.metadata(record["metadata"])
    if params.has("description"):
        record["description"] = params.text("description") or None
    if params.has("default_payment_method"):
        record["default_payment_method"] = own_method(store, params, record["customer"])
    if params.has("trial_settings"):
        record["trial_settings"]["end_behavior"]["missing_payment_method"] = missing_method(params)
    _cancellation_details(params, record)
    change = changes.change_of(store, params, record)
    at_period_end, has_end, end = (
        params.flag("cancel_at_period_end"),
        params.has("cancel_at"),
        params.integer("cancel_at"),
    )
    params.ignore(*UNUSED)
    asked = any(params.has(name) for name in ("items", "trial_end", "billing_cycle_anchor", "discounts"))
    if asked:
        changes.apply(store, record, change)
    params.done()
    if at_period_end is not None or has_end:
        _refuse_ended(record)
        billing.set_cancellation(store, record, at_period_end or False, end)
    elif record["cancel_at_period_end"]:
        # The period may be another one now.
        billing.set_cancellation(store, record, True, None)  # noqa: FBT003 - see its signature
    return journal.update(store, record, billing.UPDATED)


def _refuse_ended(record: Record) -> None:
    if record["status"] in {"canceled", "incomplete_expired"}:
        raise StripeError("A canceled subscription can only update its cancellation_details and metadata.")


def _cancellation_details(params: Params, record: Record) -> None:
    given = params.nested("cancellation_details")
    for name in ("comment", "feedback"):
        if given.has(name):
            record["cancellation_details"][name] = given.text(name) or None


def cancel(store: Store, params: Params, id_: str) -> Record:
    record = store.get("subscription", id_)
    if record["status"] in {"canceled", "incomplete_expired"}:
        raise StripeError(f"No such subscription: '{id_}'", status=404, code="resource_missing", param="id")
    prorate, invoice_now = params.flag("prorate"), params.flag("invoice_now")
    _cancellation_details(params, record)
    params.done()
    credited = [item for item in record["_items"] if prorate and record["status"] != "trialing"]
    credited = [item for item in credited if not lines.is_metered(store.get("price", item["price"]))]
    if invoice_now:
        for item in credited:
            lines.credit(store, record, item, store.now())
        billing.final_usage(store, record)
    billing.end(store, record, reason="cancellation_requested")
    for item in credited if not invoice_now else []:
        # The customer's next invoice takes it up.
        pending = lines.credit(store, record, item, store.now())
        if pending:
            journal.update(store, pending | {"_subscription": None})
    return record


def resume(store: Store, params: Params, id_: str) -> Record:
    record = store.get("subscription", id_)
    params.ignore("billing_cycle_anchor", "proration_behavior")
    params.done()
    return billing.resume(store, record)


def delete_discount(store: Store, params: Params, id_: str) -> Record:
    record = store.get("subscription", id_)
    params.done()
    given = record["discounts"]
    if not given:
        raise StripeError("No active discount for subscription", status=404, code="resource_missing")
    discounts.give(store, record, [])
    journal.update(store, record, billing.UPDATED)
    return {"id": given[-1], "object": "discount", "deleted": True}


def listed(store: Store, params: Params) -> Page:
    status, price = params.text("status"), params.text("price")
    records = store.all("subscription", customer=params.text("customer") or None)
    ended = {"canceled", "incomplete_expired"}
    wanted: set[str] | None = {status} if status else None
    if status == "ended":
        wanted = ended
    records = [
        record
        for record in records
        if (status == "all" or (record["status"] in wanted if wanted else record["status"] not in ended))
        and (price is None or any(item["price"] == price for item in record["_items"]))
    ]
    return listing(params, records, "/v1/subscriptions")


def list_items(store: Store, params: Params) -> Page:
    record = store.referred("subscription", params.needed("subscription"), "subscription")
    items = [item | {"subscription": record["id"]} for item in record["_items"]]
    return listing(params, items, "/v1/subscription_items")


def retrieve_item(store: Store, params: Params, id_: str) -> Record:
    params.done()
    for record in store.all("subscription"):
        for item in record["_items"]:
            if item["id"] == id_:
                found: Record = item | {"subscription": record["id"]}
                return found
    raise StripeError(f"No such subscription_item: '{id_[:100]}'", status=404, code="resource_missing", param="id")


def delete_customer(store: Store, params: Params, id_: str) -> Record:
    """Delete a customer, whose subscriptions end."""
    record = store.referred("customer", id_, "id")
    params.done()
    for subscription in store.all("subscription", customer=id_):
        if subscription["status"] not in {"canceled", "incomplete_expired"}:
            billing.end(store, subscription, reason="cancellation_requested")
    journal.update(store, record | {"_deleted": True})
    shown = {name: value for name, value in record.items() if name[0] != "_"}
    journal.announce(store, "customer.deleted", shown)
    return {"id": id_, "object": "customer", "deleted": True}
