"""Signing in and out, and tokens."""

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.adapters import (
    password_authenticate,
)
from apps.accounts.api.serializers.sessions import (
    LogoutInput,
    RefreshInput,
    SessionPage,
    SignInInput,
    SwitchInput,
    TokensOutput,
    VerifyInput,
)
from apps.accounts.api.views.base import REFRESH_COOKIE, REFRESH_COOKIE_PATH, AccountsView, PublicView, tokens_response
from apps.accounts.exceptions import InvalidCredentials, InvalidToken
from apps.accounts.models import Session
from apps.accounts.selectors.sessions import session_present, sessions_of
from apps.accounts.services.sessions import (
    organization_switch,
    own_session_end,
    session_close,
    session_rotate,
    sign_out_everywhere,
)
from apps.accounts.services.sign_in import sign_in, sign_in_failed
from apps.accounts.tokens import access_token_verify
from apps.core.api.pagination import page_of
from apps.core.api.permissions import AUTHENTICATED
from apps.core.api.serializers import PageQuery
from apps.core.api.views import ApiView


class TokenView(PublicView):
    @extend_schema(
        request=SignInInput,
        responses=TokensOutput,
        examples=[
            OpenApiExample("A program", {"email": "you@example.com", "password": "correct horse 9"}, request_only=True)
        ],
    )
    def post(self, request: Request) -> Response:
        """Sign in with address and password, to the named organisation or the first one joined."""
        body = self.valid_body(request, SignInInput)
        now = timezone.now()
        try:
            user = password_authenticate(
                request._request,  # noqa: SLF001 - allauth wants Django's request
                email=body["email"],
                password=body["password"],
            )
        except InvalidCredentials as error:
            # Attempts past the limit are not recorded: they would fill the events without end.
            sign_in_failed(email=body["email"], reason=error.code, now=now)
            raise
        tokens = sign_in(user=user, organization_id=body["org_id"], methods=["pwd"], now=now)
        return tokens_response(tokens, use_cookie=body["use_cookie"])


class TokenRefreshView(PublicView):
    @extend_schema(request=RefreshInput, responses=TokensOutput)
    def post(self, request: Request) -> Response:
        """Exchange a refresh token, once. Using it a second time ends every session that descends from it."""
        body = self.valid_body(request, RefreshInput)
        refresh = body.get("refresh") or request.COOKIES.get(REFRESH_COOKIE)
        if not refresh:
            raise InvalidToken("There is no refresh token, neither in the body nor in the cookie.")
        tokens = session_rotate(refresh=refresh, now=timezone.now())
        return tokens_response(tokens, use_cookie="refresh" not in body)


class TokenVerifyView(PublicView):
    @extend_schema(request=VerifyInput, responses={200: {"type": "object"}})
    def post(self, request: Request) -> Response:
        """Say whether an access token holds."""
        access_token_verify(self.valid_body(request, VerifyInput)["token"])
        return Response({})


class LogoutView(ApiView):
    access = {"POST": AUTHENTICATED}

    @extend_schema(request=LogoutInput, responses={204: None})
    def post(self, request: Request) -> Response:
        """Sign out here, or everywhere."""
        body = self.valid_body(request, LogoutInput)
        now = timezone.now()
        refresh = body.get("refresh") or request.COOKIES.get(REFRESH_COOKIE)
        if refresh:
            session_close(refresh=refresh, now=now)
        if body["everywhere"]:
            sign_out_everywhere(principal=self.principal, now=now)
        response = Response(status=204)
        response.delete_cookie(REFRESH_COOKIE, path=REFRESH_COOKIE_PATH, samesite="Lax")
        return response


class SwitchView(ApiView):
    access = {"POST": AUTHENTICATED}

    @extend_schema(request=SwitchInput, responses=TokensOutput)
    def post(self, request: Request) -> Response:
        """Get tokens for another organisation of yours."""
        body = self.valid_body(request, SwitchInput)
        tokens = organization_switch(principal=self.principal, organization_id=body["org_id"], now=timezone.now())
        return tokens_response(tokens, use_cookie=body["use_cookie"])


class SessionsView(AccountsView):
    access = {"GET": AUTHENTICATED}

    @extend_schema(parameters=[PageQuery], responses=SessionPage)
    def get(self, request: Request) -> Response:
        """Where you are signed in, the last used first."""
        query = self.valid_query(request, PageQuery)
        rows = sessions_of(user_id=self.principal.user_id, now=timezone.now())

        def present(row: Session) -> dict[str, object]:
            return session_present(row, current=self.principal.session_id)

        return Response(
            page_of(rows, order="-last_used_at", cursor=query.get("cursor"), limit=query["limit"], present=present)
        )


class SessionView(AccountsView):
    access = {"DELETE": AUTHENTICATED}

    @extend_schema(responses={204: None})
    def delete(self, request: Request, session_id: UUID) -> Response:
        """Sign out on one device; its tokens stop working within 5 s."""
        own_session_end(principal=self.principal, session_id=session_id, now=timezone.now())
        return Response(status=204)
