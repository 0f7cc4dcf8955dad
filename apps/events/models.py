"""What happened, recorded in the transaction in which it happened. Lives in the public schema."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from apps.core.ids import new_id


class OutboxEvent(models.Model):
    """One event. `organization_id` is empty for what concerns a person or the platform.

    Whoever commits first need not have begun first, so an event gets its places only once it is committed, by the
    relay: `sequence` among all events, `position` among those of its organisation. Both count without a gap.
    """

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
    sequence = models.BigIntegerField(null=True, editable=False)
    position = models.BigIntegerField(null=True, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sequence"], name="event_sequence")]
        indexes = [
            models.Index(fields=["organization_id", "position"], name="event_position"),
            models.Index(fields=["actor_id", "id"], name="event_actor"),
            models.Index(fields=["id"], condition=Q(sequence=None), name="event_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.id}"


class EventHead(models.Model):
    """The last place that was given out: of an organisation, or of all events where `owner` is `ALL`."""

    owner = models.UUIDField(primary_key=True)
    last = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.owner}: {self.last}"


class Consumer(models.Model):
    """How far one of those who act on events has come: all up to `sequence` have had their effect, once."""

    name = models.CharField(primary_key=True, max_length=40)
    sequence = models.BigIntegerField(default=0)
    # How often the next event was tried, and what went wrong.
    attempts = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    moved_at = models.DateTimeField(default=timezone.now)
    # When somebody last looked for events on its behalf.
    seen_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.name} at {self.sequence}"


class ParkedEvent(models.Model):
    """An event that a consumer could not act on; later ones went on. Operators have it tried again."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    consumer = models.CharField(max_length=40)
    event_id = models.UUIDField()
    error = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["consumer", "event_id"], name="parked_once")]

    def __str__(self) -> str:
        return f"{self.consumer}: {self.event_id}"
