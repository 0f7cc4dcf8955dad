"""What a dispatcher takes to send, and how it notes what came of it.

An endpoint belongs to one dispatcher at a time: to whoever has written its claim into the row. A dispatcher that is
killed loses it after `CLAIM`; what it had sent and not noted is sent again, with the same `webhook-id`.
"""

import json
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import F, Q

from apps.accounts.tokens import notice_token_issue
from apps.core.sealing import SealBroken, unseal
from apps.events.types import Listener
from apps.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from apps.webhooks.schedule import MAX_ATTEMPTS, delay_after
from apps.webhooks.selectors import listener_of, payloads_of
from apps.webhooks.services.endpoints import PURPOSE, endpoint_disable
from apps.webhooks.types import Message, Outcome, Work

logger = logging.getLogger(__name__)

# Longer than a turn takes at most: what is sent by then has been noted or has timed out.
CLAIM = timedelta(seconds=60)
MESSAGES_PER_TURN = 50
# Without a success for so long, an endpoint is switched off.
FAILING_AT_MOST = timedelta(days=5)
GONE = 410
_Delivery, _Endpoint = WebhookDelivery.Status, WebhookEndpoint.Status


@transaction.atomic
def work_claim(*, claim: UUID, count: int, now: datetime) -> list[Work]:
    """Take up to `count` endpoints that have something due, those that have waited longest first."""
    unclaimed = Q(claimed_until=None) | Q(claimed_until__lt=now)
    due = WebhookEndpoint.objects.filter(unclaimed, status=_Endpoint.ENABLED, next_attempt_at__lte=now)
    endpoints = list(due.select_for_update(skip_locked=True).order_by("next_attempt_at")[:count])
    WebhookEndpoint.objects.filter(id__in=[one.id for one in endpoints]).update(
        claimed_by=claim, claimed_until=now + CLAIM
    )
    return _works([(endpoint, _pending(endpoint)) for endpoint in endpoints], claim=claim, now=now)


@transaction.atomic
def tests_claim(*, claim: UUID, count: int, now: datetime) -> list[Work]:
    """Take test messages, each by itself; one that was taken by a dispatcher which died is given up."""
    tests = WebhookDelivery.objects.filter(status=_Delivery.PENDING, sequence=None)
    tests.filter(attempts__gt=0, created_at__lt=now - 2 * CLAIM).update(
        status=_Delivery.EXHAUSTED, reason=WebhookDelivery.Reason.ATTEMPTS, finished_at=now
    )
    fresh = tests.filter(attempts=0).select_for_update(skip_locked=True, of=("self",)).select_related("endpoint")
    taken = list(fresh.order_by("created_at")[:count])
    WebhookDelivery.objects.filter(id__in=[one.id for one in taken]).update(attempts=1)
    return _works([(one.endpoint, [one]) for one in taken], claim=claim, now=now, is_test=True)


@transaction.atomic
def turn_finish(*, work: Work, outcomes: Sequence[Outcome], now: datetime) -> None:
    """Note what came of a turn, and give the endpoint back with the time of its next one."""
    endpoint = WebhookEndpoint.objects.select_for_update().filter(id=work.endpoint_id).first()
    if endpoint is None:
        # Deleted meanwhile, with all that was to be delivered.
        return
    messages = {message.delivery_id: message for message in work.messages}
    _attempts_note(messages, outcomes)
    delivered = [one for one in outcomes if one.delivered]
    if delivered:
        WebhookDelivery.objects.filter(id__in=[one.delivery_id for one in delivered], status=_Delivery.PENDING).update(
            status=_Delivery.DELIVERED, reason="", finished_at=delivered[-1].at, attempts=F("attempts") + 1
        )
        endpoint.last_success_at, endpoint.failing_since = delivered[-1].at, None
    failed = next((one for one in outcomes if not one.delivered), None)
    wait = _fail(endpoint, messages[failed.delivery_id], failed, now=now) if failed else timedelta()
    if endpoint.claimed_by == work.claim:
        endpoint.claimed_by = endpoint.claimed_until = None
    if endpoint.status == _Endpoint.ENABLED:
        pending = WebhookDelivery.objects.filter(endpoint=endpoint, status=_Delivery.PENDING, sequence__isnull=False)
        endpoint.next_attempt_at = now + wait if pending.exists() else None
    endpoint.save(update_fields=["last_success_at", "failing_since", "claimed_by", "claimed_until", "next_attempt_at"])


@transaction.atomic
def test_finish(*, work: Work, outcome: Outcome) -> None:
    """Note what came of a test message, which is not tried again and says nothing about the endpoint's health."""
    _attempts_note({message.delivery_id: message for message in work.messages}, [outcome])
    WebhookDelivery.objects.filter(id=outcome.delivery_id, status=_Delivery.PENDING).update(
        status=_Delivery.DELIVERED if outcome.delivered else _Delivery.EXHAUSTED,
        reason="" if outcome.delivered else WebhookDelivery.Reason.ATTEMPTS,
        finished_at=outcome.at,
    )


def _fail(endpoint: WebhookEndpoint, message: Message, outcome: Outcome, *, now: datetime) -> timedelta:
    """Note a failure; return how long to wait before the endpoint is tried again."""
    endpoint.failing_since = endpoint.failing_since or outcome.at
    tries = message.attempts + 1
    delivery = WebhookDelivery.objects.filter(id=message.delivery_id, status=_Delivery.PENDING)
    is_gone = outcome.status_code == GONE
    # A module is the operator's, who brings it back; nobody else could switch it on again.
    is_gone = is_gone and not endpoint.module_id
    if is_gone or tries >= MAX_ATTEMPTS:
        reason = WebhookDelivery.Reason.GONE if is_gone else WebhookDelivery.Reason.ATTEMPTS
        delivery.update(status=_Delivery.EXHAUSTED, reason=reason, finished_at=now, attempts=tries)
    else:
        delivery.update(attempts=tries)
    if is_gone:
        endpoint_disable(endpoint, WebhookEndpoint.Reason.GONE, now=now)
    elif now - endpoint.failing_since > FAILING_AT_MOST and not endpoint.module_id:
        endpoint_disable(endpoint, WebhookEndpoint.Reason.FAILING, now=now)
    return timedelta() if tries >= MAX_ATTEMPTS else delay_after(tries, retry_after=outcome.retry_after)


def _attempts_note(messages: dict[UUID, Message], outcomes: Sequence[Outcome]) -> None:
    # A delivery may have been deleted meanwhile with its endpoint.
    kept = set(
        WebhookDelivery.objects.filter(id__in=[one.delivery_id for one in outcomes]).values_list("id", flat=True)
    )
    WebhookAttempt.objects.bulk_create(
        WebhookAttempt(
            delivery_id=one.delivery_id,
            number=messages[one.delivery_id].attempts + 1,
            at=one.at,
            status_code=one.status_code,
            error=one.error,
            milliseconds=one.milliseconds,
            response_excerpt=one.response_excerpt,
        )
        for one in outcomes
        if one.delivery_id in kept
    )


def _pending(endpoint: WebhookEndpoint) -> list[WebhookDelivery]:
    rows = WebhookDelivery.objects.filter(endpoint=endpoint, status=_Delivery.PENDING, sequence__isnull=False)
    return list(rows.order_by("sequence")[:MESSAGES_PER_TURN])


def _works(
    taken: Sequence[tuple[WebhookEndpoint, Sequence[WebhookDelivery]]],
    *,
    claim: UUID,
    now: datetime,
    is_test: bool = False,
) -> list[Work]:
    works = []
    for endpoint, deliveries in taken:
        try:
            secrets = _secrets(endpoint, now=now)
        except SealBroken:
            # Operators have lost a SECRET_KEY. The others go on; this one is looked at again when its claim has ended.
            logger.exception("webhook %s: its secret cannot be read", endpoint.id)
            continue
        try:
            with transaction.atomic():
                messages = _messages(deliveries, partial(listener_of, endpoint, now=now), now=now)
        except Exception:
            # What is wrong in one organisation's schema holds up nobody else; this one is looked at again as well.
            logger.exception("webhook %s: what is to be sent cannot be read", endpoint.id)
            continue
        works.append(Work(endpoint.id, claim, endpoint.url, secrets, messages, _token(endpoint, now=now), is_test))
    return works


def _secrets(endpoint: WebhookEndpoint, *, now: datetime) -> list[str]:
    if endpoint.module_id:
        return []
    sealed = [endpoint.sealed_secret]
    if endpoint.sealed_previous_secret and endpoint.previous_secret_until and endpoint.previous_secret_until > now:
        sealed.append(endpoint.sealed_previous_secret)
    return [unseal(one, purpose=PURPOSE) for one in sealed]


def _token(endpoint: WebhookEndpoint, *, now: datetime) -> str:
    # It holds for longer than a turn lasts.
    if not endpoint.module_id:
        return ""
    return notice_token_issue(organization_id=endpoint.organization_id, module_id=endpoint.module_id, now=now)


def _messages(
    deliveries: Sequence[WebhookDelivery], listener: Callable[[], Listener], *, now: datetime
) -> list[Message]:
    payloads, closed = payloads_of(deliveries, listener)
    # The purge does this long before the event goes.
    lost = {one.id for one in deliveries} - payloads.keys() - closed
    for ids, reason in ((lost, WebhookDelivery.Reason.EXPIRED), (closed, WebhookDelivery.Reason.CLOSED)):
        if ids:
            WebhookDelivery.objects.filter(id__in=ids).update(
                status=_Delivery.EXHAUSTED, reason=reason, finished_at=now
            )
    return [
        Message(
            one.id,
            one.event_id,
            json.dumps(payloads[one.id], cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":")),
            one.attempts,
        )
        for one in deliveries
        if one.id in payloads
    ]
