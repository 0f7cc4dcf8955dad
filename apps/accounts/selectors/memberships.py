"""Who belongs where, and what they may do there."""

from uuid import UUID

from django.core.cache import caches
from django.db import transaction

from apps.accounts.models import Membership, User
from apps.accounts.permissions import Permission, permissions_of
from apps.accounts.registry import extra_permissions
from apps.accounts.types import MembershipState
from apps.core.exceptions import NotFound
from apps.core.types import Principal

# How long a process may go on believing a membership; the upper bound for "a removed right stops working".
STATE_TTL_SECONDS = 5
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


def principal_of(membership: Membership) -> Principal:
    return Principal(
        user_id=membership.user_id,
        organization_id=membership.organization_id,
        email=membership.user.email,
        role=membership.role,
        permissions=_permissions_of(membership),
    )


def _permissions_of(membership: Membership) -> frozenset[str]:
    operator = {Permission.REGISTRY_WRITE} if membership.user.is_staff else frozenset[str]()
    return permissions_of(membership.role) | extra_permissions(membership.organization_id, membership.role) | operator
