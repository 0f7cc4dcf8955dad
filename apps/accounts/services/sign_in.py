"""Signing in: the one way from a proven person to a session."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.accounts import webauthn
from apps.accounts.exceptions import InvalidCode, NoOrganization
from apps.accounts.metrics import attempt
from apps.accounts.models import PendingStep, User
from apps.accounts.selectors.memberships import membership_find
from apps.accounts.selectors.users import email_is_verified
from apps.accounts.services.invitations import invitations_accept_waiting
from apps.accounts.services.pending_steps import Kind, step_finish
from apps.accounts.services.second_factors import SEVERAL, code_verify, passkey_verify, second_factor_demand
from apps.accounts.services.sessions import session_open
from apps.accounts.types import Proof, TokenPair
from apps.core.exceptions import NotFound
from apps.events.services.outbox import emit
from apps.events.types import ANONYMOUS


def sign_in(*, user: User, organization_id: UUID | None, methods: Sequence[str], now: datetime) -> TokenPair:
    """Open a session for a person who has proven who they are by `methods` (RFC 8176), as far as they need to.

    They get into the organisation named, or the one joined first. Who belongs to none gets in by an open invitation to
    their proven address. Raises `NotFound` for an organisation that is not theirs, `NoOrganization` without any, and
    `MfaRequired` for who has a second factor and has not proven it: `sign_in_finish` goes on from there.
    """
    second_factor_demand(user=user, methods=methods, organization_id=organization_id, now=now)
    return _open(user=user, organization_id=organization_id, methods=methods, now=now)


@attempt("second_factor")
def sign_in_finish(*, mfa_token: str, proof: Proof, now: datetime) -> TokenPair:
    """Open the session whose first step has been done; raises `InvalidCode`, or `InvalidToken` to begin again."""

    def work(step: PendingStep) -> TokenPair:
        user = step.user
        if user is None or not user.is_active:
            raise InvalidCode("the account is not active")
        if proof.code is not None:
            proven = code_verify(user_id=user.id, code=proof.code, now=now)
        else:
            proven = passkey_verify(step, user_id=user.id, credential=proof.credential or {}, now=now)
        organization_id = step.data["organization_id"]
        return _open(
            user=user,
            organization_id=UUID(organization_id) if organization_id else None,
            methods=list(dict.fromkeys([*step.data["methods"], *proven, SEVERAL])),
            now=now,
        )

    return step_finish(kind=Kind.SIGN_IN, token=mfa_token, work=work, now=now)


@attempt("passkey")
def sign_in_by_passkey(
    *, challenge_id: str, credential: dict[str, Any], organization_id: UUID | None, now: datetime
) -> TokenPair:
    """Sign in whoever's passkey has signed the challenge, and has verified its owner: nothing else is needed."""

    def work(step: PendingStep) -> TokenPair:
        user = User.objects.filter(id=webauthn.authentication_user(credential), is_active=True).first()
        if user is None:
            raise InvalidCode("unknown person")
        methods = passkey_verify(step, user_id=user.id, credential=credential, now=now)
        return _open(user=user, organization_id=organization_id, methods=methods, now=now)

    return step_finish(kind=Kind.PASSKEY_SIGN_IN, token=challenge_id, work=work, attempts=1, now=now)


@transaction.atomic
def _open(*, user: User, organization_id: UUID | None, methods: Sequence[str], now: datetime) -> TokenPair:
    try:
        membership = membership_find(user=user, organization_id=organization_id)
    except NotFound:
        if organization_id is not None:
            raise
        waiting = None
        if email_is_verified(user_id=user.id):
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
