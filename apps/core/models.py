"""What every app leans on: durable jobs and remembered answers. Both live in the public schema."""

from django.db import models
from django.db.models import Q

from apps.core.ids import new_id


class Job(models.Model):
    """A piece of background work, recorded in the transaction that asked for it.

    Celery carries it, this row is the truth: a lost message or a killed worker is found by the sweep, because
    `available_at` (the earliest next attempt, or the end of the running worker's lease) has passed.
    """

    class Status(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=100)
    organization_id = models.UUIDField(null=True, blank=True)
    arguments = models.JSONField(default=dict, blank=True)
    request_id = models.CharField(max_length=64)
    # W3C Trace Context of what asked for it.
    traceparent = models.CharField(max_length=55, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    attempts = models.PositiveIntegerField(default=0)
    available_at = models.DateTimeField()
    created_at = models.DateTimeField()
    error = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["available_at"], condition=~Q(status="failed"), name="job_due"),
            models.Index(fields=["organization_id"], name="job_organization"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.id}"


class IdempotencyRecord(models.Model):
    """The answer that an `Idempotency-Key` got, written in the transaction of the work itself."""

    id = models.BigAutoField(primary_key=True)
    owner = models.CharField(max_length=80)
    key = models.CharField(max_length=255)
    request_hash = models.CharField(max_length=64)
    response_status = models.PositiveSmallIntegerField()
    response_body = models.JSONField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="idempotency_owner_key")]
        indexes = [models.Index(fields=["created_at"], name="idempotency_created")]

    def __str__(self) -> str:
        return f"{self.owner} {self.key}"
