"""What was wrong, and when. In the public schema; incidents are told to everybody who is signed in."""

from django.db import models
from django.db.models import Q

from apps.core.ids import new_id


class Incident(models.Model):
    """A time in which something was not well, with the worst that was found."""

    class Status(models.TextChoices):
        DEGRADED = "degraded"
        DOWN = "down"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    component = models.CharField(max_length=100)
    status = models.CharField(max_length=10, choices=Status)
    detail = models.CharField(max_length=200, blank=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-started_at"]
        constraints = [
            models.UniqueConstraint(fields=["component"], condition=Q(ended_at=None), name="incident_one_open")
        ]
        indexes = [models.Index(fields=["started_at"], name="incident_started")]

    def __str__(self) -> str:
        return f"{self.component} {self.status}"


class Watch(models.Model):
    """When somebody looked last: a gap says that no background work was done meanwhile. One row."""

    id = models.BigAutoField(primary_key=True)
    looked_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.looked_at)
