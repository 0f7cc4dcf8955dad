"""What somebody has begun and has to finish soon."""

from django.db import models
from django.utils import timezone

from apps.accounts.models.sessions import Session
from apps.accounts.models.users import User
from apps.core.ids import new_id


class PendingStep(models.Model):
    """One step, known to its beginner by a token that is kept as SHA-256 only. The row goes when it is finished."""

    class Kind(models.TextChoices):
        # The first factor has been proven, the second is awaited.
        SIGN_IN = "sign_in"
        PASSKEY_SIGN_IN = "passkey_sign_in"
        REAUTHENTICATION = "reauthentication"
        TOTP_SETUP = "totp_setup"
        PASSKEY_SETUP = "passkey_setup"
        # A browser has been sent to an identity provider.
        PROVIDER_SIGN_IN = "provider_sign_in"
        # A provider has named somebody who has no account yet.
        PROVIDER_SIGN_UP = "provider_sign_up"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=20, choices=Kind)
    token_hash = models.CharField(max_length=64, unique=True)
    # Empty as long as nobody has proven who they are.
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    # The session that has to finish it; empty when there is none yet.
    session = models.ForeignKey(Session, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    # What finishing it needs to know; secrets are sealed.
    data = models.JSONField(default=dict)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
