"""The page behind the link of the verification mail."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views import View

from apps.accounts.exceptions import InvalidVerificationKey
from apps.accounts.services.users import email_verify


class VerifyEmailView(View):
    """Asks before it confirms: mail scanners follow links, but they press no buttons."""

    http_method_names = ["get", "post"]

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        return render(request, "verify_email.html", {"key": key})

    def post(self, request: HttpRequest, key: str) -> HttpResponse:
        try:
            email = email_verify(key=key, now=timezone.now())
        except InvalidVerificationKey as error:
            return render(request, "verify_email.html", {"problem": error.detail}, status=400)
        return render(request, "verify_email.html", {"email": email})
