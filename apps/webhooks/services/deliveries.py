"""What is to be delivered: made from events, sent again, given up, and forgotten."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.core.ids import new_id
from apps.core.types import Principal
from apps.events.registry import events_open
from apps.events.selectors import IN_FEED, events_by_id
from apps.events.services.outbox import EVENT_LIFETIME
from apps.events.types import Actor, Event
from apps.webhooks.exceptions import AlreadyPending, EventGone, NotPending
from apps.webhooks.models import WebhookDelivery, WebhookEndpoint
from apps.webhooks.selectors import TEST_TYPE, delivery_get, endpoint_get, listener_of
from apps.webhooks.services.endpoints import webhook_emit

Status, Reason = WebhookDelivery.Status, WebhookDelivery.Reason
# Events go a little later: a delivery always finds its event.
_LIFETIME = EVENT_LIFETIME - timedelta(days=1)
PURGE_BATCH = 5_000


def deliveries_make(events: Sequence[Event]) -> None:
    """Queue events for the endpoints that want them: the consumer `webhooks`."""
    told = [event for event in events if event.organization_id is not None and event.name in IN_FEED]
    organizations = {event.organization_id for event in told if event.organization_id is not None}
    endpoints: dict[UUID, list[WebhookEndpoint]] = {}
    for endpoint in WebhookEndpoint.objects.filter(
        organization_id__in=organizations, status=WebhookEndpoint.Status.ENABLED
    ):
        endpoints.setdefault(endpoint.organization_id, []).append(endpoint)
    now = timezone.now()
    closed = _closed(told, endpoints, now=now)
    rows = [
        WebhookDelivery(
            endpoint=endpoint,
            organization_id=event.organization_id,
            event_id=event.id,
            event_type=event.name,
            sequence=event.sequence,
            position=event.position,
            created_at=now,
        )
        for event in told
        if event.organization_id is not None
        for endpoint in endpoints.get(event.organization_id, [])
        if _wants(endpoint, event) and (endpoint.id, event.id) not in closed
    ]
    if not rows:
        return
    ids = {row.endpoint_id for row in rows}
    # Deleting one meanwhile waits; one that is gone gets nothing.
    present = set(
        WebhookEndpoint.objects.select_for_update().filter(id__in=ids).order_by("id").values_list("id", flat=True)
    )
    WebhookDelivery.objects.bulk_create([row for row in rows if row.endpoint_id in present], ignore_conflicts=True)
    WebhookEndpoint.objects.filter(id__in=present, status=WebhookEndpoint.Status.ENABLED, next_attempt_at=None).update(
        next_attempt_at=now
    )


def _closed(
    told: Sequence[Event], endpoints: Mapping[UUID, Sequence[WebhookEndpoint]], *, now: datetime
) -> set[tuple[UUID, UUID]]:
    """Return what endpoints must not tell, as ids of endpoints and of events."""
    closed: set[tuple[UUID, UUID]] = set()
    for organization_id, rows in endpoints.items():
        events = [event for event in told if event.organization_id == organization_id]
        for same in _by_listener(rows):
            wanted = [event for event in events if any(_wants(row, event) for row in same)]
            if wanted:
                open_ones = {event.id for event in events_open(listener_of(same[0], now=now), wanted)}
                closed |= {(row.id, event.id) for row in same for event in wanted if event.id not in open_ones}
    return closed


def _by_listener(rows: Sequence[WebhookEndpoint]) -> list[list[WebhookEndpoint]]:
    """Return endpoints with those beside them that listen for the same."""
    found: dict[tuple[str, UUID | None, UUID | None], list[WebhookEndpoint]] = {}
    for row in rows:
        found.setdefault((row.module_id, row.created_by, row.key_id), []).append(row)
    return list(found.values())


def _wants(endpoint: WebhookEndpoint, event: Event) -> bool:
    # What happened before it was made is not its business.
    is_of_its_time = event.occurred_at >= endpoint.created_at
    return is_of_its_time and (not endpoint.event_types or event.name in endpoint.event_types)


@transaction.atomic
def test_send(*, principal: Principal, endpoint_id: UUID, now: datetime) -> WebhookDelivery:
    """Queue a test message, which is tried once and outside the order. Raises `NotFound`."""
    endpoint = endpoint_get(organization_id=principal.organization_id, endpoint_id=endpoint_id)
    delivery = WebhookDelivery.objects.create(
        endpoint=endpoint,
        organization_id=principal.organization_id,
        event_id=new_id(),
        event_type=TEST_TYPE,
        created_at=now,
    )
    webhook_emit("webhook.tested", Actor.of(principal), endpoint, now=now)
    return delivery


@transaction.atomic
def delivery_replay(*, principal: Principal, delivery_id: UUID, now: datetime) -> WebhookDelivery:
    """Send an event again, at its place in the order and with all tries.

    Raises `NotFound`, `AlreadyPending` or `EventGone`.
    """
    delivery = delivery_get(organization_id=principal.organization_id, delivery_id=delivery_id, lock=True)
    if delivery.sequence is None:
        raise EventGone("Send another test instead.")
    if delivery.status == Status.PENDING:
        raise AlreadyPending("It is on its way already.")
    if not events_by_id(event_ids=[delivery.event_id]):
        raise EventGone("The event is no longer kept.")
    _again(principal, delivery.endpoint, [delivery.id], now=now)
    delivery.refresh_from_db()
    return delivery


@transaction.atomic
def exhausted_replay(*, principal: Principal, endpoint_id: UUID, since: datetime | None, now: datetime) -> int:
    """Send again all that was given up since a time; return how many. Raises `NotFound`."""
    endpoint = endpoint_get(organization_id=principal.organization_id, endpoint_id=endpoint_id, lock=True)
    rows = WebhookDelivery.objects.filter(endpoint=endpoint, status=Status.EXHAUSTED, sequence__isnull=False)
    rows = rows.filter(created_at__gte=max(since or now - _LIFETIME, now - _LIFETIME))
    ids = list(rows.values_list("id", flat=True))
    if ids:
        _again(principal, endpoint, ids, now=now)
    return len(ids)


@transaction.atomic
def delivery_skip(*, principal: Principal, delivery_id: UUID, now: datetime) -> WebhookDelivery:
    """Give up a pending delivery, so that later ones go on. Raises `NotFound` or `NotPending`."""
    delivery = delivery_get(organization_id=principal.organization_id, delivery_id=delivery_id, lock=True)
    if delivery.status != Status.PENDING or delivery.sequence is None:
        raise NotPending("Only what is pending can be given up.")
    delivery.status, delivery.reason, delivery.finished_at = Status.EXHAUSTED, Reason.SKIPPED, now
    delivery.save(update_fields=["status", "reason", "finished_at"])
    _wake(delivery.endpoint, now=now)
    webhook_emit("webhook.skipped", Actor.of(principal), delivery.endpoint, now=now, event_type=delivery.event_type)
    return delivery


@transaction.atomic
def deliveries_purge(*, now: datetime) -> int:
    """Give up what has waited for too long, and forget what ended long ago; return how many were forgotten."""
    old = WebhookDelivery.objects.filter(created_at__lt=now - _LIFETIME)
    old.filter(status=Status.PENDING).update(status=Status.EXHAUSTED, reason=Reason.EXPIRED, finished_at=now)
    ended = WebhookDelivery.objects.exclude(status=Status.PENDING).filter(
        created_at__lt=now - _LIFETIME, finished_at__lt=now - timedelta(days=1)
    )
    _, counts = WebhookDelivery.objects.filter(id__in=ended.values("id")[:PURGE_BATCH]).delete()
    return counts.get(WebhookDelivery._meta.label, 0)  # noqa: SLF001 - Django's documented API


def _again(principal: Principal, endpoint: WebhookEndpoint, ids: Sequence[UUID], *, now: datetime) -> None:
    WebhookDelivery.objects.filter(id__in=ids).update(
        status=Status.PENDING, reason=Reason.NONE, attempts=0, finished_at=None
    )
    _wake(endpoint, now=now)
    webhook_emit("webhook.replayed", Actor.of(principal), endpoint, now=now, deliveries=len(ids))


def _wake(endpoint: WebhookEndpoint, *, now: datetime) -> None:
    """Have the endpoint tried now, whatever it was waiting for: somebody has asked for it."""
    WebhookEndpoint.objects.filter(id=endpoint.id, status=WebhookEndpoint.Status.ENABLED).update(next_attempt_at=now)
