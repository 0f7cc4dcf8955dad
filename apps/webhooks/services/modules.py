"""Modules that are told of the events of organisations which have enabled them; the registry says which."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from apps.webhooks.models import WebhookEndpoint


def module_subscribe(
    *, organization_id: UUID, module_id: str, url: str, event_types: Sequence[str], now: datetime
) -> None:
    """Have a module told of an organisation's events, from now on; what it asked for before is forgotten."""
    WebhookEndpoint.objects.update_or_create(
        organization_id=organization_id,
        module_id=module_id,
        defaults={"url": url, "event_types": sorted(event_types)},
        create_defaults={"url": url, "event_types": sorted(event_types), "created_at": now},
    )


def module_unsubscribe(*, organization_id: UUID, module_id: str) -> None:
    """Tell a module nothing more, also of what was still on its way."""
    WebhookEndpoint.objects.filter(organization_id=organization_id, module_id=module_id).delete()
