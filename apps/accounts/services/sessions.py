"""Sign-ins and their tokens."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F
from rest_framework_simplejwt.settings import api_settings

from apps.accounts.exceptions import (
    InvalidToken,
    RefreshTokenReused,
)
from apps.accounts.models import Membership, RefreshSession, User
from apps.accounts.selectors.memberships import membership_find, membership_state_forget, principal_of
from apps.accounts.tokens import access_token_issue, refresh_token_issue, refresh_token_verify
from apps.accounts.types import TokenPair
from apps.core.exceptions import NotFound
from apps.core.ids import new_id
from apps.core.types import Principal


def session_open(*, membership: Membership, now: datetime, family_id: UUID | None = None) -> TokenPair:
    """Issue an access and a refresh token; without `family_id` a new family begins."""
    session = RefreshSession.objects.create(
        family_id=family_id or new_id(),
        user_id=membership.user_id,
        organization_id=membership.organization_id,
        created_at=now,
        expires_at=now + api_settings.REFRESH_TOKEN_LIFETIME,
    )
    access = access_token_issue(
        principal=principal_of(membership), permission_version=membership.permission_version, now=now
    )
    refresh = refresh_token_issue(
        session_id=session.id, user_id=membership.user_id, organization_id=membership.organization_id, issued=now
    )
    return TokenPair(access=access, refresh=refresh)


def session_rotate(*, refresh: str, now: datetime) -> TokenPair:
    """Exchange a refresh token, once.

    The row lock makes concurrent replays take turns: the first rotates, every other one finds it rotated, and the whole
    family is revoked. Raises `InvalidToken` or `RefreshTokenReused`.
    """
    session_id = refresh_token_verify(refresh)
    with transaction.atomic():
        session = RefreshSession.objects.select_for_update().filter(id=session_id).first()
        if session is None or session.revoked_at is not None or session.expires_at <= now:
            raise InvalidToken("The session has ended. Sign in again.")
        reused = session.rotated_at is not None
        if reused:
            family_revoke(family_id=session.family_id, now=now)
        else:
            session.rotated_at = now
            session.save(update_fields=["rotated_at"])
            try:
                membership = membership_find(user=session.user, organization_id=session.organization_id)
            except NotFound:
                raise InvalidToken("You no longer belong to this organisation.") from None
            if not membership.user.is_active:
                raise InvalidToken("The account is not active.")
            return session_open(membership=membership, now=now, family_id=session.family_id)
    # Raised outside the transaction: the revocation above has to be committed.
    raise RefreshTokenReused("This refresh token was used before. All sessions that descend from it have ended.")


def family_revoke(*, family_id: UUID, now: datetime) -> None:
    RefreshSession.objects.filter(family_id=family_id, revoked_at=None).update(revoked_at=now)


def session_close(*, refresh: str, now: datetime) -> None:
    """Sign out: end the family of a refresh token. An invalid token has no session, so there is nothing to do."""
    try:
        session_id = refresh_token_verify(refresh)
    except InvalidToken:
        return
    session = RefreshSession.objects.filter(id=session_id).first()
    if session is not None:
        family_revoke(family_id=session.family_id, now=now)


@transaction.atomic
def sessions_close_all(*, user_id: UUID, now: datetime) -> None:
    """Sign out everywhere: end all families, and refuse access tokens issued before."""
    RefreshSession.objects.filter(user_id=user_id, revoked_at=None).update(revoked_at=now)
    memberships = Membership.objects.filter(user_id=user_id)
    memberships.update(permission_version=F("permission_version") + 1)
    for organization_id in memberships.values_list("organization_id", flat=True):
        membership_state_forget(user_id=user_id, organization_id=organization_id)


def organization_switch(*, principal: Principal, organization_id: UUID, now: datetime) -> TokenPair:
    """Open a session of the same person in another of their organisations; raises `NotFound`."""
    user = User.objects.get(id=principal.user_id)
    return session_open(membership=membership_find(user=user, organization_id=organization_id), now=now)
