"""The page of a billing portal session: cards, the subscription, tax ids, invoices."""

from html import escape

from deploy.dev.stripe import billing, checkout, invoices, journal
from deploy.dev.stripe.customers import TAX_IDS, add_tax_id, tax_id_of
from deploy.dev.stripe.errors import StripeError
from deploy.dev.stripe.lines import day, product_name
from deploy.dev.stripe.page_layout import (
    Form,
    Response,
    amount_text,
    button,
    card_fields,
    card_text,
    choice,
    field,
    go,
    page,
)
from deploy.dev.stripe.payment_methods import add_card, attach, card_named, detach
from deploy.dev.stripe.store import Record, Store

ENDED = {"canceled", "incomplete_expired"}


def show(store: Store, record: Record, error: str = "") -> Response:
    customer = store.get("customer", record["customer"])
    if customer.get("_deleted"):
        return page("This customer has been deleted", "", status=410)
    content = f"<p>{escape(customer['name'] or customer['email'] or customer['id'])}</p>"
    if customer["balance"] < 0:
        content += f"<p>Credit: {amount_text(-customer['balance'], customer['currency'] or 'usd')}</p>"
    content += _subscriptions(store, customer) + _cards(store, customer) + _tax_ids(store, customer)
    content += _invoices(store, customer)
    if record["return_url"]:
        content += f'<p><a class="button" href="{escape(record["return_url"])}">Back</a></p>'
    return page("Billing", content, status=402 if error else 200, error=error)


def _subscriptions(store: Store, customer: Record) -> str:
    rows = []
    for record in store.all("subscription", customer=customer["id"]):
        if record["status"] in ENDED:
            continue
        names = ", ".join(product_name(store, store.get("price", item["price"])) for item in record["_items"])
        if record["cancel_at"]:
            state, act = f"ends on {day(record['cancel_at'])}", button("Resume", "resume", record["id"])
        else:
            renewal = min(item["current_period_end"] for item in record["_items"])
            state = f"{record['status'].replace('_', ' ')}, renews on {day(renewal)}"
            act = button("Cancel subscription", "cancel", record["id"])
        rows.append(f"<li><span>{escape(names)} ({escape(state)})</span>{act}</li>")
    return f"<h2>Subscription</h2><ul>{''.join(rows) or '<li>None</li>'}</ul>"


def _cards(store: Store, customer: Record) -> str:
    default, rows = customer["invoice_settings"]["default_payment_method"], []
    for method in store.all("payment_method", customer=customer["id"]):
        text = card_text(method)
        mark = " (default)" if method["id"] == default else ""
        acts = "" if mark else button("Make default", "default_card", method["id"], label=f"Make default: {text}")
        acts += button("Remove", "remove_card", method["id"], label=f"Remove: {text}")
        rows.append(f"<li><span>{escape(text)}{mark}</span>{acts}</li>")
    add = f'<form method="post">{card_fields({})}<p><button name="action" value="add_card">Add card</button></p></form>'
    return f"<h2>Payment methods</h2><ul>{''.join(rows) or '<li>None</li>'}</ul>{add}"


def _tax_ids(store: Store, customer: Record) -> str:
    rows = []
    for record in store.all("tax_id", customer=customer["id"]):
        text = f"{record['type']} {record['value']}"
        act = button("Remove", "remove_tax_id", record["id"], label=f"Remove: {text}")
        rows.append(f"<li><span>{escape(text)}</span>{act}</li>")
    fields = choice("Kind of tax id", "tax_type", tuple(TAX_IDS)) + field("Tax id", "tax_value", required=True)
    add = (
        f'<form method="post"><div class="pair">{fields}</div>'
        '<p><button name="action" value="add_tax_id">Add tax id</button></p></form>'
    )
    return f"<h2>Tax ids</h2><ul>{''.join(rows) or '<li>None</li>'}</ul>{add}"


def _invoices(store: Store, customer: Record) -> str:
    rows = []
    for record in store.all("invoice", customer=customer["id"]):
        if record["status"] == "draft":
            continue
        link = f'<a href="{escape(record["hosted_invoice_url"])}">{escape(record["number"])}</a>'
        amount = amount_text(record["amount_due"], record["currency"])
        act = button("Pay", "pay", record["id"], label=f"Pay {record['number']}") if record["status"] == "open" else ""
        rows.append(f"<li><span>{link}: {amount}, {record['status']}, {day(record['created'])}</span>{act}</li>")
    return f"<h2>Invoices</h2><ul>{''.join(rows) or '<li>None</li>'}</ul>"


def submit(store: Store, record: Record, form: Form) -> Response:
    customer, id_ = store.referred("customer", record["customer"], "customer"), form.get("id", "")
    match form.get("action"):
        case "add_card":
            _add_card(store, customer, form)
        case "default_card":
            _make_default(store, customer, _own(store, customer, "payment_method", id_)["id"])
        case "remove_card":
            detach(store, _own(store, customer, "payment_method", id_)["id"])
        case "add_tax_id":
            add_tax_id(store, customer["id"], form.get("tax_type", ""), form.get("tax_value", "").strip())
        case "remove_tax_id":
            journal.remove(store, tax_id_of(store, id_, customer["id"]), "customer.tax_id.deleted")
        case "cancel" | "resume" as action:
            _set_end(store, _own(store, customer, "subscription", id_), at_period_end=action == "cancel")
        case "pay":
            invoices.pay_now(store, _own(store, customer, "invoice", id_))
        case _:
            raise StripeError("There is no such action.")
    return go(f"/portal/{record['id']}")


def _own(store: Store, customer: Record, kind: str, id_: str) -> Record:
    """Return an object that belongs to this customer; what belongs to others is not there."""
    record = store.get(kind, id_)
    return record if record["customer"] == customer["id"] else store.get(kind, "")


def _add_card(store: Store, customer: Record, form: Form) -> None:
    expires = checkout.expiry(form.get("expires", ""))
    card = add_card(store, card_named(form.get("card_number", "")), expires=expires)
    attach(store, card["id"], customer["id"])
    _make_default(store, store.get("customer", customer["id"]), card["id"])


def _make_default(store: Store, customer: Record, id_: str) -> None:
    """Charge this card from now on; subscriptions that had one of their own follow, as in Stripe's portal."""
    customer["invoice_settings"]["default_payment_method"] = id_
    journal.update(store, customer, "customer.updated")
    for subscription in store.all("subscription", customer=customer["id"]):
        if subscription["default_payment_method"] and subscription["status"] not in ENDED:
            journal.update(store, subscription | {"default_payment_method": id_}, billing.UPDATED)


def _set_end(store: Store, record: Record, *, at_period_end: bool) -> None:
    if record["status"] in ENDED:
        raise StripeError("This subscription has ended.")
    billing.set_cancellation(store, record, at_period_end, None)
    journal.update(store, record, billing.UPDATED)
