"""Who belongs to an organisation, and as what."""

from datetime import datetime
from uuid import UUID

from django.db.models import F

from apps.accounts.models import Membership, Organization, User
from apps.accounts.permissions import Role
from apps.accounts.selectors.memberships import membership_state_forget


def membership_add(*, user: User, organization: Organization, role: Role, now: datetime) -> Membership:
    return Membership.objects.create(user=user, organization=organization, role=role, created_at=now)


def membership_role_change(*, membership: Membership, role: Role) -> None:
    """Change a role; tokens issued before carry an older permission version and stop working within 5 s."""
    # Counted in the database: the instance may be older than another change.
    Membership.objects.filter(id=membership.id).update(role=role, permission_version=F("permission_version") + 1)
    membership.refresh_from_db(fields=["role", "permission_version"])
    membership_state_forget(user_id=membership.user_id, organization_id=membership.organization_id)


def organization_rights_changed(*, organization_id: UUID) -> None:
    """Refuse the access tokens of all members issued before: what their roles include has changed."""
    memberships = Membership.objects.filter(organization_id=organization_id)
    memberships.update(permission_version=F("permission_version") + 1)
    for user_id in memberships.values_list("user_id", flat=True):
        membership_state_forget(user_id=user_id, organization_id=organization_id)
