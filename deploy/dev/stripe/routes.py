"""Which address is answered by what."""

import re
from collections.abc import Callable

from deploy.dev.stripe import (
    catalog,
    checkout,
    customers,
    discounts,
    invoices,
    meters,
    payment_methods,
    portal,
    subscriptions,
    webhooks,
)
from deploy.dev.stripe.errors import resource_missing
from deploy.dev.stripe.forms import Params
from deploy.dev.stripe.render import Page, listing
from deploy.dev.stripe.store import Record, Store

Handler = Callable[..., Record | Page]


def one(kind: str) -> Handler:
    """Answer with the object that the address names."""

    def retrieve(store: Store, params: Params, id_: str) -> Record:
        params.done()
        return store.get(kind, id_)

    return retrieve


def of_customer(kind: str, url: str) -> Handler:
    def listed(store: Store, params: Params) -> Page:
        params.ignore("payment_intent", "type")
        return listing(params, store.all(kind, customer=params.text("customer") or None), url)

    return listed


def account(store: Store, params: Params, id_: str = "") -> Record:
    """Answer with the one account that there is."""
    params.done()
    own = store.setting("account") or ""
    if id_ not in {"", own}:
        raise resource_missing("account", id_)
    return {
        "id": own,
        "object": "account",
        "business_profile": {"name": "Stripe stand-in", "support_email": None, "url": None},
        "business_type": "company",
        "capabilities": {"card_payments": "active", "transfers": "active"},
        "charges_enabled": True,
        "country": "US",
        "created": int(store.setting("account_created") or 0),
        "default_currency": "usd",
        "details_submitted": True,
        "email": "account@stand-in.example",
        "livemode": False,
        "metadata": {},
        "payouts_enabled": True,
        "settings": {
            "branding": {"icon": None, "logo": None, "primary_color": None, "secondary_color": None},
            "dashboard": {"display_name": "Stripe stand-in", "timezone": "Etc/UTC"},
            "payments": {"statement_descriptor": "STAND-IN"},
        },
        "type": "standard",
    }


METER = "/v1/billing/meters"
PORTAL = "/v1/billing_portal"
SESSIONS = "/v1/checkout/sessions"
TABLE: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/v1/account", account),
    ("GET", "/v1/accounts/{}", account),
    ("POST", "/v1/customers", customers.create_customer),
    ("GET", "/v1/customers", customers.list_customers),
    ("GET", "/v1/customers/{}", one("customer")),
    ("POST", "/v1/customers/{}", customers.update_customer),
    ("DELETE", "/v1/customers/{}", subscriptions.delete_customer),
    ("POST", "/v1/customers/{}/balance_transactions", customers.create_balance_transaction),
    ("GET", "/v1/customers/{}/balance_transactions", customers.list_balance_transactions),
    ("POST", "/v1/customers/{}/tax_ids", customers.create_tax_id),
    ("GET", "/v1/customers/{}/tax_ids", customers.list_tax_ids),
    ("GET", "/v1/customers/{}/tax_ids/{}", customers.retrieve_tax_id),
    ("DELETE", "/v1/customers/{}/tax_ids/{}", customers.delete_tax_id),
    ("GET", "/v1/customers/{}/payment_methods", payment_methods.list_payment_methods),
    ("GET", "/v1/customers/{}/payment_methods/{}", payment_methods.retrieve_of_customer),
    ("POST", "/v1/tax_ids", customers.create_tax_id),
    ("GET", "/v1/tax_ids", customers.list_tax_ids),
    ("GET", "/v1/tax_ids/{}", customers.retrieve_tax_id),
    ("DELETE", "/v1/tax_ids/{}", customers.delete_tax_id),
    ("POST", "/v1/products", catalog.create_product),
    ("GET", "/v1/products", catalog.list_products),
    ("GET", "/v1/products/{}", one("product")),
    ("POST", "/v1/products/{}", catalog.update_product),
    ("DELETE", "/v1/products/{}", catalog.delete_product),
    ("GET", "/v1/products/{}/features", catalog.list_product_features),
    ("POST", "/v1/prices", catalog.create_price),
    ("GET", "/v1/prices", catalog.list_prices),
    ("GET", "/v1/prices/{}", one("price")),
    ("POST", "/v1/prices/{}", catalog.update_price),
    ("POST", "/v1/payment_methods", payment_methods.create_payment_method),
    ("GET", "/v1/payment_methods", payment_methods.list_payment_methods),
    ("GET", "/v1/payment_methods/{}", one("payment_method")),
    ("POST", "/v1/payment_methods/{}", payment_methods.update_payment_method),
    ("POST", "/v1/payment_methods/{}/attach", payment_methods.attach_payment_method),
    ("POST", "/v1/payment_methods/{}/detach", payment_methods.detach_payment_method),
    ("POST", "/v1/coupons", discounts.create_coupon),
    ("GET", "/v1/coupons", discounts.list_coupons),
    ("GET", "/v1/coupons/{}", discounts.retrieve_coupon),
    ("POST", "/v1/coupons/{}", discounts.update_coupon),
    ("DELETE", "/v1/coupons/{}", discounts.delete_coupon),
    ("POST", "/v1/promotion_codes", discounts.create_promotion_code),
    ("GET", "/v1/promotion_codes", discounts.list_promotion_codes),
    ("GET", "/v1/promotion_codes/{}", one("promotion_code")),
    ("POST", "/v1/promotion_codes/{}", discounts.update_promotion_code),
    ("POST", SESSIONS, checkout.create),
    ("GET", SESSIONS, checkout.listed),
    ("GET", SESSIONS + "/{}", one("checkout.session")),
    ("GET", SESSIONS + "/{}/line_items", checkout.list_line_items),
    ("POST", SESSIONS + "/{}/expire", checkout.expire_session),
    ("POST", PORTAL + "/sessions", portal.create_session),
    ("POST", PORTAL + "/configurations", portal.create_configuration),
    ("GET", PORTAL + "/configurations", portal.list_configurations),
    ("GET", PORTAL + "/configurations/{}", one("billing_portal.configuration")),
    ("POST", "/v1/subscriptions", subscriptions.create),
    ("GET", "/v1/subscriptions", subscriptions.listed),
    ("GET", "/v1/subscriptions/{}", one("subscription")),
    ("POST", "/v1/subscriptions/{}", subscriptions.update),
    ("DELETE", "/v1/subscriptions/{}", subscriptions.cancel),
    ("POST", "/v1/subscriptions/{}/resume", subscriptions.resume),
    ("DELETE", "/v1/subscriptions/{}/discount", subscriptions.delete_discount),
    ("GET", "/v1/subscription_items", subscriptions.list_items),
    ("GET", "/v1/subscription_items/{}", subscriptions.retrieve_item),
    ("POST", "/v1/invoices/create_preview", invoices.create_preview),
    ("POST", "/v1/invoices", invoices.create),
    ("GET", "/v1/invoices", invoices.listed),
    ("GET", "/v1/invoices/{}", one("invoice")),
    ("POST", "/v1/invoices/{}", invoices.update),
    ("GET", "/v1/invoices/{}/lines", invoices.list_lines),
    ("POST", "/v1/invoices/{}/finalize", invoices.finalize),
    ("POST", "/v1/invoices/{}/pay", invoices.pay),
    ("POST", "/v1/invoices/{}/void", invoices.void),
    ("GET", "/v1/invoice_payments", invoices.list_payments),
    ("GET", "/v1/invoice_payments/{}", one("invoice_payment")),
    ("POST", "/v1/invoiceitems", invoices.create_item),
    ("GET", "/v1/invoiceitems", invoices.list_items),
    ("GET", "/v1/invoiceitems/{}", one("invoiceitem")),
    ("DELETE", "/v1/invoiceitems/{}", invoices.delete_item),
    ("GET", "/v1/payment_intents", of_customer("payment_intent", "/v1/payment_intents")),
    ("GET", "/v1/payment_intents/{}", one("payment_intent")),
    ("GET", "/v1/charges", of_customer("charge", "/v1/charges")),
    ("GET", "/v1/charges/{}", one("charge")),
    ("POST", METER, meters.create_meter),
    ("GET", METER, meters.list_meters),
    ("GET", METER + "/{}", one("billing.meter")),
    ("POST", METER + "/{}", meters.update_meter),
    ("POST", METER + "/{}/deactivate", meters.deactivate_meter),
    ("POST", METER + "/{}/reactivate", meters.reactivate_meter),
    ("GET", METER + "/{}/event_summaries", meters.event_summaries),
    ("POST", "/v1/billing/meter_events", meters.create_meter_event),
    ("POST", "/v1/entitlements/features", catalog.create_feature),
    ("GET", "/v1/entitlements/features", catalog.list_features),
    ("GET", "/v1/entitlements/features/{}", one("entitlements.feature")),
    ("GET", "/v1/entitlements/active_entitlements", catalog.list_active_entitlements),
    ("POST", "/v1/webhook_endpoints", webhooks.create_endpoint),
    ("GET", "/v1/webhook_endpoints", of_customer("webhook_endpoint", "/v1/webhook_endpoints")),
    ("GET", "/v1/webhook_endpoints/{}", one("webhook_endpoint")),
    ("POST", "/v1/webhook_endpoints/{}", webhooks.update_endpoint),
    ("DELETE", "/v1/webhook_endpoints/{}", webhooks.delete_endpoint),
    ("GET", "/v1/events", webhooks.list_events),
    ("GET", "/v1/events/{}", one("event")),
)
COMPILED = tuple((method, re.compile(path.replace("{}", "([^/]{1,255})")), handler) for method, path, handler in TABLE)


def find(method: str, path: str) -> tuple[Handler, tuple[str, ...]] | None:
    for own, pattern, handler in COMPILED:
        if own == method and (found := pattern.fullmatch(path)):
            return handler, found.groups()
    return None
