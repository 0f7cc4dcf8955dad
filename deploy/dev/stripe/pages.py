"""The pages that somebody clicks through: checkout, portal, invoice. Forms alone, no script.

The id of the session in the address is what lets one in; there is nothing else that a foreign page could make use of.
"""

import re

from deploy.dev.stripe import clock, invoices, page_checkout, page_invoice, page_portal
from deploy.dev.stripe.errors import StripeError
from deploy.dev.stripe.page_layout import Form, Response, go, page
from deploy.dev.stripe.store import Record, Store

ADDRESS = re.compile(r"/(checkout|portal|invoice)/([0-9a-z_]{1,100})(/pdf)?")
KINDS = {"checkout": "checkout.session", "portal": "billing_portal.session", "invoice": "invoice"}


def respond(store: Store, method: str, path: str, form: Form) -> Response:
    """Answer a browser; only what is posted changes anything, and what is refused changes nothing."""
    found = ADDRESS.fullmatch(path)
    with store.transaction():
        record = store.find(KINDS[found[1]], found[2]) if found else None
    if path == "/":
        return page("Stripe stand-in", "<p>Checkout and portal open from the product's billing page.</p>")
    if found is None or record is None:
        return page("There is nothing here", "", status=404)
    if method == "GET":
        with store.transaction():
            return _show(store, found[1], record, pdf=bool(found[3]))
    if method != "POST" or found[3]:
        return page("That cannot be done here", "", status=405)
    return _post(store, found[1], found[2], form)


def _post(store: Store, kind: str, id_: str, form: Form) -> Response:
    try:
        with store.transaction():
            clock.catch_up(store, store.now())
            return _submit(store, kind, store.get(KINDS[kind], id_), form)
    except StripeError as error:
        with store.transaction():
            return _refused(store, kind, store.get(KINDS[kind], id_), form, error)


def _show(store: Store, kind: str, record: Record, *, pdf: bool) -> Response:
    if kind == "checkout":
        return page_checkout.show(store, record)
    if kind == "portal":
        return page_portal.show(store, record)
    return page_invoice.pdf(record) if pdf else page_invoice.show(record)


def _submit(store: Store, kind: str, record: Record, form: Form) -> Response:
    if kind == "checkout":
        return page_checkout.submit(store, record, form)
    if kind == "portal":
        return page_portal.submit(store, record, form)
    invoices.pay_now(store, record)
    return go(f"/invoice/{record['id']}")


def _refused(store: Store, kind: str, record: Record, form: Form, error: StripeError) -> Response:
    if kind == "checkout":
        return page_checkout.refused(store, record, form, error)
    if kind == "portal":
        return page_portal.show(store, record, str(error))
    return page_invoice.show(record, str(error))
