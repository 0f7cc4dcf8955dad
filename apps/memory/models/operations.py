"""Texts on their way in."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from apps.core.ids import new_id
from apps.memory.models.files import SourceFile


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
