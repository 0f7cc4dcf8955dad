"""The organisation memory. Every table here lives in the schema of one organisation."""

from datetime import datetime
from typing import Any, TypeAlias

from django.contrib.postgres.indexes import GinIndex
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest, Least
from pgvector.django import HalfVectorField, VectorField

from apps.accounts.models import Organization
from apps.core.ids import new_id
from apps.memory.engine.reader import PrincipalKind
from apps.memory.types import TRASH_LIFETIME, ReviewKind, ReviewStatus


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


class SourceFile(models.Model):
    """The original of a file that memories were read from; its bytes are in the storage named `originals`.

    Of one that was deleted the row stays as long as memories name it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=255)
    media_type = models.CharField(max_length=100)
    size_bytes = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64, db_index=True)
    # Begins with the schema of the organisation.
    storage_key = models.CharField(max_length=200, unique=True)
    # The module that sent it; empty for people.
    module = models.CharField(max_length=63, blank=True)
    created_by = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


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


class Chunk(models.Model):
    """A passage of a memory: `content[start:end]`, with what the channels need of it.

    `terms` and `sparse` are packed by `engine.packing`; `sparse` is null until the models have read it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    memory = models.ForeignKey(Memory, on_delete=models.CASCADE, related_name="chunks")
    ordinal = models.PositiveIntegerField()
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    terms = models.BinaryField(default=b"")
    # The meaning by word vectors alone, float16 (256,), until the models have read the passage.
    sketch = models.BinaryField(null=True)
    sparse = models.BinaryField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["memory", "ordinal"], name="chunk_unique")]

    def __str__(self) -> str:
        return f"{self.memory_id}#{self.ordinal}"


class PassageVector(models.Model):
    """The vector that the model of an epoch made of a passage. Only adapters and services `vectors` know it."""

    id = models.BigAutoField(primary_key=True)
    chunk = models.ForeignKey(Chunk, on_delete=models.CASCADE, db_index=False, related_name="vectors")
    epoch = models.ForeignKey(EmbeddingEpoch, on_delete=models.PROTECT, db_index=False, related_name="+")
    # Stored PLAIN (see the migration): out of line, an exact scan is ten times slower.
    embedding = HalfVectorField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["chunk", "epoch"], name="passage_vector_unique")]

    def __str__(self) -> str:
        return f"{self.chunk_id} in {self.epoch_id}"


class MemoryPlace(models.Model):
    """Where a memory stands in the conceptual space, by the vectors of an epoch; the epoch has these if it has this.

    A memory without one, which no model has read yet, stands in the middle.
    """

    id = models.BigAutoField(primary_key=True)
    memory = models.ForeignKey(Memory, on_delete=models.CASCADE, db_index=False, related_name="places")
    epoch = models.ForeignKey(EmbeddingEpoch, on_delete=models.PROTECT, db_index=False, related_name="+")
    # One number in [0, 1] per dimension of the context.
    concepts = VectorField()
    # The change (see MemoryContext) that wrote this, or vectors of the memory in this epoch, last.
    change = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["memory", "epoch"], name="memory_place_unique")]
        indexes = [models.Index(fields=["epoch", "change"], name="memory_place_change")]

    def __str__(self) -> str:
        return f"{self.memory_id} in {self.epoch_id}"


class Entity(models.Model):
    """A node of the knowledge graph: a name, identifier or address that memories mention."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # The number by which memories name it in `Memory.named`.
    number = models.BigIntegerField(unique=True)
    change = models.BigIntegerField(default=0, db_index=True)
    key = models.CharField(max_length=200, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=20)
    type = models.CharField(max_length=20, blank=True)
    # The entity that this is another name of; undone by clearing it.
    alias_of = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="aliases")
    properties = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name_plural = "entities"

    def __str__(self) -> str:
        return self.name


class Mention(models.Model):
    """How often a memory names an entity, and where first."""

    id = models.BigAutoField(primary_key=True)
    entity = models.ForeignKey(Entity, on_delete=models.CASCADE, related_name="mentions")
    memory = models.ForeignKey(Memory, on_delete=models.CASCADE, related_name="mentions")
    count = models.PositiveIntegerField()
    # Of the first one; 0 to 0 if only the metadata name it.
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    is_subject = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["entity", "memory"], name="mention_unique")]

    def __str__(self) -> str:
        return f"{self.entity_id} in {self.memory_id}"


class Relation(models.Model):
    """A typed edge of the knowledge graph that somebody stated."""

    id = models.BigAutoField(primary_key=True)
    source = models.ForeignKey(Entity, on_delete=models.CASCADE, related_name="relations_out")
    target = models.ForeignKey(Entity, on_delete=models.CASCADE, related_name="relations_in")
    kind = models.CharField(max_length=100)
    properties = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "target", "kind"], name="relation_unique")]

    def __str__(self) -> str:
        return f"{self.source_id} {self.kind} {self.target_id}"


class RelationEvidence(models.Model):
    """A sentence that states a relation: `content[start:end]` of a memory."""

    id = models.BigAutoField(primary_key=True)
    relation = models.ForeignKey(Relation, on_delete=models.CASCADE, related_name="evidence")
    memory = models.ForeignKey(Memory, on_delete=models.CASCADE, related_name="evidence")
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["relation", "memory"], name="relation_evidence_unique")]

    def __str__(self) -> str:
        return f"{self.relation_id} in {self.memory_id}"


class Operation(models.Model):
    """A batch of memories on its way in. Counts are written in the transaction of the items that they count."""

    class Status(models.TextChoices):
        READING = "reading"
        QUEUED = "queued"
        RUNNING = "running"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # That of the uploaded file, or nothing.
    name = models.CharField(max_length=255, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    # Whether files of it are still to be read: until then nobody knows `total`, and `read` counts the texts so far.
    reading = models.BooleanField(default=False)
    read = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    # The number of the first item's memory; that of the others follow in their order.
    first_number = models.BigIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    # The module that sent it; empty for people.
    module = models.CharField(max_length=63, blank=True)
    created_by = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.id} {self.status}"


class OperationFile(models.Model):
    """A file of a batch, and how many of its rows have been read; the rows are in the transaction that counts them."""

    id = models.BigAutoField(primary_key=True)
    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="files")
    file = models.ForeignKey(SourceFile, on_delete=models.CASCADE, related_name="+")
    # What texts of it get that say nothing else; of `external_id` the beginning.
    defaults = models.JSONField(default=dict, blank=True)
    rows = models.PositiveIntegerField(default=0)
    is_read = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["operation", "file"], name="operation_file_unique")]

    def __str__(self) -> str:
        return f"{self.operation_id} {self.file_id}"


class OperationItem(models.Model):
    """One text of a batch. The payload is dropped once the item is done."""

    class Status(models.TextChoices):
        PENDING = "pending"
        DONE = "done"
        FAILED = "failed"

    id = models.BigAutoField(primary_key=True)
    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="items")
    index = models.PositiveIntegerField()
    payload = models.JSONField(null=True, encoder=DjangoJSONEncoder)
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    memory_id = models.UUIDField(null=True, blank=True)
    # The earlier memory that says nearly the same, and how alike they are, up to 1.
    duplicate_of = models.UUIDField(null=True, blank=True)
    similarity = models.FloatField(null=True, blank=True)
    error_code = models.CharField(max_length=50, blank=True)
    error_detail = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["operation", "index"], name="operation_item_unique")]
        indexes = [
            models.Index(fields=["operation", "index"], condition=Q(status="pending"), name="operation_item_pending")
        ]

    def __str__(self) -> str:
        return f"{self.operation_id}[{self.index}]"


class ReviewQuerySet(models.QuerySet["Review"]):
    def current(self, now: datetime) -> "ReviewQuerySet":
        """Keep the pairs of which both are live, in the wording in which they were compared."""
        return self.filter(
            Q(older__expires_at=None) | Q(older__expires_at__gt=now),
            Q(newer__expires_at=None) | Q(newer__expires_at__gt=now),
            older_hash=F("older__content_hash"),
            newer_hash=F("newer__content_hash"),
            older__deleted_at=None,
            newer__deleted_at=None,
            older__superseded_at=None,
            newer__superseded_at=None,
            older__archived_at=None,
            newer__archived_at=None,
        )

    def to_decide(self, now: datetime) -> "ReviewQuerySet":
        return self.current(now).filter(status=ReviewStatus.OPEN)


class Review(models.Model):
    """Two memories that may say the same, or contradict each other, for somebody to decide about.

    It goes with either of them. It holds no text: `evidence` are places in the wordings that the hashes name.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=13, choices=[(kind.value, kind.name) for kind in ReviewKind])
    status = models.CharField(
        max_length=9, choices=[(status.value, status.name) for status in ReviewStatus], default=ReviewStatus.OPEN.value
    )
    # The one that happened earlier, and the other.
    older = models.ForeignKey(Memory, on_delete=models.CASCADE, related_name="+")
    newer = models.ForeignKey(Memory, on_delete=models.CASCADE, related_name="+")
    older_hash = models.CharField(max_length=64)
    newer_hash = models.CharField(max_length=64)
    # How sure it is, up to 1: the share of common words of duplicates, the strength of the surest contradiction.
    score = models.FloatField()
    # [{"kind", "strength", "update", "older": {"value": [start, end], "sentence": [start, end]}, "newer": ...}]
    evidence = models.JSONField(default=list, blank=True)
    opened_at = models.DateTimeField()
    decided_by = models.UUIDField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    # What the decision did, for its undoing: the memory that was kept, its revisions before and after if it was
    # edited, and the revision into which the other was brought.
    kept = models.UUIDField(null=True, blank=True)
    kept_from = models.PositiveIntegerField(null=True, blank=True)
    kept_to = models.PositiveIntegerField(null=True, blank=True)
    replaced_to = models.PositiveIntegerField(null=True, blank=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        constraints = [
            # One for each pair, whichever is found to be the older one.
            models.UniqueConstraint(Least("older", "newer"), Greatest("older", "newer"), "kind", name="review_unique")
        ]
        indexes = [
            models.Index(fields=["opened_at", "id"], name="review_opened"),
            models.Index(fields=["decided_at"], name="review_decided"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.older_id} {self.newer_id}"


class ReviewProgress(models.Model):
    """How far the search for reviews has come, in the one row, of id 1: to the memory of a `number` in a `change`."""

    id = models.BigAutoField(primary_key=True)
    change = models.BigIntegerField(default=0)
    number = models.BigIntegerField(default=0)
    moved_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "review progress"

    def __str__(self) -> str:
        return f"up to change {self.change}"


class Export(models.Model):
    """An archive of the memory, or of a part of it; its bytes are in the storage named `originals`."""

    class Status(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        SUCCEEDED = "succeeded"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    # As `MemoryConditions` has them and `state` names the shelf; null for everything there is.
    conditions = models.JSONField(null=True, blank=True)
    include_versions = models.BooleanField(default=True)
    include_files = models.BooleanField(default=True)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict, blank=True)
    # Set before anything is written there; a second attempt erases what the first one left.
    storage_key = models.CharField(max_length=200, blank=True)
    size_bytes = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    error = models.CharField(max_length=200, blank=True)
    created_by = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.id} {self.status}"


class ExportPart(models.Model):
    """The numbers of up to a thousand memories that an export holds, ascending, as little-endian 64 bits each."""

    id = models.BigAutoField(primary_key=True)
    export = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="parts")
    first_number = models.BigIntegerField()
    last_number = models.BigIntegerField()
    numbers = models.BinaryField()

    class Meta:
        indexes = [models.Index(fields=["first_number", "last_number"], name="export_part_numbers")]

    def __str__(self) -> str:
        return f"{self.export_id} {self.first_number} to {self.last_number}"


class Import(models.Model):
    """An archive on its way in. How far it has come is written in the transaction of what it brought."""

    class Status(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        CANCELLED = "cancelled"

    class Step(models.TextChoices):
        CHECKING = "checking"
        FILES = "files"
        ENTITIES = "entities"
        RELATIONS = "relations"
        MEMORIES = "memories"
        REMOVALS = "removals"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=255, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    # The archive, erased when the import has ended.
    storage_key = models.CharField(max_length=200, blank=True)
    size_bytes = models.BigIntegerField(default=0)
    step = models.CharField(max_length=10, choices=Step, default=Step.CHECKING)
    # Of the step in hand: the member, and how many lines of it are done; of the member's versions likewise.
    part = models.PositiveIntegerField(default=1)
    line = models.PositiveIntegerField(default=0)
    version_line = models.PositiveIntegerField(default=0)
    # Whether memories, and entities, keep their numbers; else they get new ones, in the same order.
    keeps_numbers = models.BooleanField(default=False)
    keeps_entities = models.BooleanField(default=False)
    first_number = models.BigIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    error_code = models.CharField(max_length=50, blank=True)
    error_detail = models.TextField(blank=True)
    created_by = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.id} {self.status}"


class ImportFault(models.Model):
    """A line of an archive that was not taken, and why. It holds no text of the line but its id."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    of = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="faults")
    member = models.CharField(max_length=50)
    line = models.PositiveIntegerField()
    memory_id = models.UUIDField(null=True, blank=True)
    code = models.CharField(max_length=50)
    detail = models.TextField()
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.member}:{self.line} {self.code}"


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


class GrantQuerySet(models.QuerySet["Grant"]):
    def in_force(self, now: datetime) -> "GrantQuerySet":
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None)


class Grant(models.Model):
    """Somebody may read, change or count memories of a module that are closed to them otherwise."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    principal_kind = models.CharField(max_length=10, choices=[(one.value, one.name) for one in PrincipalKind])
    # A module's or role's name, a person's or key's id.
    principal_id = models.CharField(max_length=100)
    # Whose memories; of which types, all if there are none; and those alone that a filter of the API applies to.
    module = models.CharField(max_length=63)
    memory_types = models.JSONField(default=list, blank=True)
    filters = models.JSONField(default=dict, blank=True)
    rights = models.JSONField(default=list)
    purpose = models.CharField(max_length=500)
    expires_at = models.DateTimeField(null=True, blank=True)
    created_by = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField()
    revoked_by = models.UUIDField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = GrantQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["principal_kind", "principal_id"], condition=Q(revoked_at=None), name="grant_of_principal"
            )
        ]

    def __str__(self) -> str:
        return f"{self.principal_kind} {self.principal_id}: {self.module}"


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


class OrganizationMemory(Organization):
    """An organisation seen by operators together with its memory context; adds no table."""

    class Meta:
        proxy = True
        verbose_name = "memory context"
        verbose_name_plural = "memory contexts"
