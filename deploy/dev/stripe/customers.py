"""Customers, their tax ids and their balance."""

import re

from deploy.dev.stripe import journal
from deploy.dev.stripe.errors import parameter_invalid
from deploy.dev.stripe.forms import Params
from deploy.dev.stripe.payment_methods import attach
from deploy.dev.stripe.render import Page, listing
from deploy.dev.stripe.store import Record, Store, new_id

ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")
TEXTS = ("name", "email", "description", "phone")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
# The kinds that pages offer, with what their values look like.
TAX_IDS = {
    "eu_vat": re.compile(r"[A-Z]{2}[0-9A-Z+*.]{2,12}"),
    "gb_vat": re.compile(r"GB([0-9]{9}|[0-9]{12}|GD[0-9]{3}|HA[0-9]{3})"),
    "us_ein": re.compile(r"[0-9]{2}-[0-9]{7}"),
    "ch_vat": re.compile(r"CHE-?[0-9]{3}\.?[0-9]{3}\.?[0-9]{3} (MWST|TVA|IVA)"),
    "au_abn": re.compile(r"[0-9]{11}"),
    "ca_bn": re.compile(r"[0-9]{9}"),
    "in_gst": re.compile(r"[0-9A-Z]{15}"),
    "jp_trn": re.compile(r"T[0-9]{13}"),
    "no_vat": re.compile(r"[0-9]{9}MVA"),
}


def create_customer(store: Store, params: Params) -> Record:
    id_ = new_id("cus")
    record: Record = {
        "id": id_,
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": store.now(),
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": None,
        "invoice_prefix": id_[-8:].upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": {},
        "name": None,
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }
    _fill(store, params, record)
    method, balance = params.text("payment_method"), params.integer("balance")
    tax_ids = [(item.needed("type"), item.needed("value")) for item in params.items("tax_id_data")]
    params.done()
    journal.create(store, record, "customer.created")
    for kind, value in tax_ids:
        add_tax_id(store, record["id"], kind, value)
    if balance:
        change_balance(store, record["id"], balance, kind="adjustment")
    if method:
        attach(store, method, record["id"])
    return store.get("customer", record["id"])


def _fill(store: Store, params: Params, record: Record) -> None:
    """Take the fields that can be given at any time."""
    record["metadata"] = params.metadata(record["metadata"])
    for name in TEXTS:
        if params.has(name):
            record[name] = params.text(name, limit=800) or None
    if record["email"] and not EMAIL.fullmatch(record["email"]):
        raise parameter_invalid(f"Invalid email address: {record['email'][:100]}", "email", code="email_invalid")
    if params.has("address"):
        given = params.nested("address")
        record["address"] = {name: given.text(name) or None for name in ADDRESS}
    record["tax_exempt"] = params.text("tax_exempt", choices=("none", "exempt", "reverse")) or record["tax_exempt"]
    settings = params.nested("invoice_settings")
    if settings.has("default_payment_method"):
        id_ = settings.text("default_payment_method") or None
        if id_:
            method = store.referred("payment_method", id_, "invoice_settings[default_payment_method]")
            if method["customer"] != record["id"]:
                raise parameter_invalid(
                    "The customer does not have a payment method with that id.",
                    "invoice_settings[default_payment_method]",
                    code="resource_missing",
                )
        record["invoice_settings"]["default_payment_method"] = id_
    settings.ignore("custom_fields", "footer", "rendering_options")
    params.ignore("preferred_locales", "shipping", "tax", "business_name", "individual_name")


def retrieve_customer(store: Store, params: Params, id_: str) -> Record:
    params.done()
    return store.get("customer", id_)


def living(store: Store, id_: str) -> Record:
    """Return a customer that has not been deleted."""
    return store.referred("customer", id_, "customer")


def update_customer(store: Store, params: Params, id_: str) -> Record:
    record = living(store, id_)
    _fill(store, params, record)
    balance = params.integer("balance")
    params.done()
    journal.update(store, record, "customer.updated")
    if balance is not None and balance != record["balance"]:
        change_balance(store, id_, balance - record["balance"], kind="adjustment")
    return store.get("customer", id_)


def list_customers(store: Store, params: Params) -> Page:
    email = params.text("email")
    records = [
        record
        for record in store.all("customer")
        if not record.get("_deleted") and (email is None or record["email"] == email)
    ]
    return listing(params, records, "/v1/customers")


def change_balance(
    store: Store, customer: str, amount: int, *, kind: str, description: str | None = None, invoice: str | None = None
) -> Record:
    """Add to the customer's balance (what is owed is positive, credit negative); return the transaction."""
    record = store.get("customer", customer)
    record["balance"] += amount
    record["currency"] = record["currency"] or "usd"
    transaction: Record = {
        "id": new_id("cbtxn"),
        "object": "customer_balance_transaction",
        "amount": amount,
        "checkout_session": None,
        "created": store.now(),
        "credit_note": None,
        "currency": record["currency"],
        "customer": customer,
        "description": description,
        "ending_balance": record["balance"],
        "invoice": invoice,
        "livemode": False,
        "metadata": {},
        "type": kind,
    }
    journal.create(store, transaction)
    journal.update(store, record, "customer.updated")
    return transaction


def create_balance_transaction(store: Store, params: Params, id_: str) -> Record:
    living(store, id_)
    params.needed("amount")
    amount, _currency = params.integer("amount", low=-99_999_999, high=99_999_999) or 0, params.needed("currency")
    metadata, description = params.metadata(), params.text("description", limit=350) or None
    params.done()
    transaction = change_balance(store, id_, amount, kind="adjustment", description=description)
    return journal.update(store, transaction | {"metadata": metadata})


def list_balance_transactions(store: Store, params: Params, id_: str) -> Page:
    store.get("customer", id_)
    records = store.all("customer_balance_transaction", customer=id_)
    return listing(params, records, f"/v1/customers/{id_}/balance_transactions")


def add_tax_id(store: Store, customer: str, kind: str, value: str) -> Record:
    pattern = TAX_IDS.get(kind)
    if pattern is None:
        raise parameter_invalid(f"Invalid type: must be one of {', '.join(TAX_IDS)}", "type")
    if not pattern.fullmatch(value):
        raise parameter_invalid(f"Invalid value for {kind}.", "value", code="tax_id_invalid")
    record: Record = {
        "id": new_id("txi"),
        "object": "tax_id",
        "country": value[:2] if kind == "eu_vat" else kind[:2].upper(),
        "created": store.now(),
        "customer": customer,
        "customer_account": None,
        "livemode": False,
        "owner": {"customer": customer, "type": "customer"},
        "type": kind,
        "value": value,
        "verification": {"status": "verified", "verified_address": None, "verified_name": None},
    }
    return journal.create(store, record, "customer.tax_id.created")


def create_tax_id(store: Store, params: Params, customer: str = "") -> Record:
    if not customer:
        owner = params.nested("owner")
        owner.text("type", choices=("customer",))
        customer = owner.needed("customer")
    living(store, customer)
    kind, value = params.needed("type"), params.needed("value")
    params.done()
    return add_tax_id(store, customer, kind, value)


def tax_id_of(store: Store, id_: str, customer: str = "") -> Record:
    record = store.get("tax_id", id_)
    if customer and record["customer"] != customer:
        return store.get("tax_id", f"{id_} of {customer}")
    return record


def retrieve_tax_id(store: Store, params: Params, *path: str) -> Record:
    params.done()
    return tax_id_of(store, path[-1], path[0] if len(path) > 1 else "")


def delete_tax_id(store: Store, params: Params, *path: str) -> Record:
    record = retrieve_tax_id(store, params, *path)
    return journal.remove(store, record, "customer.tax_id.deleted")


def list_tax_ids(store: Store, params: Params, customer: str = "") -> Page:
    if customer:
        store.get("customer", customer)
        return listing(params, store.all("tax_id", customer=customer), f"/v1/customers/{customer}/tax_ids")
    owner = params.nested("owner")
    owner.ignore("type")
    return listing(params, store.all("tax_id", customer=owner.text("customer") or None), "/v1/tax_ids")
