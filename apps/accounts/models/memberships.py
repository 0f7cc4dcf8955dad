"""Who belongs to an organisation."""

from django.db import models
from django.utils import timezone

from apps.accounts.models.organizations import Organization
from apps.accounts.models.users import User
from apps.accounts.permissions import Role
from apps.core.ids import new_id


class Membership(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=50, choices=[(role.value, role.value) for role in Role], default=Role.MEMBER)
    # Raised by every change of rights: a token that carries an older number is refused.
    permission_version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "organization"], name="membership_unique")]

    def __str__(self) -> str:
        return f"{self.user} in {self.organization} as {self.role}"
