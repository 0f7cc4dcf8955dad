"""Whose memories are open to whom."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from apps.core.ids import new_id
from apps.memory.engine.reader import PrincipalKind


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
