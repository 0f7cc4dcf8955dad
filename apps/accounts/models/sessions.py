"""Sign-ins and the refresh tokens that continue them."""

from django.db import models
from django.utils import timezone

from apps.accounts.models.organizations import Organization
from apps.accounts.models.users import User
from apps.core.ids import new_id


class Session(models.Model):
    """One sign-in on one device. It belongs to a person, whichever of their organisations they work in."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    # How the person has proven who they are, in the words of RFC 8176: `pwd`, `otp`, `hwk`, `fed`.
    methods = models.JSONField(default=list)
    # The last time they did.
    authenticated_at = models.DateTimeField()
    user_agent = models.CharField(max_length=300, blank=True)
    ip = models.GenericIPAddressField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"session of {self.user}"


class RefreshToken(models.Model):
    """One refresh token. Its id is the token's `jti`; the token itself is never stored.

    Every token of a session that comes back after it was exchanged ends the session.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="refresh_tokens")
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(db_index=True)
    rotated_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return str(self.id)
