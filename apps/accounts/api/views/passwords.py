"""Setting a new password."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.adapters import (
    password_confirm,
    password_reset_limit,
    password_reset_try_limit,
)
from apps.accounts.api.serializers.passwords import PasswordChangeInput, PasswordResetConfirmInput, PasswordResetInput
from apps.accounts.api.serializers.sessions import TokensOutput
from apps.accounts.api.views.base import AccountsView, PublicView, tokens_response
from apps.accounts.models import User
from apps.accounts.services.passwords import password_change, password_reset, password_reset_start
from apps.core.api.permissions import AUTHENTICATED, recent_proof_check
from apps.core.exceptions import InvalidInput


class PasswordChangeView(AccountsView):
    access = {"POST": AUTHENTICATED}

    @extend_schema(request=PasswordChangeInput, responses=TokensOutput)
    def post(self, request: Request) -> Response:
        """Set another password; every other session of yours ends."""
        body = self.valid_body(request, PasswordChangeInput)
        if User.objects.get(id=self.principal.user_id).has_usable_password():
            if "current_password" not in body:
                raise InvalidInput("Give your present password.", pointer="/current_password", item_code="required")
            password_confirm(
                request._request,  # noqa: SLF001 - allauth wants Django's request
                email=self.principal.email,
                password=body["current_password"],
            )
        else:
            recent_proof_check(self.principal)
        tokens = password_change(principal=self.principal, password=body["password"], now=timezone.now())
        return tokens_response(tokens, use_cookie=body["use_cookie"])


class PasswordResetView(PublicView):
    @extend_schema(request=PasswordResetInput, responses={204: None})
    def post(self, request: Request) -> Response:
        """Have a mail sent with a link that sets a new password; the answer is the same for unknown addresses."""
        email = self.valid_body(request, PasswordResetInput)["email"]
        password_reset_limit(request._request, email=email)  # noqa: SLF001 - allauth wants Django's request
        password_reset_start(email=email, now=timezone.now())
        return Response(status=204)


class PasswordResetConfirmView(PublicView):
    @extend_schema(request=PasswordResetConfirmInput, responses={204: None})
    def post(self, request: Request) -> Response:
        """Set a new password with the key from the mail. Every session of the person ends."""
        body = self.valid_body(request, PasswordResetConfirmInput)
        password_reset_try_limit(request._request)  # noqa: SLF001 - as above
        password_reset(**body, now=timezone.now())
        return Response(status=204)
