"""The keys that sign our tokens."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from apps.core.ids import new_id


class SigningKey(models.Model):
    """A key that signs tokens, will sign them, or did; `keys` reads them, `services.signing_keys` replaces them."""

    class State(models.TextChoices):
        # Published already, so that everybody knows it when it begins to sign.
        NEXT = "next"
        CURRENT = "current"
        # Signs no more, still verifies.
        PREVIOUS = "previous"
        REVOKED = "revoked"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kid = models.CharField(max_length=64, unique=True)
    algorithm = models.CharField(max_length=10)
    state = models.CharField(max_length=10, choices=State)
    # See core.sealing; empty once nothing needs it any more.
    sealed_private = models.TextField(blank=True, editable=False)
    # PEM; empty for a shared secret.
    public = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    activated_at = models.DateTimeField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["algorithm", "state"],
                condition=Q(state__in=["current", "next"]),
                name="signing_key_one_current_one_next",
            ),
        ]

    def __str__(self) -> str:
        return self.kid
