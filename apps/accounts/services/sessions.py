"""Sign-ins and their tokens."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from rest_framework_simplejwt.settings import api_settings

from apps.accounts.exceptions import InvalidToken, RefreshTokenReused
from apps.accounts.metrics import attempt
from apps.accounts.models import Membership, PendingStep, RefreshToken, Session, User
from apps.accounts.selectors.memberships import membership_find, principal_of
from apps.accounts.selectors.sessions import session_state_forget
from apps.accounts.tokens import access_token_issue, refresh_token_issue, refresh_token_verify
from apps.accounts.types import TokenPair
from apps.core.exceptions import NotFound
from apps.core.request_context import client
from apps.core.types import Principal
from apps.events.services.outbox import emit
from apps.events.types import ANONYMOUS, Actor, ActorKind

MAX_USER_AGENT = 300


@transaction.atomic
def session_open(*, membership: Membership, methods: Sequence[str] = ("pwd",), now: datetime) -> TokenPair:
    """Sign a person in: begin a session and issue its first tokens.

    `methods` say how they proved who they are, in the words of RFC 8176. A waiting deletion of the account is called
    off.
    """
    came_from = client()
    session = Session.objects.create(
        user_id=membership.user_id,
        methods=list(methods),
        authenticated_at=now,
        user_agent=came_from.user_agent[:MAX_USER_AGENT],
        ip=came_from.ip,
        created_at=now,
        last_used_at=now,
        expires_at=now + api_settings.REFRESH_TOKEN_LIFETIME,
    )
    actor = Actor(ActorKind.USER, str(membership.user_id))
    emit(
        "session.opened",
        organization_id=membership.organization_id,
        actor=actor,
        subject=("session", session.id),
        now=now,
        methods=list(methods),
    )
    if User.objects.filter(id=membership.user_id, delete_after__isnull=False).update(delete_after=None):
        emit(
            "user.deletion_cancelled", organization_id=None, actor=actor, subject=("user", membership.user_id), now=now
        )
    return session_tokens(session=session, membership=membership, now=now)


def session_tokens(*, session: Session, membership: Membership, now: datetime) -> TokenPair:
    """Issue the next access and refresh token of a session."""
    token = RefreshToken.objects.create(
        session=session,
        organization_id=membership.organization_id,
        created_at=now,
        expires_at=now + api_settings.REFRESH_TOKEN_LIFETIME,
    )
    access = access_token_issue(
        principal=principal_of(membership, session=session),
        methods=session.methods,
        permission_version=membership.permission_version,
        now=now,
    )
    refresh = refresh_token_issue(
        token_id=token.id, user_id=membership.user_id, organization_id=membership.organization_id, issued=now
    )
    return TokenPair(access=access, refresh=refresh)


@attempt("refresh_token")
def session_rotate(*, refresh: str, now: datetime) -> TokenPair:
    """Exchange a refresh token, once.

    The row lock makes concurrent replays take turns: the first rotates, every other one finds it rotated, and the whole
    session is ended. Raises `InvalidToken` or `RefreshTokenReused`.
    """
    token_id = refresh_token_verify(refresh)
    with transaction.atomic():
        token = RefreshToken.objects.select_for_update().filter(id=token_id).select_related("session").first()
        if token is None or token.session.revoked_at is not None or token.expires_at <= now:
            raise InvalidToken("The session has ended. Sign in again.")
        session = token.session
        reused = token.rotated_at is not None
        if reused:
            session_end(session_id=session.id, now=now)
            emit(
                "session.token_reused",
                organization_id=token.organization_id,
                actor=ANONYMOUS,
                subject=("session", session.id),
                now=now,
                user_id=str(session.user_id),
            )
        else:
            token.rotated_at = now
            token.save(update_fields=["rotated_at"])
            try:
                membership = membership_find(user=session.user, organization_id=token.organization_id)
            except NotFound:
                raise InvalidToken("You no longer belong to this organisation.") from None
            if not membership.user.is_active:
                raise InvalidToken("The account is not active.")
            _session_seen(session, now=now)
            return session_tokens(session=session, membership=membership, now=now)
    # Raised outside the transaction: the revocation above has to be committed.
    raise RefreshTokenReused("This refresh token was used before. All sessions that descend from it have ended.")


def _session_seen(session: Session, *, now: datetime) -> None:
    came_from = client()
    session.last_used_at = now
    session.expires_at = now + api_settings.REFRESH_TOKEN_LIFETIME
    session.ip = came_from.ip or session.ip
    session.user_agent = came_from.user_agent[:MAX_USER_AGENT] or session.user_agent
    session.save(update_fields=["last_used_at", "expires_at", "ip", "user_agent"])


@transaction.atomic
def session_reauthenticate(*, principal: Principal, methods: Sequence[str], now: datetime) -> TokenPair:
    """Note that a person has proven again who they are, and return tokens that say so."""
    session = session_of(principal, lock=True)
    session.authenticated_at = now
    session.methods = sorted({*session.methods, *methods})
    session.save(update_fields=["authenticated_at", "methods"])
    emit(
        "session.reauthenticated",
        organization_id=principal.organization_id,
        actor=Actor.of(principal),
        subject=("session", session.id),
        now=now,
        methods=list(methods),
    )
    membership = membership_find(user=session.user, organization_id=principal.organization_id)
    return session_tokens(session=session, membership=membership, now=now)


def session_end(*, session_id: UUID, now: datetime) -> None:
    """End a session: its refresh tokens at once, its access tokens within 5 s in every process."""
    Session.objects.filter(id=session_id, revoked_at=None).update(revoked_at=now)
    session_state_forget(session_id=session_id)


@transaction.atomic
def own_session_end(*, principal: Principal, session_id: UUID, now: datetime) -> None:
    """End one of the caller's sessions; raises `NotFound` for any other."""
    if not Session.objects.filter(id=session_id, user_id=principal.user_id, revoked_at=None).exists():
        raise NotFound("There is no such session.")
    session_end(session_id=session_id, now=now)
    emit(
        "session.ended",
        organization_id=principal.organization_id,
        actor=Actor.of(principal),
        subject=("session", session_id),
        now=now,
    )


def session_close(*, refresh: str, now: datetime) -> None:
    """Sign out: end the session of a refresh token. An invalid token has no session, so there is nothing to do."""
    try:
        token_id = refresh_token_verify(refresh)
    except InvalidToken:
        return
    token = RefreshToken.objects.filter(id=token_id).first()
    if token is not None:
        session_end(session_id=token.session_id, now=now)


@transaction.atomic
def sessions_end_all(*, user_id: UUID, except_session: UUID | None = None, now: datetime) -> None:
    """Sign a person out everywhere, or everywhere else: their access tokens too, within 5 s in every process."""
    sessions = Session.objects.filter(user_id=user_id, revoked_at=None)
    if except_session is not None:
        sessions = sessions.exclude(id=except_session)
    ended = list(sessions.values_list("id", flat=True))
    sessions.update(revoked_at=now)
    # Half a sign-in does not outlive them either.
    PendingStep.objects.filter(user_id=user_id).delete()
    for session_id in ended:
        session_state_forget(session_id=session_id)


@transaction.atomic
def sign_out_everywhere(*, principal: Principal, now: datetime) -> None:
    sessions_end_all(user_id=principal.user_id, now=now)
    emit(
        "session.ended_everywhere",
        organization_id=principal.organization_id,
        actor=Actor.of(principal),
        subject=("user", principal.user_id),
        now=now,
    )


def organization_switch(*, principal: Principal, organization_id: UUID, now: datetime) -> TokenPair:
    """Continue the caller's session in another of their organisations; raises `NotFound`."""
    session = session_of(principal)
    membership = membership_find(user=session.user, organization_id=organization_id)
    return session_tokens(session=session, membership=membership, now=now)


def session_of(principal: Principal, *, lock: bool = False) -> Session:
    """Return the session of a person's token; raise `InvalidToken` if it has been ended meanwhile."""
    sessions = Session.objects.filter(user_id=principal.user_id, revoked_at=None)
    if lock:
        sessions = sessions.select_for_update()
    session = sessions.filter(id=principal.session_id).first() if principal.session_id else None
    if session is None:
        raise InvalidToken("The session has ended. Sign in again.")
    return session
