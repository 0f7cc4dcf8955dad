"""What happened, recorded in the transaction in which it happened. Lives in the public schema."""

from django.db import models
from django.utils import timezone

from apps.core.ids import new_id


class OutboxEvent(models.Model):
    """One event. Rows are only ever added; `organization_id` is empty for what concerns a person or the platform."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=60)
    organization_id = models.UUIDField(null=True, blank=True)
    actor_kind = models.CharField(max_length=10)
    actor_id = models.CharField(max_length=64, blank=True)
    # The kind and id of what it happened to: `member`, `api_key`.
    subject_kind = models.CharField(max_length=30)
    subject_id = models.CharField(max_length=64, blank=True)
    data = models.JSONField(default=dict, blank=True)
    request_id = models.CharField(max_length=64)
    ip = models.GenericIPAddressField(null=True, blank=True)
    occurred_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(fields=["organization_id", "id"], name="event_organization"),
            models.Index(fields=["actor_id", "id"], name="event_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.id}"
