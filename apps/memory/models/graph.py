"""The knowledge graph: what memories name, and what somebody stated of it."""

from django.db import models

from apps.core.ids import new_id
from apps.memory.models.memories import Memory


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
