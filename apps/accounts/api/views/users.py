"""Sign-up and the caller's own profile."""

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.adapters import link_try_limit, mail_limit, signup_limit
from apps.accounts.api.serializers.users import (
    DeleteInput,
    DeleteOutput,
    EmailChangeInput,
    EmailVerifyInput,
    EmailVerifyOutput,
    MeOutput,
    ProfileOutput,
    ProfilePatch,
    SignupInput,
    SignupOutput,
)
from apps.accounts.api.views.base import AccountsView, PublicView, tokens_response
from apps.accounts.selectors.organizations import organization_present
from apps.accounts.selectors.users import me, user_present
from apps.accounts.services.deletion import account_delete_request
from apps.accounts.services.email_changes import email_change_cancel, email_change_confirm, email_change_request
from apps.accounts.services.users import email_verify, signup, user_update, verification_resend
from apps.core.api.permissions import AUTHENTICATED


class SignupView(PublicView):
    @extend_schema(
        request=SignupInput,
        responses={201: SignupOutput},
        examples=[
            OpenApiExample(
                "A new organisation",
                {"email": "you@example.com", "password": "correct horse 9", "org_name": "Example"},
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """Create an account and an organisation, and sign in. A verification mail follows."""
        body = self.valid_body(request, SignupInput)
        signup_limit(request._request)  # noqa: SLF001 - allauth wants Django's request
        use_cookie = body.pop("use_cookie")
        user, organization, tokens = signup(**body, now=timezone.now())
        return tokens_response(
            tokens,
            use_cookie=use_cookie,
            status=201,
            user={"id": str(user.id), "email": user.email},
            org=organization_present(organization),
        )


class MeView(AccountsView):
    access = {"GET": AUTHENTICATED, "PATCH": AUTHENTICATED}

    @extend_schema(responses=MeOutput)
    def get(self, request: Request) -> Response:
        """Who you are, where, and what you may do."""
        return Response(me(principal=self.principal))

    @extend_schema(request=ProfilePatch, responses=ProfileOutput)
    def patch(self, request: Request) -> Response:
        """Change your name."""
        name = self.valid_body(request, ProfilePatch)["name"]
        return Response(user_present(user_update(principal=self.principal, name=name, now=timezone.now())))


class MeDeleteView(AccountsView):
    access = {"POST": AUTHENTICATED}
    recent_proof = {"POST"}

    @extend_schema(request=DeleteInput, responses=DeleteOutput)
    def post(self, request: Request) -> Response:
        """Have your account deleted in 14 days; signing in again before then calls it off."""
        confirm = self.valid_body(request, DeleteInput)["confirm"]
        ends = account_delete_request(principal=self.principal, confirm=confirm, now=timezone.now())
        return Response({"delete_after": ends})


class EmailVerifyView(PublicView):
    @extend_schema(request=EmailVerifyInput, responses=EmailVerifyOutput)
    def post(self, request: Request) -> Response:
        """Confirm an address with the key from the mail."""
        key = self.valid_body(request, EmailVerifyInput)["key"]
        return Response({"email": email_verify(key=key, now=timezone.now())})


class EmailVerifyResendView(AccountsView):
    access = {"POST": AUTHENTICATED}

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        """Have the mail that confirms your address sent again."""
        mail_limit(request._request, user_id=self.principal.user_id)  # noqa: SLF001 - allauth wants Django's request
        verification_resend(principal=self.principal, now=timezone.now())
        return Response(status=204)


class EmailChangeView(AccountsView):
    access = {"POST": AUTHENTICATED}
    recent_proof = {"POST"}

    @extend_schema(request=EmailChangeInput, responses={204: None})
    def post(self, request: Request) -> Response:
        """Ask for another address: it is in force once its mail is confirmed, and the old address can stop it."""
        email = self.valid_body(request, EmailChangeInput)["email"]
        mail_limit(request._request, user_id=self.principal.user_id)  # noqa: SLF001 - allauth wants Django's request
        email_change_request(principal=self.principal, email=email, now=timezone.now())
        return Response(status=204)


class EmailChangeConfirmView(PublicView):
    @extend_schema(request=EmailVerifyInput, responses=EmailVerifyOutput)
    def post(self, request: Request) -> Response:
        """Put a new address in force with the key from the mail sent there."""
        key = self.valid_body(request, EmailVerifyInput)["key"]
        link_try_limit(request._request)  # noqa: SLF001 - allauth wants Django's request
        return Response({"email": email_change_confirm(key=key, now=timezone.now())})


class EmailChangeCancelView(PublicView):
    @extend_schema(request=EmailVerifyInput, responses={204: None})
    def post(self, request: Request) -> Response:
        """Stop a change of address, or take it back, with the key from the mail to the old one; all sessions end."""
        key = self.valid_body(request, EmailVerifyInput)["key"]
        link_try_limit(request._request)  # noqa: SLF001 - allauth wants Django's request
        email_change_cancel(key=key, now=timezone.now())
        return Response(status=204)
