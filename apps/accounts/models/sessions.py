"""Sign-ins."""

from django.db import models
from django.utils import timezone

from apps.accounts.models.organizations import Organization
from apps.accounts.models.users import User
from apps.core.ids import new_id


class RefreshSession(models.Model):
    """One refresh token. Its id is the token's `jti`; the token itself is never stored."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # All tokens that descend from one sign-in; reuse of any of them ends the family.
    family_id = models.UUIDField(db_index=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="refresh_sessions")
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(db_index=True)
    rotated_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return str(self.id)
