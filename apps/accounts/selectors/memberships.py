"""Who belongs where, and what they may do there."""

from uuid import UUID

from django.core.cache import caches
from django.db import transaction

from apps.accounts.models import CustomRole, Membership, Session, User
from apps.accounts.permissions import ROLE_PERMISSIONS, Permission, Role
from apps.accounts.registry import extra_permissions
from apps.accounts.selectors.second_factors import user_has_mfa
from apps.accounts.types import MembershipState
from apps.core.exceptions import NotFound
from apps.core.types import Principal

# How long a process may go on believing a membership: what is taken away is to be refused within 5 s, a call that was
# let in just before included.
STATE_TTL_SECONDS = 4
_NO_MEMBERSHIP = "none"


def membership_state(*, user_id: UUID, organization_id: UUID, seen_version: int = 0) -> MembershipState | None:
    """Return the present state of a membership, at most `STATE_TTL_SECONDS` old; None if there is none.

    `seen_version` is the permission version of a token that holds: what is older than that is read anew, or the token
    that another process has just issued would be refused.
    """
    cache = caches["process"]
    key = _state_key(user_id, organization_id)
    state: MembershipState | str | None = cache.get(key)
    if state is None or (isinstance(state, MembershipState) and state.permission_version < seen_version):
        state = membership_state_read(user_id=user_id, organization_id=organization_id) or _NO_MEMBERSHIP
        cache.set(key, state, STATE_TTL_SECONDS)
    return state if isinstance(state, MembershipState) else None


def membership_state_forget(*, user_id: UUID, organization_id: UUID) -> None:
    """Have this process read the state anew once the transaction commits; a read before that would keep the old one."""
    key = _state_key(user_id, organization_id)
    transaction.on_commit(lambda: caches["process"].delete(key))


def _state_key(user_id: UUID, organization_id: UUID) -> str:
    return f"membership-state:{user_id}:{organization_id}"


def membership_state_read(*, user_id: UUID, organization_id: UUID) -> MembershipState | None:
    """Return the state of a membership, read now; None if there is none."""
    row = (
        Membership.objects.filter(user_id=user_id, organization_id=organization_id)
        .values_list("role", "permission_version", "user__is_active", "organization__is_active")
        .first()
    )
    if row is None:
        return None
    role, version, user_active, organization_active = row
    return MembershipState(role=role, permission_version=version, is_active=user_active and organization_active)


def membership_find(*, user: User, organization_id: UUID | None) -> Membership:
    """Return the membership to sign in with: the one named, or the oldest.

    Raises `NotFound` if the person belongs to no such active organisation.
    """
    memberships = Membership.objects.select_related("organization", "user").filter(
        user=user, organization__is_active=True
    )
    if organization_id is not None:
        memberships = memberships.filter(organization_id=organization_id)
    membership = memberships.order_by("created_at", "id").first()
    if membership is None:
        raise NotFound("You do not belong to this organisation.")
    return membership


def principal_of(membership: Membership, *, session: Session) -> Principal:
    return Principal(
        user_id=membership.user_id,
        organization_id=membership.organization_id,
        email=membership.user.email,
        role=membership.role,
        permissions=permissions_of_membership(membership),
        session_id=session.id,
        authenticated_at=session.authenticated_at,
    )


def member_principal(*, user_id: UUID, organization_id: UUID) -> Principal | None:
    """Return a member as they are now, without any credential; None if they are none, or may not sign in."""
    membership = (
        Membership.objects.select_related("organization", "user")
        .filter(user_id=user_id, organization_id=organization_id, user__is_active=True, organization__is_active=True)
        .first()
    )
    if membership is None:
        return None
    return Principal(
        user_id=user_id,
        organization_id=organization_id,
        email=membership.user.email,
        role=membership.role,
        permissions=permissions_of_membership(membership),
    )


def permissions_of_membership(membership: Membership) -> frozenset[str]:
    """Return what a member may do, operators' rights included; `membership` comes with user and organisation."""
    if mfa_missing(membership):
        return frozenset()
    operator = {Permission.REGISTRY_WRITE} if membership.user.is_staff else frozenset[str]()
    return permissions_of_role(membership.role, organization_id=membership.organization_id) | operator


def mfa_missing(membership: Membership) -> bool:
    """Return whether the organisation demands a second factor that the member does not have."""
    return membership.organization.mfa_required and not user_has_mfa(user_id=membership.user_id)


def permissions_of_role(role: str, *, organization_id: UUID) -> frozenset[str]:
    """Return what a role includes, permissions of enabled modules among them; nothing for a role that is unknown."""
    if role in ROLE_PERMISSIONS:
        return ROLE_PERMISSIONS[role] | extra_permissions(organization_id, role)
    custom = CustomRole.objects.filter(organization_id=organization_id, name=role).values_list("permissions").first()
    if custom is None:
        return frozenset()
    return frozenset(custom[0]) & assignable_permissions(organization_id=organization_id)


def assignable_permissions(*, organization_id: UUID) -> frozenset[str]:
    """Return what custom roles and API keys can be made of: everything but what is an owner's alone."""
    return ROLE_PERMISSIONS[Role.ADMIN] | extra_permissions(organization_id, Role.ADMIN)
