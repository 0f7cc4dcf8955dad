"""The Stripe stand-in through Stripe's own client: keys, errors, repetitions, lists, metadata."""

import threading
from typing import Any

import pytest
import stripe

from deploy.dev.stripe.server import StripeServer
from tests.factories.stripe import SECRET_KEY, WEBHOOK_SECRET, StandIn


def test_only_its_own_key_opens_it(stand_in: StandIn) -> None:
    client = stripe.StripeClient(f"sk_test_{'f' * 32}", base_addresses={"api": stand_in.api_host})
    with pytest.raises(stripe.AuthenticationError):
        client.v1.customers.list()
    assert stand_in.send("POST", "/_clock", b"", {})[0] == 401
    assert stand_in.client.v1.accounts.retrieve_current().id.startswith("acct_")


def test_foreign_host_names_are_refused(stand_in: StandIn) -> None:
    headers = {"Authorization": f"Bearer {SECRET_KEY}", "Host": "rebound.example:80"}
    assert stand_in.send("GET", "/v1/account", b"", headers)[0] == 421


def test_what_is_missing_or_unknown_is_named(stand_in: StandIn) -> None:
    with pytest.raises(stripe.InvalidRequestError) as missing:
        stand_in.client.v1.products.create({})  # type: ignore[typeddict-item]  # that is the test
    assert (missing.value.code, missing.value.param) == ("parameter_missing", "name")
    wish: Any = {"address": {"planet": "Mars"}}
    with pytest.raises(stripe.InvalidRequestError) as unknown:
        stand_in.client.v1.customers.create(wish)
    assert (unknown.value.code, unknown.value.param) == ("parameter_unknown", "address[planet]")
    with pytest.raises(stripe.InvalidRequestError) as gone:
        stand_in.client.v1.customers.retrieve("cus_none")
    assert (gone.value.code, gone.value.http_status) == ("resource_missing", 404)


def test_a_repeated_key_gives_the_same_answer_and_other_parameters_are_refused(stand_in: StandIn) -> None:
    client = stand_in.client
    first = client.v1.customers.create({"name": "A"}, {"idempotency_key": "k"})
    again = client.v1.customers.create({"name": "A"}, {"idempotency_key": "k"})
    assert first.id == again.id
    with pytest.raises(stripe.IdempotencyError):
        client.v1.customers.create({"name": "B"}, {"idempotency_key": "k"})
    assert len(client.v1.customers.list().data) == 1


def test_a_declined_payment_is_kept_for_its_key_too(stand_in: StandIn) -> None:
    customer = stand_in.client.v1.customers.create()
    for _ in range(2):
        with pytest.raises(stripe.CardError) as declined:
            stand_in.client.v1.payment_methods.attach(
                "pm_card_chargeDeclined", {"customer": customer.id}, {"idempotency_key": "d"}
            )
        assert declined.value.code == "card_declined"


def test_many_at_once_with_one_key_make_one_object(stand_in: StandIn) -> None:
    results: list[str] = []

    def create() -> None:
        client = stripe.StripeClient(SECRET_KEY, base_addresses={"api": stand_in.api_host}, max_network_retries=5)
        results.append(client.v1.customers.create({"name": "A"}, {"idempotency_key": "same"}).id)

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 8
    assert len(set(results)) == 1


def test_a_request_beside_another_with_its_key_is_told_to_come_again(
    stripe_server: StripeServer, stand_in: StandIn
) -> None:
    answers: list[int] = []

    def create() -> None:
        headers = {"Authorization": f"Bearer {SECRET_KEY}", "Idempotency-Key": "k"}
        answers.append(stand_in.send("POST", "/v1/customers", b"", headers)[0])

    with stripe_server.store.transaction():
        # The first waits for the store; the second finds it under way.
        waiting = threading.Thread(target=create)
        waiting.start()
        while "k" not in stripe_server.api._under_way:
            waiting.join(0.005)
        create()
    waiting.join()
    assert answers == [409, 200]


def test_lists_are_paged_both_ways(stand_in: StandIn) -> None:
    made = [stand_in.client.v1.customers.create({"name": str(n)}).id for n in range(7)]
    newest_first = made[::-1]
    page = stand_in.client.v1.customers.list({"limit": 3})
    assert [entry.id for entry in page.data] == newest_first[:3]
    assert page.has_more
    assert [entry.id for entry in page.auto_paging_iter()] == newest_first
    back = stand_in.client.v1.customers.list({"limit": 2, "ending_before": newest_first[4]})
    assert [entry.id for entry in back.data] == newest_first[2:4]
    with pytest.raises(stripe.InvalidRequestError):
        stand_in.client.v1.customers.list({"starting_after": "cus_none"})


def test_lists_are_filtered_by_time(stand_in: StandIn) -> None:
    stand_in.client.v1.customers.create()
    now = stand_in.advance(1000)
    late = stand_in.client.v1.customers.create()
    assert [entry.id for entry in stand_in.client.v1.customers.list({"created": {"gte": now}}).data] == [late.id]


def test_metadata_is_merged_and_emptied(stand_in: StandIn) -> None:
    customer = stand_in.client.v1.customers.create({"metadata": {"a": "1", "b": "2", "3": "digits"}})
    changed = stand_in.client.v1.customers.update(customer.id, {"metadata": {"a": "", "c": "4"}})
    assert changed.metadata is not None
    assert changed.metadata.to_dict() == {"b": "2", "3": "digits", "c": "4"}
    emptied = stand_in.client.v1.customers.update(customer.id, {"metadata": ""})
    assert emptied.metadata is not None
    assert emptied.metadata.to_dict() == {}


def test_what_cannot_be_expanded_is_refused(stand_in: StandIn) -> None:
    customer = stand_in.client.v1.customers.create()
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        stand_in.client.v1.customers.retrieve(customer.id, {"expand": ["planet"]})


def test_customers_outlive_a_restart(tmp_path: Any) -> None:
    ids = []
    for _ in range(2):
        server = StripeServer(tmp_path, port=0, secret_key=SECRET_KEY, webhook_secret=WEBHOOK_SECRET)
        server.start()
        client = StandIn(server.url).client
        ids.append({entry.id for entry in client.v1.customers.list().data})
        ids[-1].add(client.v1.customers.create().id)
        StandIn(server.url).advance(5)
        server.stop()
    assert ids[0] < ids[1]


def test_lookup_keys_move_only_when_asked(stand_in: StandIn) -> None:
    prices = stand_in.client.v1.prices
    product = stand_in.client.v1.products.create({"name": "Plan"}).id
    first = prices.create({"product": product, "currency": "usd", "unit_amount": 1, "lookup_key": "k"})
    with pytest.raises(stripe.InvalidRequestError):
        prices.create({"product": product, "currency": "usd", "unit_amount": 2, "lookup_key": "k"})
    second = prices.create(
        {"product": product, "currency": "usd", "unit_amount": 2, "lookup_key": "k", "transfer_lookup_key": True}
    )
    assert prices.retrieve(first.id).lookup_key is None
    assert [price.id for price in prices.list({"lookup_keys": ["k"]}).data] == [second.id]


def test_a_balance_and_tax_ids_belong_to_a_customer(stand_in: StandIn) -> None:
    client = stand_in.client
    customer = client.v1.customers.create()
    client.v1.customers.balance_transactions.create(customer.id, {"amount": -500, "currency": "usd"})
    assert client.v1.customers.retrieve(customer.id).balance == -500
    tax_id = client.v1.customers.tax_ids.create(customer.id, {"type": "eu_vat", "value": "DE123456789"})
    with pytest.raises(stripe.InvalidRequestError) as wrong:
        client.v1.customers.tax_ids.create(customer.id, {"type": "eu_vat", "value": "?"})
    assert wrong.value.code == "tax_id_invalid"
    other = client.v1.customers.create()
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.customers.tax_ids.retrieve(other.id, tax_id.id)
    client.v1.customers.tax_ids.delete(customer.id, tax_id.id)
    assert client.v1.customers.tax_ids.list(customer.id).data == []


def test_a_deleted_customer_stays_a_name(stand_in: StandIn) -> None:
    customer = stand_in.client.v1.customers.create()
    stand_in.client.v1.customers.delete(customer.id)
    assert stand_in.client.v1.customers.retrieve(customer.id).deleted
    assert stand_in.client.v1.customers.list().data == []
