"""Members, invitations and roles as an organisation sees them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet

from apps.accounts.models import CustomRole, Invitation, Membership, User
from apps.accounts.permissions import DESCRIPTIONS, ROLE_PERMISSIONS, Role
from apps.accounts.selectors.branding import branding_of, branding_present
from apps.accounts.selectors.memberships import assignable_permissions, permissions_of_role
from apps.accounts.selectors.second_factors import enrolled
from apps.core.types import Principal

ROLE_DESCRIPTIONS = {
    Role.OWNER: "Everything, and giving the organisation away or deleting it.",
    Role.ADMIN: "Everything but what is an owner's alone.",
    Role.MEMBER: "Reads and writes the memory, and uses modules.",
    Role.VIEWER: "Reads the memory and what modules show.",
}


def members(*, organization_id: UUID, q: str = "", role: str = "") -> QuerySet[Membership]:
    rows = Membership.objects.filter(organization_id=organization_id).select_related("user")
    if q:
        rows = rows.filter(Q(user__email__icontains=q) | Q(user__name__icontains=q))
    if role:
        rows = rows.filter(role=role)
    return rows.annotate(
        last_seen_at=Max("user__sessions__last_used_at"), has_mfa=Exists(enrolled().filter(user_id=OuterRef("user_id")))
    )


def member_present(row: Any) -> dict[str, Any]:
    """Return a member as `members` reads them."""
    return {
        "id": str(row.user_id),
        "email": row.user.email,
        "name": row.user.name,
        "role": row.role,
        "joined_at": row.created_at,
        "last_seen_at": row.last_seen_at,
        "mfa": row.has_mfa,
    }


def member_get(*, organization_id: UUID, user_id: UUID) -> dict[str, Any]:
    return member_present(members(organization_id=organization_id).get(user_id=user_id))


def invitations(*, organization_id: UUID, status: str = "", now: datetime) -> QuerySet[Invitation]:
    rows = Invitation.objects.filter(organization_id=organization_id).select_related("invited_by")
    open_ones = Q(accepted_at=None, revoked_at=None)
    conditions = {
        "": Q(),
        "pending": open_ones & Q(expires_at__gt=now),
        "expired": open_ones & Q(expires_at__lte=now),
        "accepted": Q(accepted_at__isnull=False),
        "revoked": Q(revoked_at__isnull=False),
    }
    return rows.filter(conditions[status])


def invitation_present(row: Invitation, *, now: datetime) -> dict[str, Any]:
    if row.accepted_at:
        status = "accepted"
    elif row.revoked_at:
        status = "revoked"
    else:
        status = "pending" if row.expires_at > now else "expired"
    giver = row.invited_by
    return {
        "id": str(row.id),
        "email": row.email,
        "role": row.role,
        "invited_by": {"id": str(giver.id), "email": giver.email} if giver else None,
        "created_at": row.created_at,
        "expires_at": row.expires_at,
        "status": status,
    }


def invitation_look(row: Invitation) -> dict[str, Any]:
    """Return what the holder of an invitation's link sees of it."""
    return {
        "organization": {
            "slug": row.organization.slug,
            "name": row.organization.name,
            "branding": branding_present(branding_of(organization_id=row.organization_id)),
        },
        "email": row.email,
        "role": row.role,
        "invited_by": row.invited_by.email if row.invited_by else None,
        "expires_at": row.expires_at,
        "has_account": User.objects.filter(email=row.email).exists(),
    }


def roles(*, organization_id: UUID) -> list[dict[str, Any]]:
    """Return built-in roles, then the organisation's own; a handful, so no pages."""
    memberships = Membership.objects.filter(organization_id=organization_id).order_by()
    held = dict(memberships.values_list("role").annotate(Count("id")))
    built_in = [
        {
            "id": None,
            "name": role.value,
            "title": role.value.title(),
            "description": ROLE_DESCRIPTIONS[role],
            "built_in": True,
            "permissions": sorted(permissions_of_role(role, organization_id=organization_id)),
            "members": held.get(role, 0),
        }
        for role in Role
    ]
    custom = CustomRole.objects.filter(organization_id=organization_id)
    return [*built_in, *(role_present(row, members=held.get(row.name, 0)) for row in custom)]


def role_present(row: CustomRole, *, members: int) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "name": row.name,
        "title": row.title or row.name,
        "description": row.description,
        "built_in": False,
        "permissions": row.permissions,
        "members": members,
    }


def role_members(row: CustomRole) -> int:
    return Membership.objects.filter(organization_id=row.organization_id, role=row.name).count()


def permissions(*, principal: Principal) -> list[dict[str, Any]]:
    """Return what roles and keys can be made of, and whether the caller holds it."""
    built_in_areas = {one.partition(":")[0] for one in ROLE_PERMISSIONS[Role.OWNER]}
    return [
        {
            "permission": one,
            "area": one.partition(":")[0],
            "description": DESCRIPTIONS.get(one, ""),
            "module": None if one.partition(":")[0] in built_in_areas else one.partition(":")[0],
            "held": one in principal.permissions,
        }
        for one in sorted(assignable_permissions(organization_id=principal.organization_id))
    ]
