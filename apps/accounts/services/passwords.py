"""Passwords: their strength, changing one, and setting a new one by mail."""

from datetime import datetime
from uuid import UUID

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.db import transaction

from apps.accounts.exceptions import InvalidResetKey
from apps.accounts.models import User
from apps.accounts.services.sessions import session_reauthenticate, sessions_end_all
from apps.accounts.types import TokenPair
from apps.core.exceptions import InvalidInput
from apps.core.services import enqueue
from apps.core.types import Principal
from apps.events.services.outbox import emit
from apps.events.types import Actor, ActorKind


def password_check(password: str, *, user: User) -> None:
    try:
        validate_password(password, user=user)
    except ValidationError as error:
        raise InvalidInput(" ".join(error.messages), pointer="/password", item_code="weak_password") from None


@transaction.atomic
def password_change(*, principal: Principal, password: str, now: datetime) -> TokenPair:
    """Set another password for a person who has just given the present one; every other session of theirs ends.

    Raises `InvalidInput` for a weak password. A mail tells them.
    """
    user = User.objects.select_for_update().get(id=principal.user_id)
    password_check(password, user=user)
    user.set_password(password)
    user.save(update_fields=["password"])
    sessions_end_all(user_id=user.id, except_session=principal.session_id, now=now)
    _changed(user, "user.password_changed", now=now)
    return session_reauthenticate(principal=principal, methods=["pwd"], now=now)


def password_reset_start(*, email: str, now: datetime) -> None:
    """Have a reset mail sent if there is such an account; whether there is one cannot be told from outside."""
    user = User.objects.filter(email=email, is_active=True).first()
    # A job in either case, so that both take as long.
    enqueue("accounts.send_password_reset_mail", organization_id=None, user_id=str(user.id) if user else None, now=now)


def password_reset_key(*, user: User) -> str:
    """Return what the reset link carries: who, and a token that holds for an hour and until the password changes."""
    return f"{user.id.hex}.{default_token_generator.make_token(user)}"


@transaction.atomic
def password_reset(*, key: str, password: str, now: datetime) -> None:
    """Set a password by the key from the mail, and sign the person out everywhere. Their address is proven by it.

    Raises `InvalidResetKey` for a wrong, expired or used key, or `InvalidInput` for a weak password.
    """
    user_id, _, token = key.partition(".")
    try:
        user = User.objects.select_for_update().filter(id=UUID(user_id), is_active=True).first()
    except ValueError:
        user = None
    if user is None or not default_token_generator.check_token(user, token):
        raise InvalidResetKey("The link is wrong, has expired or was used before. Ask for a new one.")
    password_check(password, user=user)
    user.set_password(password)
    user.save(update_fields=["password"])
    EmailAddress.objects.filter(user=user, email=user.email).update(verified=True)
    sessions_end_all(user_id=user.id, now=now)
    _changed(user, "user.password_reset", now=now)


def _changed(user: User, event: str, *, now: datetime) -> None:
    emit(
        event,
        organization_id=None,
        actor=Actor(ActorKind.USER, str(user.id)),
        subject=("user", user.id),
        now=now,
    )
    enqueue("accounts.send_password_changed_mail", organization_id=None, user_id=str(user.id), now=now)
