"""Archives of a memory, carried away and brought in."""

from django.db import models

from apps.core.ids import new_id


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
    # The ids of memories that could not be read and are not in it, the first of them; the manifest names all.
    damaged = models.JSONField(default=list, blank=True)
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
        HOLDS = "holds"
        RETENTION = "retention"
        FILES = "files"
        ENTITIES = "entities"
        RELATIONS = "relations"
        MEMORIES = "memories"
        REMOVALS = "removals"
        RULES = "rules"

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
    # Legal holds, and rules for retention and the archive, that were brought.
    holds = models.PositiveIntegerField(default=0)
    rules = models.PositiveIntegerField(default=0)
    # Types whose rules for retention came switched off, so that no other rule reaches them either.
    rules_off = models.JSONField(default=list, blank=True)
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
