"""Deleting accounts and organisations: announced first, done after a time in which it can be taken back."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from apps.accounts import registry
from apps.accounts.exceptions import SoleOwner
from apps.accounts.models import Membership, Organization, Session, User
from apps.accounts.permissions import Role
from apps.accounts.selectors.memberships import membership_state_forget
from apps.accounts.services.memberships import membership_end
from apps.accounts.services.sessions import sessions_end_all
from apps.core.exceptions import Conflict, InvalidInput
from apps.core.services import enqueue
from apps.core.tenancy.schemas import schema_drop
from apps.core.types import Principal
from apps.events.services.outbox import emit
from apps.events.types import SYSTEM, Actor

ACCOUNT_GRACE = timedelta(days=14)
ORGANIZATION_GRACE = timedelta(days=30)
# Rows of ended sessions are kept for a while: a token that comes back is recognised by them.
SESSION_KEPT = timedelta(days=7)


@transaction.atomic
def account_delete_request(*, principal: Principal, confirm: str, now: datetime) -> datetime:
    """Have the caller's account deleted after a grace period; return its end. They are signed out everywhere.

    Signing in again before then calls it off. Organisations that have no other member go with the account. Raises
    `InvalidInput` for a wrong confirmation, `SoleOwner` while others would be left without an owner.
    """
    user = User.objects.select_for_update().get(id=principal.user_id)
    if confirm.strip().lower() != user.email:
        raise InvalidInput("Type your e-mail address to confirm.", pointer="/confirm")
    _left_alone_check(user)
    user.delete_after = now + ACCOUNT_GRACE
    user.save(update_fields=["delete_after"])
    sessions_end_all(user_id=user.id, now=now)
    emit("user.deletion_requested", organization_id=None, actor=Actor.of(principal), subject=("user", user.id), now=now)
    enqueue("accounts.send_account_deletion_mail", organization_id=None, user_id=str(user.id), now=now)
    return user.delete_after


def _left_alone_check(user: User) -> None:
    """Raise `SoleOwner` if an organisation with other members would lose its only owner."""
    left = [
        row.organization
        for row in Membership.objects.filter(user=user, role=Role.OWNER).select_related("organization")
        if row.organization.delete_after is None and _others(row).exists() and not _others(row, owners=True).exists()
    ]
    if left:
        raise SoleOwner(
            "You are the only owner of organisations that others belong to. Make someone else the owner first.",
            organizations=[{"id": str(one.id), "slug": one.slug, "name": one.name} for one in left],
        )


def _others(membership: Membership, *, owners: bool = False) -> QuerySet[Membership]:
    others = Membership.objects.filter(organization_id=membership.organization_id).exclude(id=membership.id)
    return others.filter(role=Role.OWNER) if owners else others


@transaction.atomic
def organization_delete_request(*, principal: Principal, confirm: str, now: datetime) -> datetime:
    """Close the caller's organisation and have it deleted after a grace period; return its end.

    Nobody can use it from now on, tokens and keys end within 5 s. Operators can bring it back until then. Raises
    `InvalidInput` for a wrong confirmation, or a `Conflict` if something of it must be kept.
    """
    organization = Organization.objects.select_for_update().get(id=principal.organization_id)
    if confirm.strip() != organization.slug:
        raise InvalidInput("Type the organisation's short name to confirm.", pointer="/confirm")
    registry.organization_closing(organization_id=organization.id)
    ends = now + ORGANIZATION_GRACE
    organization.is_active = False
    organization.delete_after = ends
    organization.save(update_fields=["is_active", "delete_after"])
    members = Membership.objects.filter(organization=organization).values_list("user_id", "role")
    for user_id, _ in members:
        membership_state_forget(user_id=user_id, organization_id=organization.id)
    emit(
        "organization.deletion_requested",
        organization_id=organization.id,
        actor=Actor.of(principal),
        subject=("organization", organization.id),
        now=now,
        organization_name=organization.name,
    )
    enqueue("accounts.send_organization_deletion_mails", organization_id=None, deleted_id=str(organization.id), now=now)
    return ends


@transaction.atomic
def organization_restore(*, organization: Organization, operator: Actor, now: datetime) -> None:
    """Bring back an organisation that waits to be deleted. Raises `Conflict` if it does not."""
    if organization.delete_after is None:
        raise Conflict("This organisation is not waiting to be deleted.")
    organization.is_active = True
    organization.delete_after = None
    organization.save(update_fields=["is_active", "delete_after"])
    emit(
        "organization.restored",
        organization_id=organization.id,
        actor=operator,
        subject=("organization", organization.id),
        now=now,
    )


def due_purge(*, now: datetime) -> tuple[int, int]:
    """Delete the accounts and organisations whose grace is over; return how many of each.

    One by one, each in its own transaction; safe to run twice at once.
    """
    users = User.objects.filter(delete_after__lte=now).values_list("id", flat=True)
    accounts = sum(_account_delete(user_id, now=now) for user_id in list(users))
    due = Organization.objects.filter(delete_after__lte=now).values_list("id", flat=True)
    organizations = sum(_organization_delete(organization_id, now=now) for organization_id in list(due))
    Session.objects.filter(expires_at__lt=now - SESSION_KEPT).delete()
    return accounts, organizations


@transaction.atomic
def _account_delete(user_id: UUID, *, now: datetime) -> bool:
    user = User.objects.select_for_update(skip_locked=True).filter(id=user_id, delete_after__lte=now).first()
    if user is None:
        return False
    try:
        _left_alone_check(user)
    except SoleOwner:
        # Others joined meanwhile: they are not left without an owner, and the account waits for one.
        return False
    for membership in Membership.objects.filter(user=user).select_related("organization", "user"):
        if not _others(membership).exists():
            Organization.objects.filter(id=membership.organization_id).update(is_active=False, delete_after=now)
        membership_end(membership, now=now)
        emit(
            "member.left",
            organization_id=membership.organization_id,
            actor=SYSTEM,
            subject=("member", user.id),
            now=now,
            role=membership.role,
        )
    emit("user.deleted", organization_id=None, actor=SYSTEM, subject=("user", user.id), now=now)
    user.delete()
    return True


@transaction.atomic
def _organization_delete(organization_id: UUID, *, now: datetime) -> bool:
    organization = (
        Organization.objects.select_for_update(skip_locked=True)
        .filter(id=organization_id, delete_after__lte=now)
        .first()
    )
    if organization is None:
        return False
    try:
        registry.organization_closing(organization_id=organization.id)
    except Conflict:
        # Something of it must be kept: it stays closed, and is looked at again.
        return False
    registry.organization_deleted(organization_id=organization.id)
    schema_drop(organization.schema_name)
    emit(
        "organization.deleted",
        organization_id=organization.id,
        actor=SYSTEM,
        subject=("organization", organization.id),
        now=now,
        organization_name=organization.name,
    )
    organization.delete()
    return True
