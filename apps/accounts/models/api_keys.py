"""Keys of programs."""

from django.db import models
from django.utils import timezone

from apps.accounts.models.organizations import Organization
from apps.accounts.models.users import User
from apps.core.ids import new_id


class ApiKey(models.Model):
    """A key acts for the person who made it, in one organisation, within its scopes and never beyond their role."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="api_keys")
    created_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100)
    # The beginning of the secret, by which people recognise it.
    prefix = models.CharField(max_length=20)
    # SHA-256 of the whole secret: 190 bits of chance need no slow hash.
    secret_hash = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    rotated_from = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
