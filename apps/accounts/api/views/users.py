"""Sign-up and the caller's own profile."""

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.adapters import (
    signup_limit,
)
from apps.accounts.api.serializers.users import EmailVerifyInput, EmailVerifyOutput, MeOutput, SignupInput, SignupOutput
from apps.accounts.api.views.base import PublicView, tokens_response
from apps.accounts.selectors.organizations import organization_present
from apps.accounts.selectors.users import me
from apps.accounts.services.users import email_verify, signup
from apps.core.api.permissions import AUTHENTICATED
from apps.core.api.views import ApiView


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


class MeView(ApiView):
    access = {"GET": AUTHENTICATED}

    @extend_schema(responses=MeOutput)
    def get(self, request: Request) -> Response:
        """Who you are, where, and what you may do."""
        return Response(me(principal=self.principal))


class EmailVerifyView(PublicView):
    @extend_schema(request=EmailVerifyInput, responses=EmailVerifyOutput)
    def post(self, request: Request) -> Response:
        """Confirm an address with the key from the mail."""
        return Response({"email": email_verify(key=self.valid_body(request, EmailVerifyInput)["key"])})
