"""The ledger of what was used, the counters that quotas are compared with, and the sums that are shown."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Func
from django.utils import timezone

from apps.core.ids import new_id


class CurrentTransaction(Func):
    """The number of the writing transaction: 64 bits, so it never comes back within one database server."""

    template = "(pg_current_xact_id()::text::bigint)"
    output_field = models.BigIntegerField()


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
    operation = models.CharField(max_length=100, blank=True, default="", db_default="")
    request_id = models.CharField(max_length=64, blank=True, default="", db_default="")
    occurred_at = models.DateTimeField()
    # What the aggregation goes by: rows become visible in the order of commits, not of times or ids.
    transaction = models.BigIntegerField(db_default=CurrentTransaction(), editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "source_id", "meter"], name="usage_event_once")]
        indexes = [
            models.Index(fields=["organization_id", "meter", "occurred_at"], name="usage_event_by_meter"),
            BrinIndex(
                fields=["transaction"], name="usage_event_by_transaction", autosummarize=True, pages_per_range=16
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organization_id} {self.meter} {self.quantity}"


class UsageCounter(models.Model):
    """The amount of a meter used in a period (a date, a month, or `total`): what a quota is compared with."""

    id = models.BigAutoField(primary_key=True)
    organization_id = models.UUIDField()
    meter = models.CharField(max_length=120)
    period = models.CharField(max_length=10)
    used = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization_id", "meter", "period"], name="usage_counter_unique"),
            models.CheckConstraint(condition=models.Q(used__gte=0), name="usage_counter_not_negative"),
        ]
        indexes = [models.Index(fields=["period"], name="usage_counter_period")]

    def __str__(self) -> str:
        return f"{self.organization_id} {self.meter} {self.period}: {self.used}"


class UsageReservation(models.Model):
    """An amount taken from a quota before its true size is known; settled, or given back when its time is over."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization_id = models.UUIDField()
    meter = models.CharField(max_length=50)
    period = models.CharField(max_length=10)
    quantity = models.BigIntegerField()
    module = models.CharField(max_length=63, blank=True)
    user_id = models.UUIDField(null=True, blank=True)
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="usage_reservation_expires")]

    def __str__(self) -> str:
        return f"{self.organization_id} {self.meter} {self.quantity}"


class QuotaWarning(models.Model):
    """A share of a quota that was reached in a period; told of once."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization_id = models.UUIDField()
    meter = models.CharField(max_length=120)
    period = models.CharField(max_length=10)
    percent = models.PositiveSmallIntegerField()
    used = models.BigIntegerField()
    limit = models.BigIntegerField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            # The limit is part of it: a larger plan begins anew.
            models.UniqueConstraint(
                fields=["organization_id", "meter", "period", "percent", "limit"], name="quota_warning_once"
            )
        ]
        indexes = [models.Index(fields=["organization_id", "-id"], name="quota_warning_organization")]

    def __str__(self) -> str:
        return f"{self.organization_id} {self.meter} {self.percent} %"


class UsageAggregate(models.Model):
    """The ledger's sums by hour, day and month (UTC), and by who used it."""

    class Granularity(models.TextChoices):
        HOUR = "hour"
        DAY = "day"
        MONTH = "month"

    id = models.BigAutoField(primary_key=True)
    organization_id = models.UUIDField()
    granularity = models.CharField(max_length=5, choices=Granularity)
    starts_at = models.DateTimeField()
    meter = models.CharField(max_length=50)
    module = models.CharField(max_length=63, blank=True)
    user_id = models.UUIDField(null=True, blank=True)
    operation = models.CharField(max_length=100, blank=True)
    quantity = models.BigIntegerField()
    events = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization_id", "granularity", "starts_at", "meter", "module", "user_id", "operation"],
                name="usage_aggregate_once",
                nulls_distinct=False,
            )
        ]
        indexes = [models.Index(fields=["granularity", "starts_at"], name="usage_aggregate_by_time")]

    def __str__(self) -> str:
        return f"{self.organization_id} {self.meter} {self.granularity} {self.starts_at}"


class UsageWatermark(models.Model):
    """How far the ledger is in the sums: every row of a transaction below it, and no other. There is one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    transaction = models.BigIntegerField(default=0)
    moved_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return str(self.transaction)
