"""Mails of the accounts app."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from celery import shared_task
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from apps.accounts.models import Organization, User
from apps.accounts.services.passwords import password_reset_key
from apps.core.tasks import PublicTask


@shared_task(name="accounts.send_verification_mail")
def send_verification_mail(*, organization_id: UUID, user_id: str, **_: Any) -> None:
    """Send the link that proves an address. Sent again after a crash: a second mail harms less than none."""
    user = User.objects.get(id=user_id)
    address = EmailAddress.objects.filter(user=user, primary=True, verified=False).first()
    if address is None:
        return
    context = {
        "user": user,
        "organization": Organization.objects.get(id=organization_id),
        "link": f"{settings.PUBLIC_URL}/verify-email/{EmailConfirmationHMAC(address).key}",
    }
    _send("verify_email", subject="Confirm your e-mail address", to=address.email, context=context)


@shared_task(name="accounts.send_password_reset_mail", base=PublicTask)
def send_password_reset_mail(*, user_id: str | None, **_: Any) -> None:
    """Send the link that sets a new password; without an account there is nothing to send."""
    user = User.objects.filter(id=user_id, is_active=True).first() if user_id else None
    if user is None:
        return
    context = {"user": user, "link": f"{settings.PUBLIC_URL}/reset-password/{password_reset_key(user=user)}"}
    _send("reset_password", subject="Set a new password", to=user.email, context=context)


def _send(template: str, *, subject: str, to: str, context: Mapping[str, Any]) -> None:
    message = EmailMultiAlternatives(
        subject=subject, body=render_to_string(f"emails/{template}.txt", dict(context)), to=[to]
    )
    message.attach_alternative(render_to_string(f"emails/{template}.html", dict(context)), "text/html")
    message.send()
