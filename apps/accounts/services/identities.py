"""Signing in, signing up and linking by identity providers.

An identity belongs to one person. It is linked by itself only where both sides have proven the same address; an account
that has not is never merged, for whoever made it may not be the owner of the address.
"""

import hashlib
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError, transaction

from apps.accounts.exceptions import EmailNotVerified, InvalidToken, LastWayIn, MfaRequired
from apps.accounts.identity_providers import (
    Challenge,
    Identity,
    ProviderFailed,
    authorization_url,
    identity_fetch,
    provider_check,
)
from apps.accounts.metrics import attempt
from apps.accounts.models import Organization, PendingStep, Session, User
from apps.accounts.selectors.memberships import membership_find
from apps.accounts.selectors.second_factors import mfa_summary, user_has_mfa
from apps.accounts.selectors.users import email_is_verified
from apps.accounts.services.organizations import organization_create
from apps.accounts.services.pending_steps import Kind, step_begin, step_finish, step_take
from apps.accounts.services.sessions import session_open
from apps.accounts.services.sign_in import sign_in
from apps.accounts.services.users import user_create, user_created_emit
from apps.accounts.types import TokenPair
from apps.core.exceptions import Conflict, NotFound
from apps.core.ids import new_id
from apps.core.sealing import seal, unseal
from apps.core.services import enqueue
from apps.core.types import Principal
from apps.events.services.outbox import emit
from apps.events.types import ANONYMOUS, Actor, ActorKind

# Proven by somebody else: no word of RFC 8176 says so, this one is common.
FEDERATED = "fed"
FLOW_LIFETIME = timedelta(minutes=10)
SIGN_UP_LIFETIME = timedelta(minutes=30)
_SEALED_FOR = "provider-sign-in"


class ProviderRefused(Exception):
    """A sign-in by a provider ends here; `problem` tells the page that the browser is sent to, `next_path`, why."""

    def __init__(self, problem: str, *, next_path: str = "/sign-in") -> None:
        super().__init__(problem)
        self.problem = problem
        self.next_path = next_path


@dataclass(frozen=True, slots=True)
class Finished:
    """How a sign-in by a provider ended: with tokens, with a link (neither), or with a token to sign up with."""

    next_path: str
    tokens: TokenPair | None = None
    sign_up_token: str = ""
    identity: Identity | None = None


def provider_flow_begin(
    *, provider_id: str, next_path: str, browser: str, principal: Principal | None = None, now: datetime
) -> str:
    """Begin a sign-in, or with a principal the linking of their account; return where to send the browser.

    `browser` is a secret in a cookie: only the browser that has it can finish. Raises `NotFound`, `ProviderFailed`,
    `EmailNotVerified`.
    """
    provider_check(provider_id)
    if principal is not None:
        # Whoever signs up with somebody else's address must not keep a door open to the account.
        _check_own_address(principal.user_id)
    challenge = Challenge.new()
    state = step_begin(
        kind=Kind.PROVIDER_SIGN_IN,
        user_id=principal.user_id if principal else None,
        data={
            "provider": provider_id,
            "next": next_path,
            "browser": _hash(browser),
            "nonce": challenge.nonce,
            "verifier": seal(challenge.verifier, purpose=_SEALED_FOR),
            "session": str(principal.session_id) if principal else None,
        },
        now=now,
        lifetime=FLOW_LIFETIME,
    )
    return authorization_url(provider_id, state=state, challenge=challenge)


@attempt("identity_provider", refused=ProviderRefused)
def provider_flow_finish(
    *, provider_id: str, state: str, browser: str, code: str, issuer: str, error: str, now: datetime
) -> Finished:
    """Finish what a callback of a provider says, once; raises `ProviderRefused`, and what `sign_in` raises."""
    try:
        step = step_take(kind=Kind.PROVIDER_SIGN_IN, token=state, now=now)
    except InvalidToken:
        raise ProviderRefused("invalid_oauth_state") from None
    if step.data["provider"] != provider_id or step.data["browser"] != _hash(browser):
        raise _refused(step, "invalid_oauth_state", now=now)
    if error or not code:
        raise _refused(step, "oauth_cancelled" if error == "access_denied" else "oauth_failed", now=now)
    try:
        identity = identity_fetch(
            provider_id,
            code=code,
            verifier=unseal(step.data["verifier"], purpose=_SEALED_FOR),
            nonce=step.data["nonce"],
            issuer=issuer,
        )
    except ProviderFailed as failure:
        raise _refused(step, "oauth_failed", now=now, detail=str(failure)) from None
    if step.user_id is not None:
        _link(step, identity, now=now)
        return Finished(step.data["next"])
    return _sign_in(step, identity, browser=browser, now=now)


def provider_sign_up(
    *, token: str, browser: str, org_name: str, name: str, memory_domain: str | None, now: datetime
) -> tuple[User, Organization, TokenPair]:
    """Create the account that a provider vouches for, with an organisation, and sign in.

    Raises `InvalidToken` to begin again, `EmailTaken` if there is an account meanwhile.
    """

    def work(step: PendingStep) -> tuple[User, Organization, TokenPair]:
        if step.data["browser"] != _hash(browser):
            raise InvalidToken("This was begun in another browser. Begin again.")
        identity = Identity(**step.data["identity"])
        user = user_create(email=identity.email, password=None, name=name or identity.name, verified=True)
        organization = organization_create(name=org_name, owner=user, memory_domain=memory_domain, now=now)
        user_created_emit(user, now=now)
        _identity_add(user, identity, now=now)
        membership = membership_find(user=user, organization_id=organization.id)
        return user, organization, session_open(membership=membership, methods=[FEDERATED], now=now)

    return step_finish(kind=Kind.PROVIDER_SIGN_UP, token=token, work=work, now=now)


def identities_of(*, user_id: UUID) -> list[dict[str, Any]]:
    """Return the identities linked to a person, oldest first."""
    rows = SocialAccount.objects.filter(user_id=user_id).order_by("date_joined", "id")
    return [
        {
            "id": row.extra_data["id"],
            "provider": row.provider,
            "name": row.extra_data["name"],
            "email": row.extra_data["email"],
            "linked_at": row.date_joined,
        }
        for row in rows
    ]


@transaction.atomic
def identity_unlink(*, principal: Principal, identity_id: UUID, now: datetime) -> None:
    """Take a link away; raises `NotFound`, or `LastWayIn` if the person could not sign in any more."""
    user = User.objects.select_for_update().get(id=principal.user_id)
    links = SocialAccount.objects.filter(user=user)
    row = links.filter(extra_data__id=str(identity_id)).first()
    if row is None:
        raise NotFound("There is no such link.")
    others = links.exclude(pk=row.pk).exists()
    if not (others or user.has_usable_password() or mfa_summary(user_id=user.id).passkeys):
        raise LastWayIn("You could not sign in any more. Set a password or add a passkey first.")
    row.delete()
    _emit("identity.unlinked", user, provider=row.provider, now=now)
    _mail(user, "identity_unlinked", now=now)


def _sign_in(step: PendingStep, identity: Identity, *, browser: str, now: datetime) -> Finished:
    next_path = str(step.data["next"])
    linked = SocialAccount.objects.select_related("user").filter(**_key(identity)).first()
    user = linked.user if linked else _user_by_address(step, identity, now=now)
    if user is None:
        data = {"identity": asdict(identity), "browser": _hash(browser)}
        token = step_begin(kind=Kind.PROVIDER_SIGN_UP, data=data, now=now, lifetime=SIGN_UP_LIFETIME)
        return Finished(next_path, sign_up_token=token, identity=identity)
    if not user.is_active:
        raise _refused(step, "invalid_credentials", now=now)
    # With a second factor, nothing is linked before it is proven; the address leads here the next time as well.
    if linked is None and not user_has_mfa(user_id=user.id):
        with transaction.atomic():
            _identity_add(user, identity, now=now)
    try:
        tokens = sign_in(user=user, organization_id=None, methods=[FEDERATED], now=now)
    except MfaRequired as error:
        # The second step goes on to where the first one was going.
        error.extra["next"] = next_path
        raise
    return Finished(next_path, tokens=tokens)


def _user_by_address(step: PendingStep, identity: Identity, *, now: datetime) -> User | None:
    """Return whose proven address the provider has verified too; None if nobody has it."""
    if not identity.email or not identity.email_verified:
        raise _refused(step, "oauth_email_not_verified", now=now)
    user = User.objects.filter(email=identity.email).first()
    if user is not None and not email_is_verified(user_id=user.id):
        raise _refused(step, "oauth_account_not_verified", now=now)
    return user


def _link(step: PendingStep, identity: Identity, *, now: datetime) -> None:
    """Add an identity to the person whose session began this, if that still holds."""
    with transaction.atomic():
        problem = _link_problem(step, identity, now=now)
    # Raised outside the transaction: what is recorded has to be committed.
    if problem:
        raise _refused(step, problem, now=now)


def _link_problem(step: PendingStep, identity: Identity, *, now: datetime) -> str:
    """Link, or return why not."""
    sessions = Session.objects.filter(id=step.data["session"], user=step.user, revoked_at=None, expires_at__gt=now)
    user = User.objects.select_for_update().filter(id__in=sessions.values("user_id"), is_active=True).first()
    if user is None:
        return "invalid_oauth_state"
    if not identity.email or not identity.email_verified:
        return "oauth_email_not_verified"
    if not email_is_verified(user_id=user.id):
        return "email_not_verified"
    linked = SocialAccount.objects.filter(**_key(identity)).first()
    if linked is None:
        _identity_add(user, identity, now=now)
        return ""
    return "" if linked.user_id == user.id else "oauth_identity_taken"


def _identity_add(user: User, identity: Identity, *, now: datetime) -> None:
    try:
        with transaction.atomic():
            SocialAccount.objects.create(
                user=user,
                **_key(identity),
                extra_data={"id": str(new_id()), "email": identity.email, "name": identity.name},
            )
    except IntegrityError:
        raise Conflict("This identity was linked meanwhile.") from None
    _emit("identity.linked", user, provider=identity.provider, now=now)
    _mail(user, "identity_linked", now=now)


def _key(identity: Identity) -> dict[str, str]:
    return {"provider": identity.provider, "uid": identity.subject}


def _check_own_address(user_id: UUID) -> None:
    if not email_is_verified(user_id=user_id):
        raise EmailNotVerified("Confirm your e-mail address first.")


def _refused(step: PendingStep, problem: str, *, now: datetime, detail: str = "") -> ProviderRefused:
    """Record a refusal and return it to be raised."""
    emit(
        "identity.refused",
        organization_id=None,
        actor=ANONYMOUS,
        subject=("user", step.user_id or ""),
        now=now,
        provider=step.data["provider"],
        problem=problem,
        detail=detail,
    )
    # Who was linking goes back to where they came from.
    return ProviderRefused(problem, next_path=str(step.data["next"]) if step.user_id else "/sign-in")


def _emit(event: str, user: User, *, provider: str, now: datetime) -> None:
    actor = Actor(ActorKind.USER, str(user.id))
    emit(event, organization_id=None, actor=actor, subject=("user", user.id), now=now, provider=provider)


def _mail(user: User, what: str, *, now: datetime) -> None:
    enqueue("accounts.send_second_factor_mail", organization_id=None, user_id=str(user.id), what=what, now=now)


def _hash(browser: str) -> str:
    return hashlib.sha256(browser.encode()).hexdigest()
