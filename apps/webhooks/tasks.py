"""Work behind webhooks: mails, and the end of old deliveries."""

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from apps.accounts.mails import mail_send, page
from apps.accounts.models import Membership, Organization
from apps.accounts.permissions import Role
from apps.core.tasks import HousekeepingTask
from apps.core.tenancy.scope import public_scope
from apps.webhooks.models import WebhookEndpoint
from apps.webhooks.services.deliveries import PURGE_BATCH, deliveries_purge


@shared_task(name="webhooks.send_disabled_mail")
def send_disabled_mail(*, organization_id: UUID, endpoint_id: str, **_: Any) -> None:
    """Tell owners and admins that a webhook was switched off, and why."""
    with public_scope():
        endpoint = WebhookEndpoint.objects.filter(id=endpoint_id, status=WebhookEndpoint.Status.DISABLED).first()
        if endpoint is None:
            # Deleted or switched on again since.
            return
        organization = Organization.objects.get(id=organization_id)
        people = Membership.objects.filter(organization_id=organization_id, role__in=[Role.OWNER, Role.ADMIN])
        for address in people.values_list("user__email", flat=True):
            mail_send(
                "webhook_disabled",
                subject=f"A webhook of {organization.name} was switched off",
                to=address,
                context={
                    "organization": organization,
                    "host": urlsplit(endpoint.url).hostname,
                    "gone": endpoint.disabled_reason == WebhookEndpoint.Reason.GONE,
                    "link": page(organization.slug, "settings", "webhooks", str(endpoint.id)),
                },
                organization=organization,
            )


@shared_task(name="webhooks.purge", base=HousekeepingTask)
def purge() -> int:
    total = count = deliveries_purge(now=timezone.now())
    while count == PURGE_BATCH:
        count = deliveries_purge(now=timezone.now())
        total += count
    return total
