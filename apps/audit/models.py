"""The audit trail: one chain of entries for each organisation, and one for the platform. Lives in the public schema."""

from django.db import models
from django.utils import timezone

from apps.core.ids import new_id

# The owner of the chain of what belongs to no organisation.
PLATFORM = "platform"


class AuditKey(models.Model):
    """The Ed25519 key that entries are signed with; its private half is sealed by `SECRET_KEY`."""

    id = models.CharField(primary_key=True, max_length=32)
    public_key = models.BinaryField()
    sealed_private = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.id


class AuditChain(models.Model):
    """The end of a chain: locked while entries are added, so that each knows the one before it."""

    # The organisation's id, or `PLATFORM`.
    owner = models.CharField(primary_key=True, max_length=36)
    position = models.BigIntegerField(default=0)
    hash = models.BinaryField(default=b"")

    def __str__(self) -> str:
        return f"{self.owner}: {self.position}"


class AuditEntry(models.Model):
    """One entry. Rows are added and never changed: a trigger refuses the rest, and `apps.audit.engine` finds it.

    The names of people are looked up when entries are read; here stand their ids.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.CharField(max_length=36)
    position = models.BigIntegerField()
    event_id = models.UUIDField()
    action = models.CharField(max_length=60)
    actor_kind = models.CharField(max_length=10)
    actor_id = models.CharField(max_length=64, blank=True)
    subject_kind = models.CharField(max_length=30)
    subject_id = models.CharField(max_length=64, blank=True)
    data = models.JSONField(default=dict, blank=True)
    request_id = models.CharField(max_length=64)
    ip = models.GenericIPAddressField(null=True, blank=True)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    hash = models.BinaryField()
    signature = models.BinaryField()
    key_id = models.CharField(max_length=32)

    class Meta:
        verbose_name_plural = "audit entries"
        constraints = [
            models.UniqueConstraint(fields=["owner", "position"], name="audit_position"),
            models.UniqueConstraint(fields=["owner", "event_id"], name="audit_event"),
        ]
        indexes = [
            models.Index(fields=["owner", "occurred_at"], name="audit_time"),
            models.Index(fields=["owner", "actor_id", "position"], name="audit_actor"),
            models.Index(fields=["owner", "subject_id", "position"], name="audit_subject"),
            models.Index(fields=["owner", "action", "position"], name="audit_action"),
            models.Index(fields=["request_id"], name="audit_request"),
        ]

    def __str__(self) -> str:
        return f"{self.owner} {self.position}: {self.action}"
