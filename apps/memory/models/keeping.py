"""For how long memories are kept, which must be, and which are gone for good."""

from django.db import models

from apps.core.ids import new_id


class LegalHold(models.Model):
    """An order to keep memories, whatever else asks for their deletion, until somebody releases it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=100)
    reason = models.CharField(max_length=500, blank=True)
    # The memories that it is about: a filter of the API; none means all.
    filters = models.JSONField(default=dict, blank=True)
    created_by = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField()
    released_by = models.UUIDField(null=True, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class RetentionRule(models.Model):
    """For how long memories of a type are kept, and what becomes of them then."""

    class Action(models.TextChoices):
        TRASH = "trash"
        ERASE = "erase"

    id = models.BigAutoField(primary_key=True)
    # Nothing means every type that has no rule of its own.
    memory_type = models.CharField(max_length=50, unique=True, blank=True)
    # Counted from when they were recorded.
    days = models.PositiveIntegerField()
    action = models.CharField(max_length=5, choices=Action)
    # One that is not deletes nothing. Those that an import has brought are not until somebody sets them: they must not
    # delete what nobody has seen with them.
    active = models.BooleanField(default=True)
    changed_by = models.UUIDField(null=True, blank=True)
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.memory_type or 'others'}: {self.action} after {self.days} days"


class ArchiveRule(models.Model):
    """After how many days memories of a type are archived to which nothing has happened."""

    id = models.BigAutoField(primary_key=True)
    # Nothing means every type that has no rule of its own.
    memory_type = models.CharField(max_length=50, unique=True, blank=True)
    # Counted from when they happened or came into their present state, whichever is later.
    days = models.PositiveIntegerField()
    changed_by = models.UUIDField(null=True, blank=True)
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.memory_type or 'others'}: archived after {self.days} days"


class Erasure(models.Model):
    """An erasure of memories and, once nothing of them is found any more, its certificate.

    Certificates of an organisation are a chain: see `engine.certificates`.
    """

    class Status(models.TextChoices):
        RUNNING = "running"
        CERTIFIED = "certified"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    status = models.CharField(max_length=10, choices=Status, default=Status.RUNNING)
    reason = models.CharField(max_length=500)
    requested_by = models.UUIDField(null=True, blank=True)
    requested_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True, blank=True)
    # What to look for, by ids and keys alone; see `selectors.places`.
    subject = models.JSONField()
    before = models.JSONField()
    after = models.JSONField(default=dict, blank=True)
    number = models.PositiveIntegerField(null=True, unique=True)
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64, blank=True)
    signature = models.CharField(max_length=128, blank=True)
    key_id = models.CharField(max_length=32, blank=True)

    class Meta:
        indexes = [models.Index(fields=["-requested_at", "-id"], name="erasure_requested")]

    def __str__(self) -> str:
        return f"{self.id} {self.status}"
