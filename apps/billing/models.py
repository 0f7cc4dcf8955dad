"""Plans, who has which, and what was used. Everything here lives in the public schema."""

from django.db import models
from django.utils import timezone

from apps.core.ids import new_id


class Plan(models.Model):
    """What an organisation may use. Empty limits mean without limit; prices are in US cents a month."""

    code = models.SlugField(primary_key=True, max_length=30)
    name = models.CharField(max_length=50)
    position = models.PositiveSmallIntegerField(help_text="From the smallest plan to the largest.")
    price_cents = models.PositiveIntegerField()
    users = models.PositiveIntegerField(null=True, blank=True)
    modules = models.PositiveIntegerField(null=True, blank=True)
    memory_bytes = models.PositiveBigIntegerField(null=True, blank=True)
    api_calls_per_month = models.PositiveIntegerField(null=True, blank=True)
    memory_queries_per_day = models.PositiveIntegerField(null=True, blank=True)
    gateway_calls_per_hour = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["position"]

    def __str__(self) -> str:
        return self.name


class Subscription(models.Model):
    """The plan of an organisation."""

    organization_id = models.UUIDField(primary_key=True)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="subscriptions")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return f"{self.organization_id}: {self.plan_id}"


class UsageEvent(models.Model):
    """A row of the ledger: written in the transaction of the work that it counts, never changed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization_id = models.UUIDField()
    meter = models.CharField(max_length=50)
    quantity = models.BigIntegerField()
    # What was done: the pair is unique, so the same work can be counted only once.
    source = models.CharField(max_length=50)
    source_id = models.CharField(max_length=100)
    # Who used it, where that is known: a module, and the person it acted for.
    module = models.CharField(max_length=63, blank=True, default="", db_default="")
    user_id = models.UUIDField(null=True, blank=True)
    occurred_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "source_id", "meter"], name="usage_event_once")]
        indexes = [models.Index(fields=["organization_id", "meter", "occurred_at"], name="usage_event_by_meter")]

    def __str__(self) -> str:
        return f"{self.organization_id} {self.meter} {self.quantity}"


class UsageCounter(models.Model):
    """The amount of a meter used in a period (a date, or `total`): what a quota is compared with."""

    id = models.BigAutoField(primary_key=True)
    organization_id = models.UUIDField()
    meter = models.CharField(max_length=50)
    period = models.CharField(max_length=10)
    used = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization_id", "meter", "period"], name="usage_counter_unique"),
            models.CheckConstraint(condition=models.Q(used__gte=0), name="usage_counter_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.organization_id} {self.meter} {self.period}: {self.used}"
