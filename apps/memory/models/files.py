"""The originals of files that memories were read from."""

from django.db import models

from apps.core.ids import new_id


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
