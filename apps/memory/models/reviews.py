"""Pairs of memories that people are to decide about."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest, Least

from apps.core.ids import new_id
from apps.memory.models.memories import Memory
from apps.memory.types import ReviewKind, ReviewStatus


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
