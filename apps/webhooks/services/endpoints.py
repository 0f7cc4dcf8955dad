"""Endpoints: made, changed, switched off and on, and deleted."""

import base64
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from apps.core.exceptions import InvalidInput
from apps.core.outgoing import AddressNotAllowed, PublicAddresses, url_check
from apps.core.sealing import seal, unseal
from apps.core.services import enqueue
from apps.core.types import Principal
from apps.events.services.outbox import emit
from apps.events.types import SYSTEM, Actor
from apps.webhooks.exceptions import TooManyWebhooks
from apps.webhooks.models import WebhookEndpoint
from apps.webhooks.selectors import endpoint_get

MAX_ENDPOINTS = 20
PURPOSE = "webhook-secret"
_SECRET_BYTES = 32


def endpoint_create(
    *, principal: Principal, url: str, description: str, event_types: Sequence[str], now: datetime
) -> tuple[WebhookEndpoint, str]:
    """Make an endpoint; return it with its secret, which nobody is shown again.

    Raises `InvalidInput` for an address that may not be called, or `TooManyWebhooks`.
    """
    _address_check(url)
    secret = _new_secret()
    with transaction.atomic():
        with connection.cursor() as cursor:
            # One at a time for an organisation, so that two cannot both be the last that fits.
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 8))", [str(principal.organization_id)])
        made = WebhookEndpoint.objects.filter(organization_id=principal.organization_id, module_id="")
        if made.count() >= MAX_ENDPOINTS:
            raise TooManyWebhooks(f"An organisation has at most {MAX_ENDPOINTS} webhooks.")
        endpoint = WebhookEndpoint.objects.create(
            organization_id=principal.organization_id,
            url=url,
            description=description,
            event_types=sorted(set(event_types)),
            sealed_secret=seal(secret, purpose=PURPOSE),
            created_by=principal.user_id,
            key_id=principal.key_id,
            created_at=now,
        )
        webhook_emit("webhook.created", Actor.of(principal), endpoint, now=now, event_types=endpoint.event_types)
    return endpoint, secret


@transaction.atomic
def endpoint_update(
    *, principal: Principal, endpoint_id: UUID, changes: dict[str, Any], now: datetime
) -> WebhookEndpoint:
    """Change an endpoint; `status` switches it off or on. Raises `NotFound` or `InvalidInput`.

    Whoever gives it another address is whom it listens for: nobody reads with the rights of somebody else.
    """
    endpoint = endpoint_get(organization_id=principal.organization_id, endpoint_id=endpoint_id, lock=True)
    if "event_types" in changes:
        changes = {**changes, "event_types": sorted(set(changes["event_types"]))}
    if changes.get("url", endpoint.url) != endpoint.url:
        _address_check(changes["url"])
    plain = {name: value for name, value in changes.items() if name != "status" and getattr(endpoint, name) != value}
    for name, value in plain.items():
        setattr(endpoint, name, value)
    actor = Actor.of(principal)
    if "url" in plain:
        endpoint.created_by, endpoint.key_id = principal.user_id, principal.key_id
    if plain:
        endpoint.save(update_fields=[*plain, "created_by", "key_id"])
        webhook_emit("webhook.updated", actor, endpoint, now=now, changed=sorted(plain))
    wanted = changes.get("status", endpoint.status)
    if wanted != endpoint.status:
        if wanted == WebhookEndpoint.Status.DISABLED:
            endpoint_disable(endpoint, WebhookEndpoint.Reason.MANUAL, actor=actor, now=now)
        else:
            _enable(endpoint, actor=actor, now=now)
    elif "url" in plain:
        # What waits because of the old address may be tried at the new one.
        endpoint.failing_since, endpoint.next_attempt_at = None, now
        endpoint.save(update_fields=["failing_since", "next_attempt_at"])
    return endpoint


@transaction.atomic
def endpoint_delete(*, principal: Principal, endpoint_id: UUID, now: datetime) -> None:
    """Delete an endpoint with all that is to be, and was, delivered to it. Raises `NotFound`."""
    endpoint = endpoint_get(organization_id=principal.organization_id, endpoint_id=endpoint_id, lock=True)
    webhook_emit("webhook.deleted", Actor.of(principal), endpoint, now=now)
    endpoint.delete()


@transaction.atomic
def secret_rotate(
    *, principal: Principal, endpoint_id: UUID, overlap: timedelta, now: datetime
) -> tuple[WebhookEndpoint, str]:
    """Replace the secret; for the overlap, messages are signed with both. Raises `NotFound`."""
    endpoint = endpoint_get(organization_id=principal.organization_id, endpoint_id=endpoint_id, lock=True)
    secret = _new_secret()
    endpoint.sealed_previous_secret = endpoint.sealed_secret if overlap else ""
    endpoint.previous_secret_until = now + overlap
    endpoint.sealed_secret = seal(secret, purpose=PURPOSE)
    endpoint.save(update_fields=["sealed_secret", "sealed_previous_secret", "previous_secret_until"])
    webhook_emit(
        "webhook.secret_rotated",
        Actor.of(principal),
        endpoint,
        now=now,
        previous_until=endpoint.previous_secret_until.isoformat(),
    )
    return endpoint, secret


def endpoint_disable(
    endpoint: WebhookEndpoint, reason: WebhookEndpoint.Reason, *, actor: Actor = SYSTEM, now: datetime
) -> None:
    """Switch a locked endpoint off: what is pending stays so. Admins get a mail if it was not a person's wish."""
    endpoint.status, endpoint.disabled_reason = WebhookEndpoint.Status.DISABLED, reason
    endpoint.disabled_at, endpoint.next_attempt_at = now, None
    endpoint.save(update_fields=["status", "disabled_reason", "disabled_at", "next_attempt_at"])
    webhook_emit("webhook.disabled", actor, endpoint, now=now, reason=reason)
    if reason != WebhookEndpoint.Reason.MANUAL:
        enqueue(
            "webhooks.send_disabled_mail",
            organization_id=endpoint.organization_id,
            endpoint_id=str(endpoint.id),
            now=now,
        )


def endpoints_delete(*, organization_id: UUID) -> None:
    """Delete all of an organisation that is deleted for good."""
    WebhookEndpoint.objects.filter(organization_id=organization_id).delete()


def secrets_reseal() -> int:
    """Seal all secrets under the present `SECRET_KEY`; return how many endpoints. Raises `SealBroken`."""
    rows = (
        WebhookEndpoint.objects.select_for_update().filter(module_id="").only("sealed_secret", "sealed_previous_secret")
    )
    for row in rows:
        for name in ("sealed_secret", "sealed_previous_secret"):
            if sealed := getattr(row, name):
                setattr(row, name, seal(unseal(sealed, purpose=PURPOSE), purpose=PURPOSE))
        row.save(update_fields=["sealed_secret", "sealed_previous_secret"])
    return len(rows)


def _enable(endpoint: WebhookEndpoint, *, actor: Actor, now: datetime) -> None:
    endpoint.status, endpoint.disabled_reason = WebhookEndpoint.Status.ENABLED, WebhookEndpoint.Reason.NONE
    endpoint.disabled_at, endpoint.failing_since, endpoint.next_attempt_at = None, None, now
    endpoint.save(update_fields=["status", "disabled_reason", "disabled_at", "failing_since", "next_attempt_at"])
    webhook_emit("webhook.enabled", actor, endpoint, now=now)


def _address_check(url: str) -> None:
    """Raise `InvalidInput` unless messages may be sent there: by https to public addresses, or as the operator says."""
    parts = urlsplit(url)
    extra = PublicAddresses(settings.WEBHOOK_ADDRESSES)
    try:
        host, port = parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    except ValueError:
        raise InvalidInput("This is no URL.", pointer="/url", item_code="invalid_url") from None
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_listed(extra, host, port)):
        raise InvalidInput("A webhook needs an https URL.", pointer="/url", item_code="https_required")
    if parts.fragment or any(ord(letter) <= ord(" ") for letter in url):
        raise InvalidInput("This is no URL that can be called.", pointer="/url", item_code="invalid_url")
    try:
        url_check(url, extra)
    except AddressNotAllowed as error:
        raise InvalidInput(str(error), pointer="/url", item_code="address_not_allowed") from None


def _is_listed(allowed: PublicAddresses, host: str, port: int) -> bool:
    """Return whether the operator's own list names the host, or the address that stands in its place."""
    if allowed.allow_host(host, port):
        return True
    try:
        return allowed.lists_ip(host, port)
    except ValueError:
        return False


def _new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def webhook_emit(name: str, actor: Actor, endpoint: WebhookEndpoint, *, now: datetime, **data: Any) -> None:
    emit(
        name,
        organization_id=endpoint.organization_id,
        actor=actor,
        subject=("webhook", endpoint.id),
        now=now,
        # Paths and queries of such addresses hold secrets.
        host=urlsplit(endpoint.url).hostname,
        **data,
    )
