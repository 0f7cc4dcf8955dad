"""Another address: confirmed from the new one, and stopped from the old one if it was not the person's own wish."""

from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from apps.accounts.exceptions import EmailTaken, InvalidEmailChange
from apps.accounts.links import Link, link_read
from apps.accounts.models import EmailChange, User
from apps.accounts.services.sessions import sessions_end_all
from apps.core.exceptions import InvalidInput
from apps.core.services import enqueue
from apps.core.types import Principal
from apps.events.services.outbox import emit
from apps.events.types import Actor, ActorKind

CONFIRM_WITHIN = timedelta(hours=24)
# How long the old address may take a change back, after it has been confirmed too.
CANCEL_WITHIN = timedelta(days=7)


@transaction.atomic
def email_change_request(*, principal: Principal, email: str, now: datetime) -> None:
    """Begin a change of address: both addresses get a mail, and an earlier wish is dropped.

    Whether another account has the address is told to the owner of its mailbox only. Raises `InvalidInput` for one's
    present address.
    """
    user = User.objects.select_for_update().get(id=principal.user_id)
    if email == user.email:
        raise InvalidInput("This is your address already.", pointer="/email")
    open_changes(user).update(cancelled_at=now)
    change = EmailChange.objects.create(
        user=user, old_email=user.email, new_email=email, created_at=now, expires_at=now + CONFIRM_WITHIN
    )
    enqueue("accounts.send_email_change_mails", organization_id=None, change_id=str(change.id), now=now)
    _emit("user.email_change_requested", Actor.of(principal), change, now=now)


def open_changes(user: User) -> QuerySet[EmailChange]:
    return EmailChange.objects.filter(user=user, confirmed_at=None, cancelled_at=None)


@transaction.atomic
def email_change_confirm(*, key: str, now: datetime) -> str:
    """Put the new address in force by the key that was sent there; return it.

    Raises `InvalidEmailChange`, or `EmailTaken` if another account has got the address meanwhile.
    """
    change = _change_of(Link.EMAIL_CONFIRM, key)
    if change.confirmed_at is not None or change.expires_at <= now:
        raise _refused()
    _address_set(change.user, change.new_email)
    change.confirmed_at = now
    change.save(update_fields=["confirmed_at"])
    _emit("user.email_changed", Actor(ActorKind.USER, str(change.user_id)), change, now=now)
    return change.new_email


@transaction.atomic
def email_change_cancel(*, key: str, now: datetime) -> None:
    """Stop a change, or take it back, by the key that was sent to the old address; every session of the person ends.

    Raises `InvalidEmailChange`; `EmailTaken` if the old address has been given to another account.
    """
    change = _change_of(Link.EMAIL_CANCEL, key)
    if change.created_at + CANCEL_WITHIN <= now:
        raise _refused()
    change.cancelled_at = now
    change.save(update_fields=["cancelled_at"])
    if change.confirmed_at is not None and change.user.email == change.new_email:
        _address_set(change.user, change.old_email)
    # Whoever wished for it sits in one of the sessions.
    sessions_end_all(user_id=change.user_id, now=now)
    _emit("user.email_change_cancelled", Actor(ActorKind.USER, str(change.user_id)), change, now=now)


def _change_of(link: Link, key: str) -> EmailChange:
    try:
        change_id, _ = link_read(link, key)
    except ValueError:
        raise _refused() from None
    change = (
        EmailChange.objects.select_for_update(of=("self",))
        .select_related("user")
        .filter(id=change_id, cancelled_at=None, user__is_active=True)
        .first()
    )
    if change is None:
        raise _refused()
    return change


def _refused() -> InvalidEmailChange:
    return InvalidEmailChange("The link is wrong, has expired or was used before.")


def _address_set(user: User, email: str) -> None:
    try:
        with transaction.atomic():
            user.email = email
            user.save(update_fields=["email"])
    except IntegrityError:
        raise EmailTaken("Another account has this address.") from None
    EmailAddress.objects.filter(user=user).delete()
    EmailAddress.objects.create(user=user, email=email, primary=True, verified=True)


def _emit(name: str, actor: Actor, change: EmailChange, *, now: datetime) -> None:
    emit(
        name,
        organization_id=None,
        actor=actor,
        subject=("user", change.user_id),
        now=now,
        old_email=change.old_email,
        new_email=change.new_email,
    )
