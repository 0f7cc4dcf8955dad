"""Sign-up, tokens, the caller's profile and organisations."""

from typing import Any

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import selectors, services
from apps.accounts.adapters import (
    password_authenticate,
    password_reset_limit,
    password_reset_try_limit,
    signup_limit,
)
from apps.accounts.api import serializers as io
from apps.accounts.exceptions import InvalidToken
from apps.accounts.keys import key_ring
from apps.accounts.models import User
from apps.accounts.permissions import Permission
from apps.accounts.tokens import access_token_verify
from apps.accounts.types import TokenPair
from apps.core.api.idempotency import idempotent
from apps.core.api.permissions import AUTHENTICATED, PUBLIC
from apps.core.api.views import ApiView

REFRESH_COOKIE = "lift_refresh"
REFRESH_COOKIE_PATH = "/api/v1/auth"
JWKS_MAX_AGE_SECONDS = 300


class PublicView(ApiView):
    """A view for callers without a credential; a stale one in the header does not stand in the way of signing in."""

    access = {"POST": PUBLIC}
    authentication_classes = []


def _tokens_response(tokens: TokenPair, *, use_cookie: bool, status: int = 200, **body: Any) -> Response:
    if not use_cookie:
        return Response({**body, "access": tokens.access, "refresh": tokens.refresh}, status=status)
    response = Response({**body, "access": tokens.access}, status=status)
    response.set_cookie(
        REFRESH_COOKIE,
        tokens.refresh,
        max_age=int(settings.SIMPLE_JWT["REFRESH_TOKEN_LIFETIME"].total_seconds()),
        path=REFRESH_COOKIE_PATH,
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )
    return response


class SignupView(PublicView):
    @extend_schema(
        request=io.SignupInput,
        responses={201: io.SignupOutput},
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
        body = self.valid_body(request, io.SignupInput)
        signup_limit(request._request)  # noqa: SLF001 - allauth wants Django's request
        use_cookie = body.pop("use_cookie")
        user, organization, tokens = services.signup(**body, now=timezone.now())
        return _tokens_response(
            tokens,
            use_cookie=use_cookie,
            status=201,
            user={"id": str(user.id), "email": user.email},
            org=selectors.organization_present(organization),
        )


class TokenView(PublicView):
    @extend_schema(
        request=io.SignInInput,
        responses=io.TokensOutput,
        examples=[
            OpenApiExample("A program", {"email": "you@example.com", "password": "correct horse 9"}, request_only=True)
        ],
    )
    def post(self, request: Request) -> Response:
        """Sign in with address and password, to the named organisation or the first one joined."""
        body = self.valid_body(request, io.SignInInput)
        user = password_authenticate(
            request._request,  # noqa: SLF001 - allauth wants Django's request
            email=body["email"],
            password=body["password"],
        )
        membership = selectors.membership_find(user=user, organization_id=body["org_id"])
        tokens = services.session_open(membership=membership, now=timezone.now())
        return _tokens_response(tokens, use_cookie=body["use_cookie"])


class TokenRefreshView(PublicView):
    @extend_schema(request=io.RefreshInput, responses=io.TokensOutput)
    def post(self, request: Request) -> Response:
        """Exchange a refresh token, once. Using it a second time ends every session that descends from it."""
        body = self.valid_body(request, io.RefreshInput)
        refresh = body.get("refresh") or request.COOKIES.get(REFRESH_COOKIE)
        if not refresh:
            raise InvalidToken("There is no refresh token, neither in the body nor in the cookie.")
        tokens = services.session_rotate(refresh=refresh, now=timezone.now())
        return _tokens_response(tokens, use_cookie="refresh" not in body)


class TokenVerifyView(PublicView):
    @extend_schema(request=io.VerifyInput, responses={200: {"type": "object"}})
    def post(self, request: Request) -> Response:
        """Say whether an access token holds."""
        access_token_verify(self.valid_body(request, io.VerifyInput)["token"])
        return Response({})


class LogoutView(ApiView):
    access = {"POST": AUTHENTICATED}

    @extend_schema(request=io.LogoutInput, responses={204: None})
    def post(self, request: Request) -> Response:
        """Sign out here, or everywhere."""
        body = self.valid_body(request, io.LogoutInput)
        now = timezone.now()
        refresh = body.get("refresh") or request.COOKIES.get(REFRESH_COOKIE)
        if refresh:
            services.session_close(refresh=refresh, now=now)
        if body["everywhere"]:
            services.sessions_close_all(user_id=self.principal.user_id, now=now)
        response = Response(status=204)
        response.delete_cookie(REFRESH_COOKIE, path=REFRESH_COOKIE_PATH, samesite="Lax")
        return response


class SwitchView(ApiView):
    access = {"POST": AUTHENTICATED}

    @extend_schema(request=io.SwitchInput, responses=io.TokensOutput)
    def post(self, request: Request) -> Response:
        """Get tokens for another organisation of yours."""
        body = self.valid_body(request, io.SwitchInput)
        tokens = services.organization_switch(
            principal=self.principal, organization_id=body["org_id"], now=timezone.now()
        )
        return _tokens_response(tokens, use_cookie=body["use_cookie"])


class MeView(ApiView):
    access = {"GET": AUTHENTICATED}

    @extend_schema(responses=io.MeOutput)
    def get(self, request: Request) -> Response:
        """Who you are, where, and what you may do."""
        return Response(selectors.me(principal=self.principal))


class PasswordResetView(PublicView):
    @extend_schema(request=io.PasswordResetInput, responses={204: None})
    def post(self, request: Request) -> Response:
        """Have a mail sent with a link that sets a new password; the answer is the same for unknown addresses."""
        email = self.valid_body(request, io.PasswordResetInput)["email"]
        password_reset_limit(request._request, email=email)  # noqa: SLF001 - allauth wants Django's request
        services.password_reset_start(email=email, now=timezone.now())
        return Response(status=204)


class PasswordResetConfirmView(PublicView):
    @extend_schema(request=io.PasswordResetConfirmInput, responses={204: None})
    def post(self, request: Request) -> Response:
        """Set a new password with the key from the mail. Every session of the person ends."""
        body = self.valid_body(request, io.PasswordResetConfirmInput)
        password_reset_try_limit(request._request)  # noqa: SLF001 - as above
        services.password_reset(**body, now=timezone.now())
        return Response(status=204)


class EmailVerifyView(PublicView):
    @extend_schema(request=io.EmailVerifyInput, responses=io.EmailVerifyOutput)
    def post(self, request: Request) -> Response:
        """Confirm an address with the key from the mail."""
        return Response({"email": services.email_verify(key=self.valid_body(request, io.EmailVerifyInput)["key"])})


class OrganizationsView(ApiView):
    access = {"GET": AUTHENTICATED, "POST": AUTHENTICATED}

    @extend_schema(responses=io.OrganizationPage)
    def get(self, request: Request) -> Response:
        """The organisations that you belong to."""
        rows = selectors.organizations_of(user_id=self.principal.user_id)
        return Response({"results": rows, "next": None, "total": len(rows)})

    @extend_schema(request=io.OrganizationInput, responses={201: io.OrganizationOutput})
    @idempotent
    def post(self, request: Request) -> Response:
        """Create another organisation, which you own."""
        body = self.valid_body(request, io.OrganizationInput)
        owner = User.objects.get(id=self.principal.user_id)
        organization = services.organization_create(owner=owner, now=timezone.now(), **body)
        return Response(selectors.organization_present(organization), status=201)


class CurrentOrganizationView(ApiView):
    access = {"GET": Permission.ORG_READ, "PATCH": Permission.ORG_WRITE}

    @extend_schema(responses=io.OrganizationOutput)
    def get(self, request: Request) -> Response:
        """The organisation that your token speaks for."""
        organization = selectors.organization_get(organization_id=self.principal.organization_id)
        return Response(selectors.organization_present(organization))

    @extend_schema(request=io.OrganizationPatch, responses=io.OrganizationOutput)
    def patch(self, request: Request) -> Response:
        """Change its name or short name."""
        body = self.valid_body(request, io.OrganizationPatch)
        organization = selectors.organization_get(organization_id=self.principal.organization_id)
        return Response(selectors.organization_present(services.organization_update(organization=organization, **body)))


class JwksView(ApiView):
    access = {"GET": PUBLIC}
    authentication_classes = []

    @extend_schema(responses=io.JwksOutput, tags=["auth"])
    def get(self, request: Request) -> Response:
        """The public keys that verify our tokens (RFC 7517)."""
        return Response(
            {"keys": list(key_ring().jwks)}, headers={"Cache-Control": f"public, max-age={JWKS_MAX_AGE_SECONDS}"}
        )
