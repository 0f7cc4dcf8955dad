"""Endpoints of organisations and what is delivered to them. Lives in the public schema."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from apps.core.ids import new_id


class WebhookEndpoint(models.Model):
    """Where an organisation's events are sent. What is to be delivered goes out in order, one at a time."""

    class Status(models.TextChoices):
        ENABLED = "enabled"
        DISABLED = "disabled"

    class Reason(models.TextChoices):
        NONE = ""
        MANUAL = "manual"
        # It answered 410.
        GONE = "gone"
        FAILING = "failing"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization_id = models.UUIDField()
    # The module that is told, at its own address and with a token instead of a signature; empty for those of people.
    module_id = models.CharField(max_length=63, blank=True)
    url = models.CharField(max_length=2_000)
    description = models.CharField(max_length=200, blank=True)
    # Empty: all of the feed.
    event_types = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ENABLED)
    disabled_reason = models.CharField(max_length=10, choices=Reason.choices, default=Reason.NONE, blank=True)
    disabled_at = models.DateTimeField(null=True, blank=True)
    sealed_secret = models.TextField(blank=True)
    sealed_previous_secret = models.TextField(blank=True)
    previous_secret_until = models.DateTimeField(null=True, blank=True)
    # When there is something to do; empty while nothing is pending.
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    # The process that delivers at present, and until when it is believed to be alive.
    claimed_by = models.UUIDField(null=True, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)
    # Since when every attempt has failed.
    failing_since = models.DateTimeField(null=True, blank=True)
    last_success_at = models.DateTimeField(null=True, blank=True)
    # Who made it or gave it its address, and by which API key: it tells what they may read.
    created_by = models.UUIDField(null=True, blank=True)
    key_id = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization_id", "module_id"], condition=~Q(module_id=""), name="webhook_of_module"
            )
        ]
        indexes = [
            models.Index(fields=["organization_id", "created_at"], name="webhook_organization"),
            models.Index(fields=["next_attempt_at"], condition=Q(status="enabled"), name="webhook_due"),
        ]

    def __str__(self) -> str:
        return self.url


class WebhookDelivery(models.Model):
    """One event for one endpoint: pending until it is delivered, or given up (`exhausted`)."""

    class Status(models.TextChoices):
        PENDING = "pending"
        DELIVERED = "delivered"
        EXHAUSTED = "exhausted"

    class Reason(models.TextChoices):
        """Why it was given up."""

        NONE = ""
        ATTEMPTS = "attempts"
        GONE = "gone"
        SKIPPED = "skipped"
        # It waited longer than events are kept.
        EXPIRED = "expired"
        # By then, whoever had made the endpoint might not read any more what it is about.
        CLOSED = "closed"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries")
    organization_id = models.UUIDField()
    # What the receiver tells repetitions by. A test has an id of its own and no sequence.
    event_id = models.UUIDField()
    event_type = models.CharField(max_length=60)
    sequence = models.BigIntegerField(null=True)
    position = models.BigIntegerField(null=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    reason = models.CharField(max_length=10, choices=Reason.choices, default=Reason.NONE, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["endpoint", "event_id"], name="delivery_once")]
        indexes = [
            models.Index(fields=["endpoint", "sequence"], condition=Q(status="pending"), name="delivery_pending"),
            models.Index(fields=["endpoint", "created_at"], name="delivery_listed"),
            models.Index(fields=["created_at"], condition=Q(status="pending", sequence=None), name="delivery_test"),
        ]

    def __str__(self) -> str:
        return f"{self.event_type} {self.event_id}"


class WebhookAttempt(models.Model):
    """One try: what was answered, or why there was no answer."""

    class Error(models.TextChoices):
        NONE = ""
        TIMEOUT = "timeout"
        CONNECTION = "connection"
        ADDRESS = "address_not_allowed"
        REDIRECT = "redirect"
        TLS = "tls"
        STATUS = "status"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.CASCADE, related_name="log")
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    status_code = models.PositiveIntegerField(null=True)
    error = models.CharField(max_length=20, choices=Error.choices, default=Error.NONE, blank=True)
    milliseconds = models.PositiveIntegerField()
    response_excerpt = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["delivery", "at"], name="attempt_delivery")]

    def __str__(self) -> str:
        return f"{self.number}: {self.status_code or self.error}"
