"""The page of a checkout session."""

from html import escape

from deploy.dev.stripe import checkout
from deploy.dev.stripe.catalog import unit_price
from deploy.dev.stripe.customers import TAX_IDS
from deploy.dev.stripe.errors import StripeError
from deploy.dev.stripe.lines import day, money
from deploy.dev.stripe.page_layout import Form, Response, amount_text, card_fields, choice, field, go, page
from deploy.dev.stripe.store import Record, Store

DAY = 86_400


def show(store: Store, record: Record, form: Form | None = None, error: str = "") -> Response:
    if record["status"] == "complete":
        link = f'<p><a class="button" href="{escape(checkout.success_url(record))}">Go on</a></p>'
        return page("You have subscribed", link)
    if record["status"] == "expired" or record["expires_at"] <= store.now():
        return page("This page has expired", _back(record), status=410)
    form = form or {}
    content = _offer(store, record) + '<form method="post">'
    if not record["customer"]:
        content += field(
            "E-mail address", "email", form.get("email", record["customer_email"] or ""), kind="email", required=True
        )
    content += card_fields(form) + field("Name on the card", "name", form.get("name", ""))
    if record["allow_promotion_codes"]:
        content += field("Promotion code (optional)", "promotion_code", form.get("promotion_code", ""))
    if record["tax_id_collection"]["enabled"]:
        content += '<div class="pair">' + choice("Kind of tax id", "tax_type", tuple(TAX_IDS), form.get("tax_type", ""))
        content += field("Tax id (optional)", "tax_value", form.get("tax_value", "")) + "</div>"
    content += '<p><button class="main" name="action" value="subscribe">Subscribe</button></p></form>' + _back(record)
    content += "<p>4000 0000 0000 0002 is declined; 4000 0000 0000 0341 is accepted, and its charges fail later.</p>"
    return page("Subscribe", content, status=402 if error else 200, error=error)


def _offer(store: Store, record: Record) -> str:
    rows = []
    for item in record["_line_items"]["data"]:
        price = store.get("price", item["price"]["id"])
        every = f" / {price['recurring']['interval']}"
        what = money(unit_price(price), price["currency"]) + (" each, by usage" if item["quantity"] is None else every)
        rows.append(f"<tr><td>{escape(str(item['description']))}</td><td>{escape(what)}</td></tr>")
    trial = record["_trial_end"]
    if days := record["_trial_days"]:
        trial = store.now() + days * DAY
    text = f"<p>Free until {day(trial)}; you can cancel before.</p>" if trial and trial > store.now() else ""
    for given in record["_discounts"]:
        coupon = store.get("coupon", given["source"]["coupon"])
        off = (
            f"{coupon['percent_off']:g} %"
            if coupon["percent_off"]
            else amount_text(coupon["amount_off"], coupon["currency"])
        )
        text += f"<p>{escape(coupon['name'] or 'Discount')}: {escape(off)} off</p>"
    return f"<table>{''.join(rows)}</table>{text}"


def _back(record: Record) -> str:
    if not record["cancel_url"]:
        return ""
    return f'<p><a class="button" href="{escape(record["cancel_url"])}">Back</a></p>'


def submit(store: Store, record: Record, form: Form) -> Response:
    if record["status"] != "open":
        return go(checkout.success_url(record)) if record["status"] == "complete" else show(store, record)
    entered = checkout.Entered(
        number=form.get("card_number", ""),
        expires=form.get("expires", ""),
        name=form.get("name", "")[:200],
        email=form.get("email", "")[:200],
        promotion_code=form.get("promotion_code", "").strip(),
        tax_type=form.get("tax_type", ""),
        tax_value=form.get("tax_value", ""),
    )
    return go(checkout.success_url(checkout.complete(store, record, entered)))


def refused(store: Store, record: Record, form: Form, error: StripeError) -> Response:
    # The number is typed anew: it goes nowhere else.
    return show(store, record, {name: value for name, value in form.items() if name != "card_number"}, str(error))
