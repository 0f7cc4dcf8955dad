"""Billing portal sessions and their configurations."""

from deploy.dev.stripe import journal
from deploy.dev.stripe.forms import Params
from deploy.dev.stripe.render import Page, listing
from deploy.dev.stripe.store import Record, Store, new_id


def create_session(store: Store, params: Params) -> Record:
    customer = store.referred("customer", params.needed("customer"), "customer")
    configuration = params.text("configuration") or None
    if configuration:
        store.referred("billing_portal.configuration", configuration, "configuration")
    id_ = new_id("bps") + new_id("")[1:]
    record: Record = {
        "id": id_,
        "object": "billing_portal.session",
        "configuration": configuration or default_configuration(store)["id"],
        "created": store.now(),
        "customer": customer["id"],
        "customer_account": None,
        "flow": None,
        "livemode": False,
        "locale": params.text("locale") or None,
        "on_behalf_of": None,
        "return_url": params.url("return_url") or None,
        "url": f"{store.base_url}/portal/{id_}",
    }
    params.ignore("flow_data")
    params.done()
    return journal.create(store, record)


def default_configuration(store: Store) -> Record:
    for record in store.all("billing_portal.configuration"):
        if record["is_default"]:
            return record
    return journal.create(store, _configuration(store) | {"is_default": True})


def _configuration(store: Store) -> Record:
    now = store.now()
    return {
        "id": new_id("bpc"),
        "object": "billing_portal.configuration",
        "active": True,
        "application": None,
        "business_profile": {"headline": None, "privacy_policy_url": None, "terms_of_service_url": None},
        "created": now,
        "default_return_url": None,
        "features": {
            "customer_update": {"allowed_updates": ["tax_id"], "enabled": True},
            "invoice_history": {"enabled": True},
            "payment_method_update": {"enabled": True, "payment_method_configuration": None},
            "subscription_cancel": {"enabled": True, "mode": "at_period_end", "proration_behavior": "none"},
            "subscription_update": {"enabled": False},
        },
        "is_default": False,
        "livemode": False,
        "login_page": {"enabled": False, "url": None},
        "metadata": {},
        "name": None,
        "updated": now,
    }


def create_configuration(store: Store, params: Params) -> Record:
    """Make a configuration; the stand-in's portal offers the same whatever its features are."""
    record = _configuration(store)
    record |= {"metadata": params.metadata(), "name": params.text("name") or None}
    record["default_return_url"] = params.url("default_return_url") or None
    params.ignore("business_profile", "features", "login_page")
    params.done()
    return journal.create(store, record, "billing_portal.configuration.created")


def list_configurations(store: Store, params: Params) -> Page:
    default, active = params.flag("is_default"), params.flag("active")
    records = [
        record
        for record in store.all("billing_portal.configuration")
        if default in {None, record["is_default"]} and active in {None, record["active"]}
    ]
    return listing(params, records, "/v1/billing_portal/configurations")
