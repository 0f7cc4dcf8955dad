"""What searches need of a memory: its passages, their vectors, its place in the conceptual space."""

from django.db import models
from pgvector.django import HalfVectorField, VectorField

from apps.core.ids import new_id
from apps.memory.models.contexts import EmbeddingEpoch
from apps.memory.models.memories import Memory


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
