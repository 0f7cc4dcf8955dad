"""What receivers get, and what becomes of each of their answers."""

import json
from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime
from uuid import UUID

import pytest
from django.core import mail
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from apps.accounts.models import Organization
from apps.events.models import OutboxEvent
from apps.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from apps.webhooks.schedule import DELAYS, JITTER, MAX_ATTEMPTS, delay_after
from apps.webhooks.selectors import endpoints_present
from apps.webhooks.services.dispatch import CLAIM, MESSAGES_PER_TURN, work_claim
from apps.webhooks.services.endpoints import secret_rotate
from tests.factories.receivers import OK, Receiver
from tests.factories.webhooks import Round, happen, make, owner_of

Status = WebhookDelivery.Status


def states(endpoint: WebhookEndpoint) -> list[str]:
    return list(endpoint.deliveries.order_by("sequence").values_list("status", flat=True))


def wait_of(endpoint: WebhookEndpoint) -> timedelta:
    endpoint.refresh_from_db()
    assert endpoint.next_attempt_at is not None
    return endpoint.next_attempt_at - timezone.now()


def test_a_message_is_signed_and_says_what_happened(acme: Organization, receiver: Receiver, deliver: Round) -> None:
    endpoint, secret = make(acme, receiver.url)
    happen(acme, "painter")
    deliver()
    created, deleted = receiver.got
    assert [one.content["type"] for one in receiver.got] == ["webhook.created", "role.deleted"]
    content = Webhook(secret).verify(deleted.body, deleted.headers)
    event = OutboxEvent.objects.get(name="role.deleted", organization_id=acme.id)
    assert content == {
        "type": "role.deleted",
        "timestamp": event.occurred_at.isoformat(),
        "data": {
            "id": str(event.id),
            "cursor": str(event.position),
            "occurred_at": event.occurred_at.isoformat(),
            "actor": {"kind": "system", "id": ""},
            "subject": {"kind": "role", "id": "painter"},
            "data": {"role": "painter"},
            "request_id": "-",
        },
    }
    assert deleted.id == str(event.id)
    assert states(endpoint) == [Status.DELIVERED, Status.DELIVERED]
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(deleted.body.replace(b"painter", b"plumber"), deleted.headers)
    assert created.headers["content-type"] == "application/json"


def test_only_what_is_asked_for_is_sent_and_nothing_of_others(
    acme: Organization, globex: Organization, receivers: Callable[[], Receiver], deliver: Round
) -> None:
    ours, picky, theirs = receivers(), receivers(), receivers()
    make(acme, ours.url)
    make(acme, picky.url, "member.left")
    make(globex, theirs.url)
    happen(acme, "a")
    deliver()
    types = [one.content["type"] for one in ours.got]
    assert [name for name in types if name != "session.opened"] == [
        "webhook.created",
        "webhook.created",
        "role.deleted",
    ]
    assert picky.got == []
    assert [one.content["type"] for one in theirs.got] == ["webhook.created"]


def test_both_secrets_sign_while_one_takes_the_other_s_place(
    acme: Organization, receiver: Receiver, deliver: Round
) -> None:
    endpoint, old = make(acme, receiver.url, "role.deleted")
    _, new = secret_rotate(
        principal=owner_of(acme), endpoint_id=endpoint.id, overlap=timedelta(hours=1), now=timezone.now()
    )
    happen(acme, "a")
    deliver()
    (message,) = receiver.got
    assert Webhook(old).verify(message.body, message.headers) == Webhook(new).verify(message.body, message.headers)
    _, newest = secret_rotate(
        principal=owner_of(acme), endpoint_id=endpoint.id, overlap=timedelta(), now=timezone.now()
    )
    happen(acme, "b")
    deliver()
    Webhook(newest).verify(receiver.got[-1].body, receiver.got[-1].headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(new).verify(receiver.got[-1].body, receiver.got[-1].headers)


def test_a_failure_holds_what_comes_after_it_and_the_order_stays(
    acme: Organization, receiver: Receiver, deliver: Round
) -> None:
    endpoint, _ = make(acme, receiver.url, "role.deleted")
    happen(acme, "a", "b", "c")
    receiver.answers = lambda message: (500, {}, b"boom", 0) if b'"b"' in message.body else OK
    deliver()
    assert [one.content["data"]["data"]["role"] for one in receiver.got] == ["a", "b"]
    assert states(endpoint) == [Status.DELIVERED, Status.PENDING, Status.PENDING]
    (shown,) = endpoints_present([endpoint])
    assert shown["pending"] == 2
    assert shown["first_pending"]["event_id"] == UUID(receiver.ids[1])
    assert (shown["first_pending"]["attempts"], shown["first_pending"]["last_attempt"]["status_code"]) == (1, 500)
    assert abs(wait_of(endpoint) - DELAYS[0]) < DELAYS[0] * JITTER + timedelta(seconds=1)
    assert deliver() == 0
    receiver.answers = lambda _: OK
    deliver(later=DELAYS[0] * 2)
    assert [one.content["data"]["data"]["role"] for one in receiver.got] == ["a", "b", "b", "c"]
    assert receiver.ids[1] == receiver.ids[2]
    assert states(endpoint) == [Status.DELIVERED] * 3
    assert endpoints_present([endpoint])[0]["first_pending"] is None
    tries = WebhookAttempt.objects.filter(delivery__endpoint=endpoint).order_by("at")
    assert [(one.number, one.status_code, one.error, one.response_excerpt) for one in tries] == [
        (1, 200, "", "thanks"),
        (1, 500, "status", "boom"),
        (2, 200, "", "thanks"),
        (1, 200, "", "thanks"),
    ]


def test_ten_tries_over_three_days_and_then_the_next_event(
    acme: Organization, receiver: Receiver, deliver: Round
) -> None:
    endpoint, _ = make(acme, receiver.url, "role.deleted")
    happen(acme, "a", "b")
    receiver.answers = lambda message: (503, {}, b"", 0) if b'"a"' in message.body else OK
    later, waits = timedelta(), []
    for _ in range(MAX_ATTEMPTS - 1):
        deliver(later=later)
        endpoint.refresh_from_db()
        assert endpoint.next_attempt_at is not None
        waits.append(endpoint.next_attempt_at - (timezone.now() + later))
        later += waits[-1] + timedelta(seconds=1)
    for wait, planned in zip(waits, DELAYS, strict=True):
        assert planned * (1 - JITTER) - timedelta(seconds=2) <= wait <= planned * (1 + JITTER)
    assert timedelta(hours=70) < sum(waits, timedelta()) < timedelta(hours=82)
    assert states(endpoint) == [Status.PENDING, Status.PENDING]
    deliver(later=later)
    assert states(endpoint) == [Status.EXHAUSTED, Status.PENDING]
    deliver(later=later + timedelta(seconds=1))
    assert states(endpoint) == [Status.EXHAUSTED, Status.DELIVERED]
    assert endpoint.deliveries.order_by("sequence").first().reason == "attempts"  # type: ignore[union-attr]  # there are two
    assert len(set(receiver.ids[:10])) == 1


@pytest.mark.parametrize("as_date", [False, True])
def test_retry_after_is_respected_and_capped(
    acme: Organization,
    receiver: Receiver,
    deliver: Round,
    as_date: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    endpoint, _ = make(acme, receiver.url, "role.deleted")
    happen(acme, "a")
    until = timezone.now() + timedelta(minutes=10)
    receiver.answers = lambda _: (429, {"Retry-After": format_datetime(until) if as_date else "600"}, b"", 0)
    deliver()
    assert timedelta(minutes=9, seconds=50) < wait_of(endpoint) <= timedelta(minutes=10, seconds=1)
    assert delay_after(1, retry_after=10.0**8) == timedelta(hours=24)
    assert delay_after(9, retry_after=1.0) > timedelta(hours=30)


def test_410_switches_it_off_and_keeps_what_is_pending(
    acme: Organization, receiver: Receiver, deliver: Round, run_jobs: Callable[[], int]
) -> None:
    endpoint, _ = make(acme, receiver.url, "role.deleted")
    happen(acme, "a", "b")
    receiver.answers = lambda _: (410, {}, b"", 0)
    deliver()
    endpoint.refresh_from_db()
    assert (endpoint.status, endpoint.disabled_reason) == ("disabled", "gone")
    assert states(endpoint) == [Status.EXHAUSTED, Status.PENDING]
    assert deliver(later=timedelta(days=1)) == 0
    run_jobs()
    assert "switched off" in mail.outbox[-1].subject
    assert "410" in mail.outbox[-1].body


def test_five_days_without_a_success_switch_it_off(acme: Organization, receiver: Receiver, deliver: Round) -> None:
    endpoint, _ = make(acme, receiver.url, "role.deleted")
    happen(acme, "a")
    receiver.answers = lambda _: (500, {}, b"", 0)
    deliver()
    WebhookEndpoint.objects.update(failing_since=timezone.now() - timedelta(days=5))
    deliver(later=timedelta(minutes=1))
    endpoint.refresh_from_db()
    assert (endpoint.status, endpoint.disabled_reason) == ("disabled", "failing")
    assert states(endpoint) == [Status.PENDING]


def test_redirects_are_not_followed(acme: Organization, receivers: Callable[[], Receiver], deliver: Round) -> None:
    receiver, elsewhere = receivers(), receivers()
    endpoint, _ = make(acme, receiver.url, "role.deleted")
    happen(acme, "a")
    receiver.answers = lambda _: (302, {"Location": elsewhere.url}, b"", 0)
    deliver()
    assert (len(receiver.got), elsewhere.got) == (1, [])
    attempt = WebhookAttempt.objects.get(delivery__endpoint=endpoint)
    assert (attempt.status_code, attempt.error) == (302, "redirect")
    assert states(endpoint) == [Status.PENDING]


def test_one_that_hangs_or_is_not_there_is_a_failure(
    acme: Organization, receivers: Callable[[], Receiver], deliver: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.webhooks.adapters.sender.TIMEOUT_SECONDS", 0.3)
    hangs = receivers()
    hangs.answers = lambda _: (200, {}, b"", 30.0)
    slow, _ = make(acme, hangs.url, "role.deleted")
    away, _ = make(acme, "http://127.0.0.1:9/hook", "role.deleted")
    happen(acme, "a")
    deliver()
    errors = {
        one.delivery.endpoint_id: (one.status_code, one.error)
        for one in WebhookAttempt.objects.select_related("delivery")
    }
    assert errors == {slow.id: (None, "timeout"), away.id: (None, "connection")}
    assert states(slow) == states(away) == [Status.PENDING]


def test_a_long_answer_is_cut_and_an_odd_one_is_kept_as_text(
    acme: Organization, receiver: Receiver, deliver: Round
) -> None:
    make(acme, receiver.url, "role.deleted")
    happen(acme, "a")
    receiver.answers = lambda _: (200, {}, b"\x00\xff" + b"x" * 1_000_000, 0)
    deliver()
    excerpt = WebhookAttempt.objects.get().response_excerpt
    assert len(excerpt) == 1_024
    assert excerpt.startswith("\ufffd\ufffdx")


def test_an_address_that_is_not_allowed_any_more_is_not_called(
    acme: Organization, receiver: Receiver, deliver: Round, settings: object
) -> None:
    make(acme, receiver.url, "role.deleted")
    happen(acme, "a")
    settings.WEBHOOK_ADDRESSES = []  # type: ignore[attr-defined]  # pytest-django's settings
    deliver()
    assert receiver.got == []
    assert WebhookAttempt.objects.get().error == "address_not_allowed"


def test_two_dispatchers_never_have_the_same_endpoint(acme: Organization, receiver: Receiver) -> None:
    endpoint, _ = make(acme, receiver.url, "role.deleted")
    happen(acme, *[f"r{number}" for number in range(MESSAGES_PER_TURN + 5)])
    now = timezone.now()
    (work,) = work_claim(claim=endpoint.id, count=5, now=now)
    assert len(work.messages) == MESSAGES_PER_TURN
    roles = [json.loads(message.body)["data"]["data"]["role"] for message in work.messages]
    assert roles == [f"r{number}" for number in range(MESSAGES_PER_TURN)]
    assert work_claim(claim=acme.id, count=5, now=now) == []
    # One that has died is believed to be alive for a while.
    assert len(work_claim(claim=acme.id, count=5, now=now + CLAIM + timedelta(seconds=1))) == 1
