"""Mails of the accounts app, and what is due by the clock."""

from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from celery import shared_task
from django.utils import timezone

from apps.accounts.links import Link, link_key
from apps.accounts.mails import mail_send, page
from apps.accounts.models import EmailChange, Invitation, Membership, Organization, User
from apps.accounts.services.deletion import due_purge
from apps.accounts.services.domains import domains_recheck
from apps.accounts.services.passwords import password_reset_key
from apps.core.tasks import HousekeepingTask, PublicTask

SECOND_FACTOR_NEWS = {
    "totp_enabled": "An authenticator app was added to your account",
    "totp_disabled": "The authenticator app was removed from your account",
    "passkey_added": "A passkey was added to your account",
    "passkey_removed": "A passkey was removed from your account",
    "recovery_codes_made": "New recovery codes were made for your account",
    "recovery_code_used": "A recovery code was used for your account",
    "identity_linked": "A sign-in by another provider was added to your account",
    "identity_unlinked": "A sign-in by another provider was removed from your account",
    "reset": "An operator removed the second factors of your account",
}


@shared_task(name="accounts.send_verification_mail")
def send_verification_mail(*, organization_id: UUID, user_id: str, **_: Any) -> None:
    """Send the link that proves an address. Sent again after a crash: a second mail harms less than none."""
    user = User.objects.get(id=user_id)
    address = EmailAddress.objects.filter(user=user, primary=True, verified=False).first()
    if address is None:
        return
    organization = Organization.objects.get(id=organization_id)
    context = {
        "user": user,
        "organization": organization,
        "link": page("verify-email", EmailConfirmationHMAC(address).key),
    }
    mail_send(
        "verify_email",
        subject="Confirm your e-mail address",
        to=address.email,
        context=context,
        organization=organization,
    )


@shared_task(name="accounts.send_password_reset_mail", base=PublicTask)
def send_password_reset_mail(*, user_id: str | None, **_: Any) -> None:
    """Send the link that sets a new password; without an account there is nothing to send."""
    user = User.objects.filter(id=user_id, is_active=True).first() if user_id else None
    if user is None:
        return
    context = {"user": user, "link": page("reset-password", password_reset_key(user=user))}
    mail_send("reset_password", subject="Set a new password", to=user.email, context=context)


@shared_task(name="accounts.send_password_changed_mail", base=PublicTask)
def send_password_changed_mail(*, user_id: str, **_: Any) -> None:
    """Tell a person that their password was changed, in case it was not them."""
    user = User.objects.filter(id=user_id, is_active=True).first()
    if user is not None:
        context = {"user": user, "link": page("forgot-password")}
        mail_send("password_changed", subject="Your password was changed", to=user.email, context=context)


@shared_task(name="accounts.send_second_factor_mail", base=PublicTask)
def send_second_factor_mail(*, user_id: str, what: str, **_: Any) -> None:
    """Tell a person what was done to their second factors: if it was not they, they want to know."""
    user = User.objects.filter(id=user_id, is_active=True).first()
    if user is not None:
        context = {"user": user, "what": SECOND_FACTOR_NEWS[what], "link": page("account")}
        mail_send("second_factor", subject=SECOND_FACTOR_NEWS[what], to=user.email, context=context)


@shared_task(name="accounts.send_invitation_mail")
def send_invitation_mail(*, invitation_id: str, issue: int, **_: Any) -> None:
    """Send the link of an invitation, unless it was answered, taken back or sent again meanwhile."""
    invitation = (
        Invitation.objects.select_related("organization", "invited_by")
        .filter(id=invitation_id, issue=issue, accepted_at=None, revoked_at=None)
        .first()
    )
    if invitation is None:
        return
    context = {
        "invitation": invitation,
        "organization": invitation.organization,
        "link": page("invitations", link_key(Link.INVITATION, invitation.id, issue=issue)),
    }
    mail_send(
        "invitation",
        subject=f"Join {invitation.organization.name}",
        to=invitation.email,
        context=context,
        organization=invitation.organization,
    )


@shared_task(name="accounts.send_email_change_mails", base=PublicTask)
def send_email_change_mails(*, change_id: str, **_: Any) -> None:
    """Send the link that confirms a new address there, and a warning with the link that stops it to the old one."""
    change = EmailChange.objects.select_related("user").filter(id=change_id, cancelled_at=None).first()
    if change is None:
        return
    warning = {"change": change, "link": page("confirm-email", link_key(Link.EMAIL_CANCEL, change.id), action="cancel")}
    mail_send("email_change_warning", subject="Your address is to be changed", to=change.old_email, context=warning)
    if User.objects.filter(email=change.new_email).exists():
        # Whoever reads that mailbox has an account; whoever asked learns nothing.
        mail_send("email_change_taken", subject="You have an account", to=change.new_email, context={"change": change})
        return
    context = {"change": change, "link": page("confirm-email", link_key(Link.EMAIL_CONFIRM, change.id))}
    mail_send("email_change_confirm", subject="Confirm your new address", to=change.new_email, context=context)


@shared_task(name="accounts.send_account_deletion_mail", base=PublicTask)
def send_account_deletion_mail(*, user_id: str, **_: Any) -> None:
    """Tell a person when their account will be deleted, and how to keep it."""
    user = User.objects.filter(id=user_id, delete_after__isnull=False).first()
    if user is not None:
        context = {"user": user, "link": page("sign-in")}
        mail_send("account_deletion", subject="Your account will be deleted", to=user.email, context=context)


@shared_task(name="accounts.send_organization_deletion_mails", base=PublicTask)
def send_organization_deletion_mails(*, deleted_id: str, **_: Any) -> None:
    """Tell the members of an organisation that it was closed and when it will be deleted."""
    organization = Organization.objects.filter(id=deleted_id, delete_after__isnull=False).first()
    if organization is None:
        return
    for membership in Membership.objects.filter(organization=organization).select_related("user"):
        mail_send(
            "organization_deletion",
            subject=f"{organization.name} will be deleted",
            to=membership.user.email,
            context={"user": membership.user, "organization": organization},
            organization=organization,
        )


@shared_task(name="accounts.purge_due", base=HousekeepingTask)
def purge_due() -> None:
    """Delete accounts and organisations whose grace is over."""
    due_purge(now=timezone.now())


@shared_task(name="accounts.recheck_domains", base=HousekeepingTask)
def recheck_domains() -> None:
    """Look again at the proofs of custom domains."""
    domains_recheck(now=timezone.now())
