"""Organisations as customers at Stripe."""

from datetime import UTC, datetime
from uuid import UUID

from django.db import transaction

from apps.accounts.models import Membership, Organization
from apps.accounts.permissions import Role
from apps.billing.adapters.stripe import stripe_client, stripe_refusals
from apps.billing.models import Subscription


def customer_update(*, organization_id: UUID) -> None:
    """Tell Stripe to whom invoices are sent."""
    subscription = Subscription.objects.get(organization_id=organization_id)
    if subscription.stripe_customer_id:
        organization = Organization.objects.get(id=organization_id)
        with stripe_refusals():
            stripe_client().v1.customers.update(
                subscription.stripe_customer_id,
                {"email": _email(organization, subscription), "name": organization.name},
            )


def customer_ensure(*, organization_id: UUID, now: datetime) -> Subscription:
    """Return the subscription with a customer at Stripe, made now if there was none; raises `BillingUnavailable`."""
    subscription = Subscription.objects.get(organization_id=organization_id)
    if subscription.stripe_customer_id:
        return subscription
    organization = Organization.objects.get(id=organization_id)
    with stripe_refusals():
        # The same key makes the same customer, should two ask at once or one die before it is written down.
        customer = stripe_client().v1.customers.create(
            {
                "name": organization.name,
                "email": _email(organization, subscription),
                "metadata": {"organization_id": str(organization.id)},
            },
            {"idempotency_key": f"customer:{organization.id}"},
        )
    with transaction.atomic():
        subscription = Subscription.objects.select_for_update().get(organization_id=organization.id)
        if not subscription.stripe_customer_id:
            subscription.stripe_customer_id = customer.id
            subscription.metered_from = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
            subscription.save(update_fields=["stripe_customer_id", "metered_from"])
    return subscription


def _email(organization: Organization, subscription: Subscription) -> str:
    if subscription.billing_email:
        return subscription.billing_email
    owner = Membership.objects.filter(organization=organization, role=Role.OWNER).select_related("user").first()
    return owner.user.email if owner else ""
