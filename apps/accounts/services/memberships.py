"""Who belongs to an organisation, and as what.

Nobody gives, or takes away, more than they hold themselves; and an organisation always has an owner.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from apps.accounts.exceptions import EscalationRefused, LastOwner
from apps.accounts.models import ApiKey, CustomRole, Membership, Organization, User
from apps.accounts.permissions import ROLE_PERMISSIONS, Permission, Role
from apps.accounts.registry import members_growing
from apps.accounts.selectors.memberships import membership_state_forget, permissions_of_role
from apps.accounts.services.api_keys import key_end
from apps.core.exceptions import InvalidInput, NotFound
from apps.core.types import Principal
from apps.events.services.outbox import emit
from apps.events.types import Actor


@transaction.atomic
def membership_add(*, user: User, organization: Organization, role: str, now: datetime) -> Membership:
    """Add a member; raise what `on_members_growing` says if there is no room."""
    seats_check(organization_id=organization.id)
    return Membership.objects.create(user=user, organization=organization, role=role, created_at=now)


def seats_check(*, organization_id: UUID, invited: int = 0) -> None:
    """Raise what `on_members_growing` says if there is no room for one more, with so many invitations open."""
    # Two who join at once count each other.
    Organization.objects.select_for_update().get(id=organization_id)
    members = Membership.objects.filter(organization_id=organization_id).count()
    members_growing(organization_id=organization_id, needed=members + invited + 1)


def membership_role_change(*, membership: Membership, role: str) -> None:
    """Change a role; tokens issued before carry an older permission version and stop working within 5 s."""
    # Counted in the database: the instance may be older than another change.
    Membership.objects.filter(id=membership.id).update(role=role, permission_version=F("permission_version") + 1)
    membership.refresh_from_db(fields=["role", "permission_version"])
    membership_state_forget(user_id=membership.user_id, organization_id=membership.organization_id)


def organization_rights_changed(*, organization_id: UUID, role: str | None = None) -> None:
    """Refuse the access tokens of all members, or of those with one role: what it includes has changed."""
    memberships = Membership.objects.filter(organization_id=organization_id)
    if role is not None:
        memberships = memberships.filter(role=role)
    memberships.update(permission_version=F("permission_version") + 1)
    for user_id in memberships.values_list("user_id", flat=True):
        membership_state_forget(user_id=user_id, organization_id=organization_id)


def role_check(role: str, *, organization_id: UUID) -> None:
    """Raise `InvalidInput` for a role that the organisation does not have."""
    custom = CustomRole.objects.filter(organization_id=organization_id, name=role)
    if role not in ROLE_PERMISSIONS and not custom.exists():
        raise InvalidInput(f"There is no role {role}.", pointer="/role")


def giving_check(principal: Principal, *roles: str, action: str) -> None:
    """Raise `EscalationRefused` if one of the roles includes what the caller does not hold."""
    for role in roles:
        excess = permissions_of_role(role, organization_id=principal.organization_id) - principal.permissions
        if excess:
            raise EscalationRefused(
                f"The role {role} includes what you do not hold: {', '.join(sorted(excess))}.", action=action, role=role
            )


@transaction.atomic
def member_role_change(*, principal: Principal, user_id: UUID, role: str, now: datetime) -> Membership:
    """Give a member another role.

    Raises `NotFound`, `InvalidInput` for an unknown role, `EscalationRefused`, or `LastOwner`.
    """
    membership = _member_locked(principal.organization_id, user_id)
    role_check(role, organization_id=principal.organization_id)
    before = membership.role
    giving_check(principal, before, role, action="member.role_change")
    if role == before:
        return membership
    if before == Role.OWNER:
        _other_owner_check(membership)
    membership_role_change(membership=membership, role=role)
    _emit("member.role_changed", principal, membership, now=now, before=before, after=role)
    return membership


@transaction.atomic
def member_remove(*, principal: Principal, user_id: UUID, now: datetime) -> None:
    """Remove a member, or leave: their access ends within 5 s, their keys of this organisation with it.

    Raises `NotFound`, `EscalationRefused` or `LastOwner`.
    """
    membership = _member_locked(principal.organization_id, user_id)
    leaves = user_id == principal.user_id and principal.key_id is None
    if not leaves:
        if Permission.MEMBERS_WRITE not in principal.permissions:
            raise EscalationRefused(f"The permission {Permission.MEMBERS_WRITE} is needed.", action="member.remove")
        giving_check(principal, membership.role, action="member.remove")
    if membership.role == Role.OWNER:
        _other_owner_check(membership)
    membership_end(membership, now=now)
    _emit("member.left" if leaves else "member.removed", principal, membership, now=now, role=membership.role)


def membership_end(membership: Membership, *, now: datetime) -> None:
    """Delete a membership and end what hangs on it."""
    for key in ApiKey.objects.filter(
        organization_id=membership.organization_id, created_by_id=membership.user_id, revoked_at=None
    ):
        key_end(key, now=now)
    Membership.objects.filter(id=membership.id).delete()
    membership_state_forget(user_id=membership.user_id, organization_id=membership.organization_id)


@transaction.atomic
def ownership_transfer(*, principal: Principal, user_id: UUID, now: datetime) -> None:
    """Make another member the owner; the caller, an owner, becomes an admin. Raises `NotFound` or `InvalidInput`."""
    if user_id == principal.user_id:
        raise InvalidInput("You are the owner already.", pointer="/user_id")
    successor = _member_locked(principal.organization_id, user_id)
    owner = _member_locked(principal.organization_id, principal.user_id)
    membership_role_change(membership=successor, role=Role.OWNER)
    membership_role_change(membership=owner, role=Role.ADMIN)
    _emit("organization.ownership_transferred", principal, successor, now=now)


def _member_locked(organization_id: UUID, user_id: UUID) -> Membership:
    """Return a member; changes of an organisation's members take turns, so that two cannot remove the last owner."""
    Organization.objects.select_for_update().get(id=organization_id)
    membership = (
        Membership.objects.select_related("user", "organization")
        .filter(organization_id=organization_id, user_id=user_id)
        .first()
    )
    if membership is None:
        raise NotFound("There is no such member.")
    return membership


def _other_owner_check(membership: Membership) -> None:
    others = Membership.objects.filter(organization_id=membership.organization_id, role=Role.OWNER)
    if not others.exclude(id=membership.id).exists():
        raise LastOwner("An organisation needs an owner: make someone else the owner first.")


def _emit(name: str, principal: Principal, membership: Membership, *, now: datetime, **data: object) -> None:
    emit(
        name,
        organization_id=membership.organization_id,
        actor=Actor.of(principal),
        subject=("member", membership.user_id),
        now=now,
        email=membership.user.email,
        **data,
    )
