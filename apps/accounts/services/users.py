"""People: sign-up and their addresses."""

from datetime import datetime

from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from django.db import IntegrityError, transaction

from apps.accounts.exceptions import (
    EmailTaken,
    InvalidVerificationKey,
)
from apps.accounts.models import Organization, User
from apps.accounts.selectors.memberships import membership_find
from apps.accounts.services.organizations import organization_create
from apps.accounts.services.passwords import password_check
from apps.accounts.services.sessions import session_open
from apps.accounts.types import TokenPair
from apps.core.services import enqueue


@transaction.atomic
def signup(
    *, email: str, password: str, org_name: str, memory_domain: str | None, now: datetime, name: str = ""
) -> tuple[User, Organization, TokenPair]:
    """Create a person, an organisation they own, its schema and memory context, and sign them in.

    All of it commits or none. Raises `EmailTaken`, or `InvalidInput` for a weak password.
    """
    user = user_create(email=email, password=password, name=name)
    organization = organization_create(name=org_name, owner=user, memory_domain=memory_domain, now=now)
    enqueue("accounts.send_verification_mail", organization_id=organization.id, user_id=str(user.id), now=now)
    membership = membership_find(user=user, organization_id=organization.id)
    return user, organization, session_open(membership=membership, now=now)


def user_create(*, email: str, password: str, name: str = "", verified: bool = False) -> User:
    email = email.strip().lower()
    if User.objects.filter(email=email).exists():
        raise EmailTaken("An account with this address exists. Sign in, or reset the password.")
    password_check(password, user=User(email=email, name=name))
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, password, name=name)
    except IntegrityError:
        # Two sign-ups at once: the unique constraint decides.
        raise EmailTaken("An account with this address exists. Sign in, or reset the password.") from None
    EmailAddress.objects.create(user=user, email=email, primary=True, verified=verified)
    return user


def email_verify(*, key: str) -> str:
    """Mark an address as verified by the key from the mail; return the address.

    Raises `InvalidVerificationKey` for a wrong, expired or used key.
    """
    confirmation = EmailConfirmationHMAC.from_key(key)
    if confirmation is None:
        raise InvalidVerificationKey("The link is wrong, has expired or was used before.")
    address = confirmation.email_address
    EmailAddress.objects.filter(pk=address.pk).update(verified=True)
    return str(address.email)
