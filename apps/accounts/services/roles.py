"""Roles that an organisation makes of permissions."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.accounts.exceptions import EscalationRefused, RoleInUse, RoleNameTaken
from apps.accounts.models import CustomRole, Invitation, Membership
from apps.accounts.permissions import ROLE_PERMISSIONS
from apps.accounts.selectors.memberships import assignable_permissions
from apps.accounts.services.memberships import organization_rights_changed
from apps.core.exceptions import Conflict, InvalidInput, NotFound
from apps.core.types import Principal
from apps.events.services.outbox import emit
from apps.events.types import Actor

MAX_ROLES = 50


@transaction.atomic
def role_create(
    *, principal: Principal, name: str, title: str, description: str, permissions: Sequence[str], now: datetime
) -> CustomRole:
    """Make a role. Raises `RoleNameTaken`, `InvalidInput`, `EscalationRefused` or `Conflict`."""
    _permissions_check(principal, permissions, action="role.create")
    if name in ROLE_PERMISSIONS:
        raise RoleNameTaken("This is the name of a built-in role.")
    if CustomRole.objects.filter(organization_id=principal.organization_id).count() >= MAX_ROLES:
        raise Conflict(f"An organisation has at most {MAX_ROLES} roles of its own.")
    try:
        with transaction.atomic():
            role = CustomRole.objects.create(
                organization_id=principal.organization_id,
                name=name,
                title=title,
                description=description,
                permissions=sorted(set(permissions)),
                created_at=now,
            )
    except IntegrityError:
        raise RoleNameTaken("The organisation has a role of this name.") from None
    _emit("role.created", principal, role, now=now, permissions=role.permissions)
    return role


@transaction.atomic
def role_update(
    *,
    principal: Principal,
    role_id: UUID,
    title: str | None = None,
    description: str | None = None,
    permissions: Sequence[str] | None = None,
    now: datetime,
) -> CustomRole:
    """Change a role; its holders' tokens of before stop working within 5 s.

    Raises `NotFound`, `InvalidInput`, or `EscalationRefused`, also for a role that includes more than the caller holds.
    """
    role = role_of(principal, role_id)
    before = list(role.permissions)
    _held_check(principal, role, action="role.update")
    if title is not None:
        role.title = title
    if description is not None:
        role.description = description
    if permissions is not None:
        _permissions_check(principal, permissions, action="role.update")
        role.permissions = sorted(set(permissions))
    role.save(update_fields=["title", "description", "permissions"])
    if role.permissions != before:
        organization_rights_changed(organization_id=principal.organization_id, role=role.name)
    _emit("role.updated", principal, role, now=now, before=before, after=role.permissions)
    return role


@transaction.atomic
def role_delete(*, principal: Principal, role_id: UUID, now: datetime) -> None:
    """Delete a role that nobody holds or is invited with. Raises `NotFound`, `EscalationRefused` or `RoleInUse`."""
    role = role_of(principal, role_id)
    _held_check(principal, role, action="role.delete")
    held = Membership.objects.filter(organization_id=principal.organization_id, role=role.name).count()
    invited = Invitation.objects.filter(
        organization_id=principal.organization_id,
        role=role.name,
        accepted_at=None,
        revoked_at=None,
        expires_at__gt=now,
    ).count()
    if held or invited:
        raise RoleInUse(f"{held} members hold this role and {invited} invitations name it.")
    _emit("role.deleted", principal, role, now=now)
    role.delete()


def role_of(principal: Principal, role_id: UUID) -> CustomRole:
    role = CustomRole.objects.select_for_update().filter(id=role_id, organization_id=principal.organization_id).first()
    if role is None:
        raise NotFound("There is no such role.")
    return role


def _permissions_check(principal: Principal, permissions: Sequence[str], *, action: str) -> None:
    assignable = assignable_permissions(organization_id=principal.organization_id)
    if unknown := sorted(set(permissions) - assignable):
        raise InvalidInput(f"Roles cannot be made of {', '.join(unknown)}.", pointer="/permissions")
    if excess := sorted(set(permissions) - principal.permissions):
        raise EscalationRefused(f"You do not hold {', '.join(excess)} yourself.", action=action, wanted=excess)


def _held_check(principal: Principal, role: CustomRole, *, action: str) -> None:
    # What an uninstalled module brought gives nothing, so it need not be held.
    effective = set(role.permissions) & assignable_permissions(organization_id=principal.organization_id)
    if excess := sorted(effective - principal.permissions):
        raise EscalationRefused(
            f"This role includes what you do not hold: {', '.join(excess)}.", action=action, role=role.name
        )


def _emit(name: str, principal: Principal, role: CustomRole, *, now: datetime, **data: object) -> None:
    emit(
        name,
        organization_id=principal.organization_id,
        actor=Actor.of(principal),
        subject=("role", role.id),
        now=now,
        role=role.name,
        **data,
    )
