"""Signing in by Google and other identity providers; linking them to an account."""

import secrets
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.adapters import provider_limit, signup_limit
from apps.accounts.api.serializers.identities import (
    CallbackQuery,
    IdentityPage,
    LinkInput,
    LinkOutput,
    ProviderSignupInput,
    ProvidersOutput,
    StartQuery,
)
from apps.accounts.api.serializers.users import SignupOutput
from apps.accounts.api.views.base import AccountsView, PublicView, refresh_cookie_set, tokens_response
from apps.accounts.exceptions import MfaRequired, RateLimited
from apps.accounts.identity_providers import ProviderFailed, provider_names
from apps.accounts.selectors.organizations import organization_present
from apps.accounts.services.identities import (
    FLOW_LIFETIME,
    SIGN_UP_LIFETIME,
    Finished,
    ProviderRefused,
    identities_of,
    identity_unlink,
    provider_flow_begin,
    provider_flow_finish,
    provider_sign_up,
)
from apps.core.api.permissions import AUTHENTICATED, PUBLIC
from apps.core.exceptions import Conflict, DomainError

BROWSER_COOKIE = "lift_oauth"
BROWSER_COOKIE_PATH = "/api/v1/auth/oauth"
_UNAVAILABLE = "The provider does not answer. Try again later."


def _browser_set(response: HttpResponse, browser: str) -> None:
    """Give the browser the secret that only it can finish with. It comes back with the provider's redirect: Lax."""
    response.set_cookie(
        BROWSER_COOKIE,
        browser,
        max_age=int((FLOW_LIFETIME + SIGN_UP_LIFETIME).total_seconds()),
        path=BROWSER_COOKIE_PATH,
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )


def _redirect(path: str, **fragment: str) -> HttpResponseRedirect:
    """Send the browser to a page; what it is told stands in the fragment, which no server and no log sees."""
    response = HttpResponseRedirect(f"{path}#{urlencode(fragment)}" if fragment else path)
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store"
    return response


class ProvidersView(PublicView):
    access = {"GET": PUBLIC}

    @extend_schema(responses=ProvidersOutput)
    def get(self, request: Request) -> Response:
        """The identity providers that can be used here."""
        return Response({"results": provider_names()})


class ProviderStartView(PublicView):
    access = {"GET": PUBLIC}

    @extend_schema(parameters=[StartQuery], responses={302: None})
    def get(self, request: Request, provider: str) -> HttpResponse:
        """Send the browser to the provider. A plain navigation, not a call."""
        query = self.valid_query(request, StartQuery)
        browser = secrets.token_urlsafe(32)
        try:
            provider_limit(request._request)  # noqa: SLF001 - allauth wants Django's request
            url = provider_flow_begin(
                provider_id=provider, next_path=query["next"], browser=browser, now=timezone.now()
            )
        except ProviderFailed:
            return _redirect("/sign-in", problem="oauth_failed")
        except RateLimited as error:
            return _redirect("/sign-in", problem=error.code)
        response = _redirect(url)
        _browser_set(response, browser)
        return response


class ProviderCallbackView(PublicView):
    access = {"GET": PUBLIC}

    @extend_schema(parameters=[CallbackQuery], responses={302: None})
    def get(self, request: Request, provider: str) -> HttpResponse:
        """Where the provider sends the browser back to. Leads on into the dashboard, whatever comes of it."""
        checked = CallbackQuery(data=request.query_params.dict())
        if not checked.is_valid():
            return _redirect("/sign-in", problem="invalid_oauth_state")
        query: dict[str, Any] = checked.validated_data
        try:
            provider_limit(request._request)  # noqa: SLF001 - allauth wants Django's request
            finished = provider_flow_finish(
                provider_id=provider,
                state=query["state"],
                browser=request.COOKIES.get(BROWSER_COOKIE, ""),
                code=query["code"],
                issuer=query["iss"],
                error=query["error"],
                now=timezone.now(),
            )
        except ProviderRefused as refusal:
            return _redirect(refusal.next_path, problem=refusal.problem)
        except MfaRequired as error:
            methods: Any = error.extra["methods"]
            page = f"/sign-in?{urlencode({'redirect': error.extra['next']})}"
            return _redirect(page, mfa_token=str(error.extra["mfa_token"]), methods=",".join(methods))
        except DomainError as error:
            return _redirect("/sign-in", problem=error.code)
        return self._arrived(finished)

    def _arrived(self, finished: Finished) -> HttpResponse:
        if finished.identity is not None:
            identity = finished.identity
            return _redirect("/sign-up", oauth=finished.sign_up_token, email=identity.email, name=identity.name)
        response = _redirect(finished.next_path)
        response.delete_cookie(BROWSER_COOKIE, path=BROWSER_COOKIE_PATH, samesite="Lax")
        if finished.tokens is not None:
            refresh_cookie_set(response, finished.tokens)
        return response


class ProviderSignupView(PublicView):
    @extend_schema(request=ProviderSignupInput, responses={201: SignupOutput})
    def post(self, request: Request) -> Response:
        """Create the account that a provider has vouched for, and an organisation, in the browser that was there."""
        body = self.valid_body(request, ProviderSignupInput)
        signup_limit(request._request)  # noqa: SLF001 - allauth wants Django's request
        use_cookie = body.pop("use_cookie")
        user, organization, tokens = provider_sign_up(
            **body, browser=request.COOKIES.get(BROWSER_COOKIE, ""), now=timezone.now()
        )
        return tokens_response(
            tokens,
            use_cookie=use_cookie,
            status=201,
            user={"id": str(user.id), "email": user.email},
            org=organization_present(organization),
        )


class ProviderLinkView(AccountsView):
    access = {"POST": AUTHENTICATED}
    recent_proof = {"POST"}

    @extend_schema(request=LinkInput, responses=LinkOutput)
    def post(self, request: Request, provider: str) -> Response:
        """Begin to link an identity to your account: send the browser to the address in the answer."""
        body = self.valid_body(request, LinkInput)
        browser = secrets.token_urlsafe(32)
        try:
            url = provider_flow_begin(
                provider_id=provider,
                next_path=body["next"],
                browser=browser,
                principal=self.principal,
                now=timezone.now(),
            )
        except ProviderFailed:
            raise Conflict(_UNAVAILABLE) from None
        response = Response({"authorization_url": url})
        _browser_set(response, browser)
        return response


class IdentitiesView(AccountsView):
    access = {"GET": AUTHENTICATED}

    @extend_schema(responses=IdentityPage)
    def get(self, request: Request) -> Response:
        """The identities linked to your account; a handful, so no pages."""
        rows = identities_of(user_id=self.principal.user_id)
        return Response({"results": rows, "next": None, "total": len(rows)})


class IdentityView(AccountsView):
    access = {"DELETE": AUTHENTICATED}
    recent_proof = {"DELETE"}

    @extend_schema(responses={204: None})
    def delete(self, request: Request, identity_id: UUID) -> Response:
        """Take a link away, unless it is your last way in."""
        identity_unlink(principal=self.principal, identity_id=identity_id, now=timezone.now())
        return Response(status=204)
