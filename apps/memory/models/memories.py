"""Memories, in the state that they are in and in those that they were in."""

from datetime import datetime
from typing import Any, TypeAlias

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from apps.core.ids import new_id
from apps.memory.models.files import SourceFile
from apps.memory.types import TRASH_LIFETIME


class MemoryQuerySet(models.QuerySet["Memory"]):
    def kept(self, now: datetime) -> "MemoryQuerySet":
        """Leave out what is in the trash or has expired."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=now), deleted_at=None)

    def live(self, now: datetime) -> "MemoryQuerySet":
        """Leave out, too, what another memory has replaced, and what is archived."""
        return self.kept(now).filter(superseded_at=None, archived_at=None)

    def trashed(self, now: datetime) -> "MemoryQuerySet":
        """Keep what is in the trash and may still be restored."""
        return self.filter(deleted_at__gt=now - TRASH_LIFETIME)


class MemoryStateQuerySet(models.QuerySet["MemoryState"]):
    def in_force(self, recorded: datetime) -> "MemoryStateQuerySet":
        """Keep the states that memories were in at a moment, those in the trash left out."""
        return self.filter(
            Q(replaced_at=None) | Q(replaced_at__gt=recorded),
            Q(deleted_at=None) | Q(deleted_at__gt=recorded),
            revised_at__lte=recorded,
        )


class Remembered(models.Model):
    """What there is to know of a memory in one of its states.

    `occurred_at` is when it happened, `recorded_at` when we learned of it, `revised_at` when it came into this state.
    """

    content = models.TextField()
    metadata = models.JSONField(default=dict, blank=True)
    memory_type = models.CharField(max_length=50)
    module = models.CharField(max_length=63, blank=True)
    source = models.CharField(max_length=200, blank=True)
    external_id = models.CharField(max_length=200, blank=True)
    revision = models.PositiveIntegerField(default=1)
    occurred_at = models.DateTimeField()
    occurred_end = models.DateTimeField(null=True, blank=True)
    recorded_at = models.DateTimeField()
    revised_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    # The memory that says what holds instead, and from when on that is so. No foreign key: it may be erased.
    superseded_by = models.UUIDField(null=True, blank=True)
    superseded_at = models.DateTimeField(null=True, blank=True)
    # Since when the memory is a stub, whose texts are packed away: `content` is then the beginning of the present one,
    # and empty for former ones. Not a state: it says where the text lies, on neither clock. See ArchivedMemory.
    archived_at = models.DateTimeField(null=True, blank=True)
    created_by = models.UUIDField(null=True, blank=True)
    # The file that it was read from, and where it stands there: see `engine.places`. `of` in it is the beginning of the
    # hash of the text as it was read, since places within the text are those of that wording alone.
    file = models.ForeignKey(SourceFile, on_delete=models.PROTECT, null=True, blank=True, related_name="memories")
    place = models.JSONField(default=dict, blank=True)

    class Meta:
        abstract = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Whether the content is less than all of it, until it is unpacked; see `selectors.archived`.
        self.is_stub = "archived_at" in self.__dict__ and self.archived_at is not None

    def __str__(self) -> str:
        return self.content[:80]


class Memory(Remembered):
    """One remembered text, in its present state."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    content_hash = models.CharField(max_length=64)
    # Of its words, 64 bits as a signed number: see `engine.duplicates`.
    fingerprint = models.BigIntegerField(null=True, editable=False)
    # The place in the order in which the organisation's memories were accepted.
    number = models.BigIntegerField(unique=True)
    # The change (see MemoryContext) that wrote this row last.
    change = models.BigIntegerField(default=0, db_index=True)
    # Whether the caller said when it happened; else `occurred_at` is the time of recording.
    occurred_given = models.BooleanField(default=False)
    size_bytes = models.PositiveIntegerField()
    # What searches read of the whole text, packed by `engine.packing`: the entities it names, the times it names; and
    # the thread (a conversation) it stands in, 0 for none.
    named = models.BinaryField(default=b"")
    times = models.BinaryField(default=b"")
    thread = models.BigIntegerField(default=0)
    # The reading (see `engine.reading`) that made these and the passages, 0 for none yet; and whether the models, too,
    # have read the text.
    reading = models.PositiveSmallIntegerField(default=0)
    understood = models.BooleanField(default=False)

    objects = MemoryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["external_id"],
                condition=Q(deleted_at=None) & ~Q(external_id=""),
                name="memory_external_id_unique",
            ),
            models.CheckConstraint(
                condition=Q(occurred_end=None) | Q(occurred_end__gte=F("occurred_at")), name="memory_occurred_in_order"
            ),
        ]
        indexes = [
            models.Index(fields=["recorded_at", "id"], name="memory_recorded"),
            models.Index(fields=["number"], condition=Q(understood=False), name="memory_not_understood"),
            models.Index(fields=["occurred_at"], name="memory_occurred"),
            models.Index(fields=["memory_type"], name="memory_type"),
            # What belongs to the organisation is open to all of it: only what modules hold is looked through.
            models.Index(fields=["module", "memory_type"], condition=~Q(module=""), name="memory_of_modules"),
            models.Index(fields=["archived_at"], condition=~Q(archived_at=None), name="memory_archived"),
            GinIndex(fields=["metadata"], opclasses=["jsonb_path_ops"], name="memory_metadata"),
        ]


class MemoryState(Remembered):
    """A state that a memory is or was in, from `revised_at` until `replaced_at`: a view of memories and versions."""

    id = models.UUIDField(primary_key=True)
    number = models.BigIntegerField()
    replaced_at = models.DateTimeField(null=True)
    file = models.ForeignKey(SourceFile, on_delete=models.DO_NOTHING, null=True, related_name="+")
    occurred_given = models.BooleanField()

    objects = MemoryStateQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "memory_memorystate"


MemoryRows: TypeAlias = models.QuerySet[Memory] | models.QuerySet[MemoryState]


class MemoryVersion(models.Model):
    """A former revision of a memory: written when the next one takes its place, never changed after.

    It was the present one from `recorded_at` until `replaced_at`, when `changed_by` replaced it for a `reason`.
    """

    id = models.BigAutoField(primary_key=True)
    memory = models.ForeignKey(Memory, on_delete=models.CASCADE, related_name="versions")
    revision = models.PositiveIntegerField()
    content = models.TextField()
    metadata = models.JSONField(default=dict, blank=True)
    memory_type = models.CharField(max_length=50)
    source = models.CharField(max_length=200, blank=True)
    occurred_at = models.DateTimeField()
    occurred_end = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    superseded_by = models.UUIDField(null=True, blank=True)
    superseded_at = models.DateTimeField(null=True, blank=True)
    recorded_at = models.DateTimeField()
    replaced_at = models.DateTimeField()
    changed_by = models.UUIDField(null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["memory", "revision"], name="memory_version_unique")]
        indexes = [models.Index(fields=["replaced_at"], name="memory_version_replaced")]

    def __str__(self) -> str:
        return f"{self.memory_id} revision {self.revision}"


class ArchivedMemory(models.Model):
    """What was taken from an archived memory, packed: see `engine.packed_texts`.

    Its row stays as a stub, and so do its former revisions but for their texts, and the names it mentions.
    """

    memory = models.OneToOneField(Memory, on_delete=models.CASCADE, primary_key=True, related_name="archived")
    # The texts of all its revisions, and their hash; then its passages with their vectors.
    texts = models.BinaryField()
    texts_sha256 = models.CharField(max_length=64)
    findings = models.BinaryField()
    # Of the memory as it was, whole: text, metadata, history, passages.
    sha256 = models.CharField(max_length=64)
    # What was packed, in bytes; and those that the plan counted before.
    unpacked_bytes = models.PositiveIntegerField()
    size_before = models.PositiveIntegerField()
    archived_by = models.UUIDField(null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        verbose_name_plural = "archived memories"

    def __str__(self) -> str:
        return str(self.memory_id)


class MemoryRemoval(models.Model):
    """What is left of a memory that was deleted for good: that it was there, and when it went."""

    id = models.BigAutoField(primary_key=True)
    number = models.BigIntegerField(unique=True)
    change = models.BigIntegerField(db_index=True)
    memory_id = models.UUIDField(null=True, unique=True)
    removed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.number} removed by change {self.change}"
