"""What was told to Stripe of the usage, and what came of comparing."""

from django.db import models
from django.utils import timezone

from apps.core.ids import new_id


class MeterReport(models.Model):
    """A meter event for Stripe: the change of one hour's sum since the last one. Written before it is sent."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization_id = models.UUIDField()
    meter = models.CharField(max_length=50)
    hour = models.DateTimeField()
    revision = models.PositiveIntegerField()
    quantity = models.BigIntegerField()
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization_id", "meter", "hour", "revision"], name="meter_report_once")
        ]
        indexes = [
            models.Index(fields=["hour"], name="meter_report_hour"),
            models.Index(fields=["id"], condition=models.Q(sent_at__isnull=True), name="meter_report_unsent"),
        ]

    def __str__(self) -> str:
        return self.identifier

    @property
    def identifier(self) -> str:
        """By which Stripe knows an event that comes twice."""
        return f"{self.organization_id.hex}:{self.meter}:{self.hour:%Y%m%dT%H}:{self.revision}"


class Reconciliation(models.Model):
    """One month of one meter of an organisation, counted in every place that knows it."""

    organization_id = models.UUIDField()
    meter = models.CharField(max_length=50)
    period_start = models.DateTimeField()
    period_end = models.DateTimeField()
    ledger = models.BigIntegerField()
    aggregates = models.BigIntegerField()
    reported = models.BigIntegerField(null=True, blank=True)
    stripe = models.BigIntegerField(null=True, blank=True)
    checked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization_id", "meter", "period_start"], name="reconciliation_once")
        ]

    def __str__(self) -> str:
        return f"{self.organization_id} {self.meter} {self.period_start:%Y-%m}"

    @property
    def difference(self) -> int:
        """The largest distance of any count from the ledger's."""
        others = [count for count in (self.aggregates, self.reported, self.stripe) if count is not None]
        return max((abs(count - self.ledger) for count in others), default=0)
