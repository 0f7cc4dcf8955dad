"""People: sign-up, sign-in, and what they tell about themselves."""

from datetime import datetime

from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from django.db import IntegrityError, transaction

from apps.accounts.exceptions import EmailTaken, InvalidVerificationKey
from apps.accounts.models import Organization, User
from apps.accounts.selectors.memberships import membership_find
from apps.accounts.selectors.users import email_is_verified
from apps.accounts.services.organizations import organization_create
from apps.accounts.services.passwords import password_check
from apps.accounts.services.sessions import session_open
from apps.accounts.types import TokenPair
from apps.core.exceptions import Conflict
from apps.core.services import enqueue
from apps.core.types import Principal
from apps.events.services.outbox import emit
from apps.events.types import Actor, ActorKind


@transaction.atomic
def signup(
    *, email: str, password: str, org_name: str, memory_domain: str | None, now: datetime, name: str = ""
) -> tuple[User, Organization, TokenPair]:
    """Create a person, an organisation they own, its schema and memory context, and sign them in.

    All of it commits or none. Raises `EmailTaken`, or `InvalidInput` for a weak password.
    """
    user = user_create(email=email, password=password, name=name)
    organization = organization_create(name=org_name, owner=user, memory_domain=memory_domain, now=now)
    user_created_emit(user, now=now)
    enqueue("accounts.send_verification_mail", organization_id=organization.id, user_id=str(user.id), now=now)
    membership = membership_find(user=user, organization_id=organization.id)
    return user, organization, session_open(membership=membership, now=now)


def user_create(*, email: str, password: str | None, name: str = "", verified: bool = False) -> User:
    """Create a person with their address; `password` None means that they sign in in other ways only."""
    email = email.strip().lower()
    if User.objects.filter(email=email).exists():
        raise EmailTaken("An account with this address exists. Sign in, or reset the password.")
    if password is not None:
        password_check(password, user=User(email=email, name=name))
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, password, name=name)
    except IntegrityError:
        # Two sign-ups at once: the unique constraint decides.
        raise EmailTaken("An account with this address exists. Sign in, or reset the password.") from None
    EmailAddress.objects.create(user=user, email=email, primary=True, verified=verified)
    return user


def user_created_emit(user: User, *, now: datetime) -> None:
    emit(
        "user.created",
        organization_id=None,
        actor=Actor(ActorKind.USER, str(user.id)),
        subject=("user", user.id),
        now=now,
        email=user.email,
    )


@transaction.atomic
def user_update(*, principal: Principal, name: str, now: datetime) -> User:
    """Change the caller's name."""
    user = User.objects.get(id=principal.user_id)
    if user.name != name:
        user.name = name
        user.save(update_fields=["name"])
        emit("user.updated", organization_id=None, actor=Actor.of(principal), subject=("user", user.id), now=now)
    return user


@transaction.atomic
def email_verify(*, key: str, now: datetime) -> str:
    """Mark an address as verified by the key from the mail; return the address.

    Raises `InvalidVerificationKey` for a wrong or expired key, or one of an address that is no longer in use.
    """
    confirmation = EmailConfirmationHMAC.from_key(key)
    if confirmation is None:
        raise InvalidVerificationKey("The link is wrong, has expired or was used before.")
    address = confirmation.email_address
    address_verified(user=address.user, email=address.email, now=now)
    return str(address.email)


def address_verified(*, user: User, email: str, now: datetime) -> None:
    """Note that a person has proven their address: a link that was sent there came back."""
    if EmailAddress.objects.filter(user=user, email=email, verified=False).update(verified=True):
        emit(
            "user.email_verified",
            organization_id=None,
            actor=Actor(ActorKind.USER, str(user.id)),
            subject=("user", user.id),
            now=now,
            email=email,
        )


@transaction.atomic
def verification_resend(*, principal: Principal, now: datetime) -> None:
    """Send the verification mail again. Raises `Conflict` if the address has been proven."""
    if email_is_verified(user_id=principal.user_id):
        raise Conflict("Your address has been confirmed already.")
    enqueue(
        "accounts.send_verification_mail",
        organization_id=principal.organization_id,
        user_id=str(principal.user_id),
        now=now,
    )
