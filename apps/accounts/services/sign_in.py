"""Signing in: the one way from a proven person to a session."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from allauth.account.models import EmailAddress
from django.db import transaction

from apps.accounts.exceptions import NoOrganization
from apps.accounts.models import User
from apps.accounts.selectors.memberships import membership_find
from apps.accounts.services.invitations import invitations_accept_waiting
from apps.accounts.services.sessions import session_open
from apps.accounts.types import TokenPair
from apps.core.exceptions import NotFound
from apps.events.services import emit
from apps.events.types import ANONYMOUS


@transaction.atomic
def sign_in(*, user: User, organization_id: UUID | None, methods: Sequence[str], now: datetime) -> TokenPair:
    """Open a session for a person who has proven who they are by `methods` (RFC 8176), as far as they need to.

    They get into the organisation named, or the one joined first. Who belongs to none gets in by an open invitation to
    their proven address. Raises `NotFound` for an organisation that is not theirs, `NoOrganization` without any.
    """
    try:
        membership = membership_find(user=user, organization_id=organization_id)
    except NotFound:
        if organization_id is not None:
            raise
        waiting = None
        if EmailAddress.objects.filter(user=user, email=user.email, verified=True).exists():
            waiting = invitations_accept_waiting(user=user, now=now)
        if waiting is None:
            raise NoOrganization("You belong to no organisation. Ask a colleague for an invitation.") from None
        membership = waiting
    return session_open(membership=membership, methods=methods, now=now)


def sign_in_failed(*, email: str, reason: str, now: datetime) -> None:
    """Record a refused sign-in; the same work for known and unknown addresses."""
    emit(
        "sign_in.failed",
        organization_id=None,
        actor=ANONYMOUS,
        subject=("user", ""),
        now=now,
        email=email,
        reason=reason,
    )
