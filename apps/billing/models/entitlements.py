"""What holds for an organisation at present, and what operators have given it beyond what it pays for."""

from django.db import models
from django.utils import timezone

from apps.billing.models.plans import Feature, Plan
from apps.core.ids import new_id


class Entitlement(models.Model):
    """What an organisation may use, from its subscription, plan and overrides; the version only grows."""

    organization_id = models.UUIDField(primary_key=True)
    version = models.PositiveIntegerField(default=1)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+")
    # As `types.Entitlements` in JSON; see `services.entitlements`.
    content = models.JSONField()
    computed_at = models.DateTimeField(default=timezone.now)
    # When time alone changes it: an override or a grace ends.
    changes_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["changes_at"], name="entitlement_changes_at")]

    def __str__(self) -> str:
        return f"{self.organization_id}: {self.plan_id} {self.version}"


class PlanOverride(models.Model):
    """Something given to an organisation by an operator: a whole plan, or another limit of one feature."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization_id = models.UUIDField()
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    feature = models.ForeignKey(Feature, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    limit = models.PositiveBigIntegerField(null=True, blank=True, help_text="Of the feature; empty: without limit.")
    reason = models.CharField(max_length=200)
    ends_at = models.DateTimeField(null=True, blank=True, help_text="Empty: until somebody ends it.")
    created_by = models.CharField(max_length=254, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["organization_id"], name="plan_override_organization")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(plan__isnull=True, feature__isnull=False)
                | models.Q(plan__isnull=False, feature__isnull=True, limit__isnull=True),
                name="plan_override_plan_or_feature",
                violation_error_message="Choose either a plan, or a feature with its limit.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organization_id}: {self.plan_id or self.feature_id}"


class CreditGrant(models.Model):
    """Money that an operator has credited to an organisation: Stripe deducts it from the next invoices."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization_id = models.UUIDField()
    amount_cents = models.PositiveIntegerField()
    currency = models.CharField(max_length=3, default="usd", editable=False)
    reason = models.CharField(max_length=200)
    created_by = models.CharField(max_length=254, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # Empty until Stripe has it; the job that tells it repeats itself.
    stripe_transaction_id = models.CharField(max_length=255, blank=True, editable=False)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.organization_id}: {self.amount_cents}"
