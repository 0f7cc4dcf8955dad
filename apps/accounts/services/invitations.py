"""Asking people to join: by mail, for one address, once, and for a while."""

from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.accounts.exceptions import (
    AlreadyMember,
    EmailTaken,
    InvalidInvitation,
    InvitationForAnotherAddress,
    SpentInvitation,
)
from apps.accounts.links import Link, link_read
from apps.accounts.models import Invitation, Membership, User
from apps.accounts.selectors.memberships import permissions_of_membership, permissions_of_role
from apps.accounts.services.memberships import giving_check, membership_add, role_check, seats_check
from apps.accounts.services.sessions import session_of, session_open, session_tokens
from apps.accounts.services.users import address_verified, user_create, user_created_emit
from apps.accounts.types import TokenPair
from apps.core.exceptions import Conflict, DomainError, NotFound
from apps.core.services import enqueue
from apps.core.types import Principal
from apps.events.services.outbox import emit
from apps.events.types import Actor, ActorKind

INVITATION_LIFETIME = timedelta(days=7)
MAX_OPEN_INVITATIONS = 200
# Mails that one organisation may have us send in an hour.
MAX_PER_HOUR = 100


@transaction.atomic
def invitation_create(*, principal: Principal, email: str, role: str, now: datetime) -> Invitation:
    """Invite an address with a role; a mail follows.

    Raises `InvalidInput` for an unknown role, `EscalationRefused`, `AlreadyMember`, or `Conflict` if the address has an
    open invitation or there are too many, and what `on_members_growing` says if there is no room.
    """
    organization_id = principal.organization_id
    role_check(role, organization_id=organization_id)
    giving_check(principal, role, action="invitation.create")
    if Membership.objects.filter(organization_id=organization_id, user__email=email).exists():
        raise AlreadyMember("This person is a member already.")
    invitations = Invitation.objects.filter(organization_id=organization_id)
    # One that has expired makes room for a new one.
    invitations.filter(email=email, accepted_at=None, revoked_at=None, expires_at__lte=now).update(revoked_at=now)
    invited = invitations.filter(accepted_at=None, revoked_at=None, expires_at__gt=now).count()
    if invited >= MAX_OPEN_INVITATIONS:
        raise Conflict(f"There are {MAX_OPEN_INVITATIONS} open invitations. Revoke some, or wait for their answers.")
    if invitations.filter(created_at__gt=now - timedelta(hours=1)).count() >= MAX_PER_HOUR:
        raise Conflict(f"{MAX_PER_HOUR} people were invited within the last hour. Go on later.")
    seats_check(organization_id=organization_id, invited=invited)
    try:
        with transaction.atomic():
            invitation = Invitation.objects.create(
                organization_id=organization_id,
                email=email,
                role=role,
                invited_by_id=principal.user_id,
                created_at=now,
                expires_at=now + INVITATION_LIFETIME,
            )
    except IntegrityError:
        raise Conflict("This address has an open invitation. Send it again instead.") from None
    _send(invitation, now=now)
    _emit("invitation.created", Actor.of(principal), invitation, now=now)
    return invitation


@transaction.atomic
def invitation_resend(*, principal: Principal, invitation_id: UUID, now: datetime) -> Invitation:
    """Send an invitation again with a new link and a new end; links of before stop working.

    The caller answers for it from now on. Raises `NotFound`, `Conflict`, `EscalationRefused`.
    """
    invitation = _invitation_of(principal, invitation_id)
    if invitation.accepted_at is not None or invitation.revoked_at is not None:
        raise Conflict("This invitation was accepted or revoked.")
    giving_check(principal, invitation.role, action="invitation.resend")
    invitation.issue += 1
    invitation.expires_at = now + INVITATION_LIFETIME
    invitation.invited_by_id = principal.user_id
    invitation.save(update_fields=["issue", "expires_at", "invited_by"])
    _send(invitation, now=now)
    _emit("invitation.resent", Actor.of(principal), invitation, now=now)
    return invitation


@transaction.atomic
def invitation_revoke(*, principal: Principal, invitation_id: UUID, now: datetime) -> None:
    """Take an invitation back; doing it twice changes nothing. Raises `NotFound`, or `Conflict` once accepted."""
    invitation = _invitation_of(principal, invitation_id)
    if invitation.accepted_at is not None:
        raise Conflict("This invitation was accepted. Remove the member instead.")
    if invitation.revoked_at is None:
        invitation.revoked_at = now
        invitation.save(update_fields=["revoked_at"])
        _emit("invitation.revoked", Actor.of(principal), invitation, now=now)


def _invitation_of(principal: Principal, invitation_id: UUID) -> Invitation:
    invitation = (
        Invitation.objects.select_for_update(of=("self",))
        .select_related("invited_by")
        .filter(id=invitation_id, organization_id=principal.organization_id)
        .first()
    )
    if invitation is None:
        raise NotFound("There is no such invitation.")
    return invitation


def invitation_by_key(key: str, *, now: datetime, lock: bool = False) -> Invitation:
    """Return the open invitation of a link; raise `InvalidInvitation`, the same for every reason."""
    text = "The invitation is wrong, was used or revoked, or has expired. Ask for a new one."
    try:
        invitation_id, issue = link_read(Link.INVITATION, key)
    except ValueError:
        raise InvalidInvitation(text) from None
    rows = Invitation.objects.select_for_update(of=("self",)) if lock else Invitation.objects
    invitation = (
        rows.select_related("organization", "invited_by")
        .filter(
            id=invitation_id,
            issue=issue,
            accepted_at=None,
            revoked_at=None,
            expires_at__gt=now,
            organization__is_active=True,
        )
        .first()
    )
    if invitation is None or not _still_given(invitation):
        known = Invitation.objects.filter(id=invitation_id).first()
        if known is None:
            raise InvalidInvitation(text)
        raise SpentInvitation(text, organization_id=known.organization_id, invitation_id=str(known.id))
    return invitation


def _still_given(invitation: Invitation) -> bool:
    """Return whether the one who invited may still give this role: nobody leaves a back door behind."""
    if invitation.invited_by_id is None:
        return False
    giver = (
        Membership.objects.select_related("user", "organization")
        .filter(organization_id=invitation.organization_id, user_id=invitation.invited_by_id, user__is_active=True)
        .first()
    )
    wanted = permissions_of_role(invitation.role, organization_id=invitation.organization_id)
    return giver is not None and bool(wanted) and wanted <= permissions_of_membership(giver)


@transaction.atomic
def invitation_accept(*, principal: Principal, key: str, now: datetime) -> TokenPair:
    """Accept as the signed-in person whose address was invited; return their session's tokens for the organisation.

    Raises `InvalidInvitation`, `InvitationForAnotherAddress` or `AlreadyMember`.
    """
    invitation = invitation_by_key(key, now=now, lock=True)
    user = User.objects.get(id=principal.user_id)
    if user.email != invitation.email:
        raise InvitationForAnotherAddress(
            f"You are signed in as {user.email}; the invitation is for another address.",
            organization_id=invitation.organization_id,
            invitation_id=str(invitation.id),
        )
    membership = _join(invitation, user, now=now)
    return session_tokens(session=session_of(principal), membership=membership, now=now)


@transaction.atomic
def invitation_accept_new(*, key: str, password: str, name: str, now: datetime) -> tuple[User, TokenPair]:
    """Accept with a new account for the invited address, which the link has proven.

    Raises `InvalidInvitation`, `InvalidInput` for a weak password, or `EmailTaken` if there is an account: its owner
    has to sign in first.
    """
    invitation = invitation_by_key(key, now=now, lock=True)
    if User.objects.filter(email=invitation.email).exists():
        raise EmailTaken("There is an account with this address. Sign in to accept the invitation.")
    user = user_create(email=invitation.email, password=password, name=name, verified=True)
    user_created_emit(user, now=now)
    membership = _join(invitation, user, now=now)
    return user, session_open(membership=membership, now=now)


def invitations_accept_waiting(*, user: User, now: datetime) -> Membership | None:
    """Let a person who belongs nowhere in by the newest open invitation to their proven address; None if there is none.

    Someone who was removed everywhere could not sign in to accept it otherwise.
    """
    waiting = Invitation.objects.select_related("organization").filter(
        email=user.email, accepted_at=None, revoked_at=None, expires_at__gt=now, organization__is_active=True
    )
    for invitation in waiting.select_for_update(of=("self",)).order_by("-created_at"):
        if not _still_given(invitation):
            continue
        # An organisation without room for one more keeps nobody from the next.
        with suppress(DomainError), transaction.atomic():
            return _join(invitation, user, now=now)
    return None


def _join(invitation: Invitation, user: User, *, now: datetime) -> Membership:
    if Membership.objects.filter(organization_id=invitation.organization_id, user=user).exists():
        raise AlreadyMember("You are a member already.")
    membership = membership_add(user=user, organization=invitation.organization, role=invitation.role, now=now)
    invitation.accepted_at = now
    invitation.save(update_fields=["accepted_at"])
    # The link came to this address.
    address_verified(user=user, email=invitation.email, now=now)
    actor = Actor(ActorKind.USER, str(user.id))
    _emit("invitation.accepted", actor, invitation, now=now)
    emit(
        "member.joined",
        organization_id=invitation.organization_id,
        actor=actor,
        subject=("member", user.id),
        now=now,
        email=user.email,
        role=invitation.role,
    )
    return membership


def _send(invitation: Invitation, *, now: datetime) -> None:
    enqueue(
        "accounts.send_invitation_mail",
        organization_id=invitation.organization_id,
        invitation_id=str(invitation.id),
        issue=invitation.issue,
        now=now,
    )


def _emit(name: str, actor: Actor, invitation: Invitation, *, now: datetime) -> None:
    emit(
        name,
        organization_id=invitation.organization_id,
        actor=actor,
        subject=("invitation", invitation.id),
        now=now,
        email=invitation.email,
        role=invitation.role,
    )
