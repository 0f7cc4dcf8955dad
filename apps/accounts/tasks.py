"""Mails of the accounts app."""

from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from celery import shared_task
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from apps.accounts.models import Organization, User


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
    message = EmailMultiAlternatives(
        subject="Confirm your e-mail address",
        body=render_to_string("emails/verify_email.txt", context),
        to=[address.email],
    )
    message.attach_alternative(render_to_string("emails/verify_email.html", context), "text/html")
    message.send()
