"""Reading endpoints and deliveries, as the API tells of them."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Min, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from apps.accounts.selectors.memberships import member_principal
from apps.accounts.selectors.principals import api_key_principal, nobody
from apps.core.exceptions import NotFound
from apps.core.types import Principal
from apps.events.api.serializers import event_present
from apps.events.registry import events_open
from apps.events.selectors import events_by_id
from apps.events.types import Event, Listener
from apps.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint

TEST_TYPE = "webhook.test"
_Status = WebhookDelivery.Status


def endpoint_get(*, organization_id: UUID, endpoint_id: UUID, lock: bool = False) -> WebhookEndpoint:
    """Return an endpoint of the organisation's people; raises `NotFound`."""
    rows = WebhookEndpoint.objects.select_for_update() if lock else WebhookEndpoint.objects
    endpoint = rows.filter(organization_id=organization_id, id=endpoint_id, module_id="").first()
    if endpoint is None:
        raise NotFound("There is no such webhook.")
    return endpoint


def delivery_get(*, organization_id: UUID, delivery_id: UUID, lock: bool = False) -> WebhookDelivery:
    """Return a delivery of the organisation; raises `NotFound`. A lock is on its endpoint, as dispatchers take it."""
    rows = WebhookDelivery.objects.filter(organization_id=organization_id, endpoint__module_id="")
    delivery = rows.filter(id=delivery_id).first()
    if delivery is None:
        raise NotFound("There is no such delivery.")
    if lock:
        endpoint_get(organization_id=organization_id, endpoint_id=delivery.endpoint_id, lock=True)
        delivery.refresh_from_db()
    return delivery


def payload_of(event: Event) -> dict[str, Any]:
    """Return what a receiver gets of an event (Standard Webhooks: type, timestamp, data)."""
    data = event_present(event)
    return {"type": data.pop("type"), "timestamp": data["occurred_at"], "data": data}


def test_payload(delivery: WebhookDelivery) -> dict[str, Any]:
    return {
        "type": TEST_TYPE,
        "timestamp": delivery.created_at.isoformat(),
        "data": {"id": str(delivery.event_id), "message": "This is a test. Nothing has happened."},
    }


def listener_of(endpoint: WebhookEndpoint, *, now: datetime) -> Listener:
    """Return for whom an endpoint listens: a module, or whoever made it, with the rights that they have now."""
    organization_id = endpoint.organization_id
    if endpoint.module_id:
        return Listener(organization_id, module=endpoint.module_id)
    if endpoint.key_id is not None:
        principal = api_key_principal(key_id=endpoint.key_id, now=now)
    elif endpoint.created_by is not None:
        principal = member_principal(user_id=endpoint.created_by, organization_id=organization_id)
    else:
        principal = None
    return Listener(organization_id, principal=principal or nobody(organization_id))


def payloads_of(
    deliveries: Iterable[WebhookDelivery], listener: Callable[[], Listener]
) -> tuple[dict[UUID, dict[str, Any]], set[UUID]]:
    """Return the payloads of deliveries by the deliveries' ids, and those that are closed to the listener.

    What is in neither has an event that is no longer kept. The listener is asked for if there is an event at all.
    """
    rows = list(deliveries)
    events = events_by_id(event_ids=[row.event_id for row in rows if row.sequence is not None])
    open_ones = {event.id for event in events_open(listener(), list(events.values()))} if events else set()
    payloads = {row.id: payload_of(events[row.event_id]) for row in rows if row.event_id in open_ones}
    payloads |= {row.id: test_payload(row) for row in rows if row.sequence is None}
    return payloads, {row.id for row in rows if row.event_id in events.keys() - open_ones}


def endpoints_present(endpoints: Iterable[WebhookEndpoint]) -> list[dict[str, Any]]:
    """Return endpoints with their counts and their last attempt. Tests count for nothing."""
    rows = list(endpoints)
    ids = [row.id for row in rows]
    counts: dict[UUID, Mapping[str, Any]] = {
        found["endpoint_id"]: found
        for found in WebhookDelivery.objects.filter(endpoint_id__in=ids, sequence__isnull=False)
        .values("endpoint_id")
        .annotate(
            **{status.value: Count("id", filter=Q(status=status)) for status in _Status},
            oldest_pending_at=Min("created_at", filter=Q(status=_Status.PENDING)),
        )
    }
    last = attempts_last(WebhookAttempt.objects.filter(delivery__endpoint_id=OuterRef("pk")), WebhookEndpoint, ids)
    first = _first_pending(ids)
    none: dict[str, Any] = {**{status.value: 0 for status in _Status}, "oldest_pending_at": None}
    return [_endpoint(row, counts.get(row.id, none), last.get(row.id), first.get(row.id)) for row in rows]


def _first_pending(endpoint_ids: list[UUID]) -> dict[UUID, dict[str, Any]]:
    """Return what goes next to each endpoint, by the endpoint's id."""
    pending = WebhookDelivery.objects.filter(
        endpoint_id=OuterRef("pk"), status=_Status.PENDING, sequence__isnull=False
    ).order_by("sequence")
    first = WebhookEndpoint.objects.filter(id__in=endpoint_ids).annotate(first=Subquery(pending.values("id")[:1]))
    deliveries = WebhookDelivery.objects.filter(id__in=first.values("first"))
    return {shown["webhook_id"]: shown for shown in deliveries_present(deliveries)}


def deliveries_present(deliveries: Iterable[WebhookDelivery]) -> list[dict[str, Any]]:
    rows = list(deliveries)
    attempts = WebhookAttempt.objects.filter(delivery_id=OuterRef("pk"))
    last = attempts_last(attempts, WebhookDelivery, [row.id for row in rows])
    waiting = dict(
        WebhookEndpoint.objects.filter(id__in={row.endpoint_id for row in rows}).values_list("id", "next_attempt_at")
    )
    return [_delivery(row, last.get(row.id), waiting.get(row.endpoint_id)) for row in rows]


def delivery_present(delivery: WebhookDelivery, principal: Principal) -> dict[str, Any]:
    """Return a delivery with its log and its payload: null if the event is no longer kept, or closed to who asks."""
    (shown,) = deliveries_present([delivery])
    payloads, _ = payloads_of([delivery], lambda: Listener(delivery.organization_id, principal=principal))
    return {
        **shown,
        "payload": payloads.get(delivery.id),
        "log": [
            {
                "number": one.number,
                **_attempt(one),
                "response_excerpt": one.response_excerpt,
            }
            for one in delivery.log.order_by("at", "id")
        ],
    }


def attempts_last(attempts: QuerySet[WebhookAttempt], model: Any, ids: list[UUID]) -> dict[UUID, WebhookAttempt]:
    """Return the last attempt for each row of a model; `attempts` name the row as `OuterRef("pk")`."""
    newest = attempts.order_by("-at", "-id").values("id")[:1]
    by_row = dict(model.objects.filter(id__in=ids).annotate(last=Subquery(newest)).values_list("id", "last"))
    found = WebhookAttempt.objects.in_bulk([one for one in by_row.values() if one is not None])
    return {row: found[attempt] for row, attempt in by_row.items() if attempt in found}


def pending_total() -> int:
    """Return how many deliveries are pending at endpoints that are switched on."""
    return WebhookDelivery.objects.filter(
        status=_Status.PENDING, endpoint__status=WebhookEndpoint.Status.ENABLED
    ).count()


def overdue_seconds() -> float:
    """Return for how long the endpoint that has waited longest is due and nobody sends to it."""
    now = timezone.now()
    due = WebhookEndpoint.objects.filter(
        Q(claimed_until=None) | Q(claimed_until__lt=now),
        status=WebhookEndpoint.Status.ENABLED,
        next_attempt_at__lte=now,
    )
    since: datetime | None = due.aggregate(since=Min("next_attempt_at"))["since"]
    return (now - since).total_seconds() if since else 0.0


def _endpoint(
    row: WebhookEndpoint, counts: Mapping[str, Any], last: WebhookAttempt | None, first: dict[str, Any] | None
) -> dict[str, Any]:
    return {
        "id": row.id,
        "url": row.url,
        "description": row.description,
        "event_types": row.event_types,
        "status": row.status,
        "disabled_reason": row.disabled_reason,
        "disabled_at": row.disabled_at,
        "created_at": row.created_at,
        "created_by": row.created_by,
        "previous_secret_until": row.previous_secret_until,
        **{status.value: counts[status.value] for status in _Status},
        "oldest_pending_at": counts["oldest_pending_at"],
        "first_pending": first,
        "failing_since": row.failing_since,
        "next_attempt_at": row.next_attempt_at,
        "last_attempt": _attempt(last) if last else None,
        "last_success_at": row.last_success_at,
    }


def _delivery(row: WebhookDelivery, last: WebhookAttempt | None, next_at: datetime | None) -> dict[str, Any]:
    is_next = row.status == _Status.PENDING and row.attempts > 0
    return {
        "id": row.id,
        "webhook_id": row.endpoint_id,
        "event_id": row.event_id,
        "event_type": row.event_type,
        "cursor": str(row.position) if row.position is not None else None,
        "status": row.status,
        "reason": row.reason,
        "attempts": row.attempts,
        "next_attempt_at": next_at if is_next else None,
        "created_at": row.created_at,
        "finished_at": row.finished_at,
        "last_attempt": _attempt(last) if last else None,
    }


def _attempt(row: WebhookAttempt) -> dict[str, Any]:
    return {
        "at": row.at,
        "status_code": row.status_code,
        "error": row.error,
        "milliseconds": row.milliseconds,
    }
