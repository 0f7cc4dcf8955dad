"""The webhooks of an organisation, by its API."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone
from standardwebhooks import Webhook

from apps.accounts.models import Organization
from apps.core.tenancy.scope import public_scope
from apps.events.models import OutboxEvent
from apps.events.services.outbox import EVENT_LIFETIME
from apps.webhooks.models import WebhookDelivery, WebhookEndpoint
from apps.webhooks.services.deliveries import deliveries_purge
from apps.webhooks.services.endpoints import MAX_ENDPOINTS, secrets_reseal
from tests.factories.fixtures import ClientFactory
from tests.factories.receivers import OK, Receiver
from tests.factories.webhooks import Round, happen

URL = "/api/v1/webhooks"


def test_made_listed_changed_and_deleted(acme: Organization, client_of: ClientFactory, receiver: Receiver) -> None:
    client = client_of(acme, "admin")
    made = client.post(URL, {"url": receiver.url, "event_types": ["role.deleted"]}, format="json")
    assert made.status_code == 201
    assert made.json()["secret"].startswith("whsec_")
    webhook = made.json()["id"]
    (listed,) = client.get(URL).json()["results"]
    assert "secret" not in listed
    assert (listed["status"], listed["pending"], listed["event_types"]) == ("enabled", 0, ["role.deleted"])
    off = client.patch(f"{URL}/{webhook}", {"status": "disabled", "description": "ours"}, format="json").json()
    assert (off["status"], off["disabled_reason"], off["description"]) == ("disabled", "manual", "ours")
    on = client.patch(f"{URL}/{webhook}", {"status": "enabled"}, format="json").json()
    assert (on["status"], on["disabled_reason"], on["disabled_at"]) == ("enabled", "", None)
    assert client.delete(f"{URL}/{webhook}").status_code == 204
    assert client.get(f"{URL}/{webhook}").status_code == 404
    names = OutboxEvent.objects.filter(subject_id=webhook).order_by("id").values_list("name", flat=True)
    assert list(names) == [
        "webhook.created", "webhook.updated", "webhook.disabled", "webhook.enabled", "webhook.deleted",
    ]  # fmt: skip


def test_secrets_are_neither_in_events_nor_readable_in_the_database(
    acme: Organization, client_of: ClientFactory, receiver: Receiver
) -> None:
    made = client_of(acme).post(URL, {"url": receiver.url + "?token=hidden"}, format="json").json()
    endpoint = WebhookEndpoint.objects.get(id=made["id"])
    assert made["secret"] not in str(vars(endpoint))
    for event in OutboxEvent.objects.filter(subject_id=made["id"]):
        assert "hidden" not in str(event.data)
        assert "whsec" not in str(event.data)
    assert secrets_reseal() == 1
    endpoint.refresh_from_db()
    assert made["secret"] not in endpoint.sealed_secret


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://example.com/hook", "https_required"),
        ("ftp://127.0.0.1/hook", "https_required"),
        ("https://user:word@127.0.0.1/", "address_not_allowed"),
        ("https://10.0.0.1/", "address_not_allowed"),
        ("https://192.168.1.1:8443/", "address_not_allowed"),
        ("https://100.64.0.1/", "address_not_allowed"),
        ("https://169.254.169.254/latest/meta-data/", "address_not_allowed"),
        ("https://[::1]/", "address_not_allowed"),
        ("https://[::ffff:10.0.0.1]/", "address_not_allowed"),
        ("https://[fd00::1]/", "address_not_allowed"),
        ("https://[fe80::1]/", "address_not_allowed"),
        ("https://0.0.0.0/", "address_not_allowed"),
        ("https://0x0a000001/", "address_not_allowed"),
        ("https://167772161/", "address_not_allowed"),
        ("https://127.0.0.1:99999/", "invalid_url"),
        ("https://127.0.0.1/a b", "invalid_url"),
        ("https://127.0.0.1/#x", "invalid_url"),
        ("https://", "address_not_allowed"),
        ("https://ёж.example/", "address_not_allowed"),
        ("not a url", "https_required"),
        ("http://localhost.:1/", "https_required"),
    ],
)
def test_addresses_that_may_not_be_called_are_refused(
    acme: Organization, client_of: ClientFactory, url: str, code: str
) -> None:
    answer = client_of(acme).post(URL, {"url": url}, format="json")
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/url", code)


def test_what_is_wrong_with_the_input_is_named(
    acme: Organization, client_of: ClientFactory, receiver: Receiver
) -> None:
    client = client_of(acme)
    for body in (
        {"url": receiver.url, "event_types": ["nothing.like_this"]},
        {"url": receiver.url, "event_types": ["sign_in.failed"]},
        {"url": receiver.url, "secret": "mine"},
        {"url": receiver.url, "organization_id": str(acme.id)},
        {"url": "https://127.0.0.1/" + "x" * 3_000},
        {},
    ):
        assert client.post(URL, body, format="json").status_code == 400
    assert not WebhookEndpoint.objects.exists()


def test_there_are_only_so_many(acme: Organization, client_of: ClientFactory, receiver: Receiver) -> None:
    client = client_of(acme)
    for _ in range(MAX_ENDPOINTS):
        assert client.post(URL, {"url": receiver.url}, format="json").status_code == 201
    refused = client.post(URL, {"url": receiver.url}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_webhooks")


def test_a_test_message_is_sent_once_and_outside_the_order(
    acme: Organization, client_of: ClientFactory, receiver: Receiver, deliver: Round
) -> None:
    client = client_of(acme)
    made = client.post(URL, {"url": receiver.url, "event_types": ["role.deleted"]}, format="json").json()
    happen(acme, "a")
    receiver.answers = lambda _: (500, {}, b"not now", 0)
    deliver()
    started = client.post(f"{URL}/{made['id']}/test", {}, format="json")
    assert started.status_code == 201
    deliver()
    shown = client.get(f"{URL}/deliveries/{started.json()['id']}").json()
    assert (shown["status"], shown["attempts"], shown["log"][0]["response_excerpt"]) == ("exhausted", 1, "not now")
    assert Webhook(made["secret"]).verify(receiver.got[-1].body, receiver.got[-1].headers) == shown["payload"]
    assert shown["payload"]["type"] == "webhook.test"
    assert deliver(later=timedelta(seconds=2)) == 0
    # It says nothing about the endpoint, and counts for nothing.
    endpoint = client.get(f"{URL}/{made['id']}").json()
    assert (endpoint["pending"], endpoint["exhausted"]) == (1, 0)


def test_skipped_replayed_and_all_replayed(
    acme: Organization, client_of: ClientFactory, receiver: Receiver, deliver: Round
) -> None:
    client = client_of(acme)
    webhook = client.post(URL, {"url": receiver.url, "event_types": ["role.deleted"]}, format="json").json()["id"]
    happen(acme, "a", "b")
    receiver.answers = lambda message: (500, {}, b"", 0) if b'"a"' in message.body else OK
    deliver()
    page = client.get(f"{URL}/{webhook}/deliveries?status=pending").json()
    second, first = page["results"]
    assert first["attempts"] == 1
    assert first["next_attempt_at"]
    again = client.post(f"{URL}/deliveries/{first['id']}/replay", {}, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "already_pending")
    skipped = client.post(f"{URL}/deliveries/{first['id']}/skip", {}, format="json")
    assert (skipped.status_code, skipped.json()["reason"]) == (200, "skipped")
    # Nobody waits any longer for what was skipped.
    deliver()
    assert client.get(f"{URL}/deliveries/{second['id']}").json()["status"] == "delivered"
    refused = client.post(f"{URL}/deliveries/{first['id']}/skip", {}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_pending")
    receiver.answers = lambda _: OK
    assert client.post(f"{URL}/{webhook}/replay", {}, format="json").json() == {"queued": 1}
    deliver()
    back = client.post(f"{URL}/deliveries/{second['id']}/replay", {}, format="json")
    assert (back.status_code, back.json()["status"]) == (202, "pending")
    deliver()
    assert receiver.ids == [first["event_id"], second["event_id"], first["event_id"], second["event_id"]]
    shown = client.get(f"{URL}/{webhook}").json()
    assert (shown["pending"], shown["delivered"], shown["exhausted"]) == (0, 2, 0)


def test_what_waits_too_long_is_given_up_and_what_ended_is_forgotten(
    acme: Organization, client_of: ClientFactory, receiver: Receiver, deliver: Round
) -> None:
    client = client_of(acme)
    webhook = client.post(URL, {"url": receiver.url, "event_types": ["role.deleted"]}, format="json").json()["id"]
    happen(acme, "a", "b")
    receiver.answers = lambda message: (500, {}, b"", 0) if b'"b"' in message.body else OK
    deliver()
    later = timezone.now() + EVENT_LIFETIME
    assert deliveries_purge(now=later) == 1
    (row,) = WebhookDelivery.objects.filter(endpoint_id=UUID(webhook))
    assert (row.status, row.reason) == ("exhausted", "expired")


def test_a_delivery_whose_event_is_gone_is_given_up(
    acme: Organization, client_of: ClientFactory, receiver: Receiver, deliver: Round
) -> None:
    client = client_of(acme)
    webhook = client.post(URL, {"url": receiver.url, "event_types": ["role.deleted"]}, format="json").json()["id"]
    happen(acme, "a", "b")
    first = WebhookDelivery.objects.filter(endpoint_id=webhook).order_by("sequence")[0]
    OutboxEvent.objects.filter(id=first.event_id).delete()
    deliver()
    first.refresh_from_db()
    assert (first.status, first.reason) == ("exhausted", "expired")
    assert len(receiver.got) == 1
    refused = client.post(f"{URL}/deliveries/{first.id}/replay", {}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "event_gone")


def test_nothing_is_sent_to_whom_is_deleted(
    acme: Organization, client_of: ClientFactory, receiver: Receiver, deliver: Round, run_jobs: Callable[[], int]
) -> None:
    client = client_of(acme)
    webhook = client.post(URL, {"url": receiver.url}, format="json").json()["id"]
    client.delete(f"{URL}/{webhook}")
    happen(acme, "a")
    assert deliver() == 0
    with public_scope():
        assert not WebhookDelivery.objects.exists()
