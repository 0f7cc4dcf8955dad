"""What an organisation pays for, as Stripe said when it was last asked."""

from django.db import models
from django.utils import timezone

from apps.billing.models.plans import Plan, PlanPrice


def default_alert_percents() -> list[int]:
    return [80, 100]


class Subscription(models.Model):
    """One for each organisation. `plan` is what is paid for; what holds is its `Entitlement`."""

    class Status(models.TextChoices):
        # Ours: nothing was bought. The others are Stripe's.
        FREE = "free"
        INCOMPLETE = "incomplete"
        TRIALING = "trialing"
        ACTIVE = "active"
        PAST_DUE = "past_due"
        UNPAID = "unpaid"
        PAUSED = "paused"
        CANCELED = "canceled"

    organization_id = models.UUIDField(primary_key=True)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="subscriptions")
    status = models.CharField(max_length=20, choices=Status, default=Status.FREE)
    interval = models.CharField(max_length=5, choices=PlanPrice.Interval, blank=True)
    amount_cents = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, default="usd")
    current_period_start = models.DateTimeField(null=True, blank=True)
    current_period_end = models.DateTimeField(null=True, blank=True)
    cancel_at_period_end = models.BooleanField(default=False)
    trial_ends_at = models.DateTimeField(null=True, blank=True)
    trial_used = models.BooleanField(default=False)
    past_due_since = models.DateTimeField(null=True, blank=True)
    stripe_customer_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    stripe_subscription_id = models.CharField(max_length=255, blank=True)
    # Usage from this hour on is reported to Stripe: the customer did not exist before.
    metered_from = models.DateTimeField(null=True, blank=True)
    synced_at = models.DateTimeField(null=True, blank=True)
    billing_email = models.EmailField(blank=True)
    spend_limit_cents = models.PositiveIntegerField(null=True, blank=True)
    alert_percents = models.JSONField(default=default_alert_percents)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes = [models.Index(fields=["synced_at"], name="subscription_synced")]

    def __str__(self) -> str:
        return f"{self.organization_id}: {self.plan_id}"
