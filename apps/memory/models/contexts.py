"""The memory of an organisation as a whole: its context, and the models that read it."""

from django.db import models
from django.db.models import Q

from apps.accounts.models import Organization
from apps.core.ids import new_id


class EmbeddingEpoch(models.Model):
    """All vectors that one model made of this memory, from when it was chosen until they are dropped.

    Which one answers is `MemoryContext.epoch`, and nothing else: see `adapters.vectors`.
    """

    class State(models.TextChoices):
        # Its vectors are being made.
        FILLING = "filling"
        # It had all vectors, and is kept so: it can be switched to at once.
        READY = "ready"
        # Its model was given up; what was made is kept.
        FAILED = "failed"
        DROPPED = "dropped"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    model = models.CharField(max_length=100)
    dimension = models.PositiveIntegerField()
    # Its `engine.ports.Scale`.
    zero = models.FloatField()
    unit = models.FloatField()
    state = models.CharField(max_length=10, choices=State, default=State.FILLING)
    created_by = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField()
    ready_at = models.DateTimeField(null=True, blank=True)
    # When it was switched to and away from last.
    activated_at = models.DateTimeField(null=True, blank=True)
    left_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["model"], condition=~Q(state="dropped"), name="embedding_epoch_model")
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.state}"


class MemoryContext(models.Model):
    """The one memory context of the organisation: its domain and the dimensions of its conceptual space."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=60, unique=True)
    domain = models.CharField(max_length=50)
    # [{"name": ..., "description": ...}] for a custom space; empty for the dimensions of the domain.
    custom_dimensions = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField()
    # The vectors that answer.
    epoch = models.ForeignKey(EmbeddingEpoch, on_delete=models.PROTECT, related_name="+")
    # Counters that `services.changes` alone moves on: the write transactions of this memory, and its memories so far.
    change = models.BigIntegerField(default=0)
    # When the last change was recorded; no later one is recorded before it, whatever the clocks of the servers say.
    moment = models.DateTimeField(null=True, editable=False)
    last_number = models.BigIntegerField(default=0)
    last_entity = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return self.name


class InsightPart(models.Model):
    """What was computed of all live memories at a change, kept until the next one.

    It may be thrown away at any time. Who reads it must bear that a memory expires: from `valid_until` on, one has.
    """

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=20, unique=True)
    change = models.BigIntegerField()
    valid_until = models.DateTimeField(null=True)
    computed_at = models.DateTimeField()
    body = models.JSONField()
    # NumPy arrays, a row per memory or point; see `selectors.landscapes`.
    columns = models.BinaryField(default=bytes)

    def __str__(self) -> str:
        return f"{self.name} at change {self.change}"


class OrganizationMemory(Organization):
    """An organisation seen by operators together with its memory context; adds no table."""

    class Meta:
        proxy = True
        verbose_name = "memory context"
        verbose_name_plural = "memory contexts"
