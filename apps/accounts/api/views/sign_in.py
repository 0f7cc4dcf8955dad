"""Steps of a sign-in beyond the password, and proving again who one is."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.adapters import (
    passkey_limit,
    password_authenticate,
    second_factor_limit,
    second_factor_limit_lift,
)
from apps.accounts.api.serializers.second_factors import (
    ChallengeOutput,
    MfaTokenInput,
    MfaVerifyInput,
    OptionsOutput,
    PasskeySignInInput,
    ReauthenticateInput,
)
from apps.accounts.api.serializers.sessions import TokensOutput
from apps.accounts.api.views.base import AccountsView, PublicView, tokens_response
from apps.accounts.models import User
from apps.accounts.services.pending_steps import Kind, step_look
from apps.accounts.services.second_factors import (
    passkey_sign_in_begin,
    reauthenticate_by_code,
    reauthenticate_by_passkey,
    reauthentication_begin,
    sign_in_passkey_options,
)
from apps.accounts.services.sessions import session_reauthenticate
from apps.accounts.services.sign_in import sign_in_by_passkey, sign_in_finish
from apps.accounts.types import Proof, TokenPair
from apps.core.api.permissions import AUTHENTICATED


def _raw(request: Request) -> HttpRequest:
    """Return Django's request, which allauth wants."""
    raw: HttpRequest = request._request  # noqa: SLF001 - DRF offers no other way
    return raw


class MfaVerifyView(PublicView):
    @extend_schema(request=MfaVerifyInput, responses=TokensOutput)
    def post(self, request: Request) -> Response:
        """Finish a sign-in that asked for a second factor (`mfa_required`)."""
        body = self.valid_body(request, MfaVerifyInput)
        proof, now = Proof(code=body.get("code"), credential=body.get("credential")), timezone.now()
        user_id: Any = step_look(kind=Kind.SIGN_IN, token=body["mfa_token"], now=now).user_id
        if proof.code is not None:
            second_factor_limit(_raw(request), user_id=user_id)
        tokens = sign_in_finish(mfa_token=body["mfa_token"], proof=proof, now=now)
        if proof.code is not None:
            second_factor_limit_lift(_raw(request), user_id=user_id)
        return tokens_response(tokens, use_cookie=body["use_cookie"])


class MfaPasskeyOptionsView(PublicView):
    @extend_schema(request=MfaTokenInput, responses=OptionsOutput)
    def post(self, request: Request) -> Response:
        """What to ask a passkey for as second factor of a sign-in."""
        body = self.valid_body(request, MfaTokenInput)
        passkey_limit(_raw(request))
        return Response({"options": sign_in_passkey_options(mfa_token=body["mfa_token"], now=timezone.now())})


class PasskeyOptionsView(PublicView):
    @extend_schema(request=None, responses=ChallengeOutput)
    def post(self, request: Request) -> Response:
        """What to ask a passkey for to sign in with nothing else."""
        passkey_limit(_raw(request))
        challenge_id, options = passkey_sign_in_begin(now=timezone.now())
        return Response({"challenge_id": challenge_id, "options": options})


class PasskeySignInView(PublicView):
    @extend_schema(request=PasskeySignInInput, responses=TokensOutput)
    def post(self, request: Request) -> Response:
        """Sign in with a passkey alone."""
        body = self.valid_body(request, PasskeySignInInput)
        passkey_limit(_raw(request))
        tokens = sign_in_by_passkey(
            challenge_id=body["challenge_id"],
            credential=body["credential"],
            organization_id=body["org_id"],
            now=timezone.now(),
        )
        return tokens_response(tokens, use_cookie=body["use_cookie"])


class ReauthenticateView(AccountsView):
    access = {"POST": AUTHENTICATED}

    @extend_schema(request=ReauthenticateInput, responses=TokensOutput)
    def post(self, request: Request) -> Response:
        """Prove again who you are, for what is dangerous: by password, code or passkey."""
        body = self.valid_body(request, ReauthenticateInput)
        return tokens_response(self._prove(request, body), use_cookie=body["use_cookie"])

    def _prove(self, request: Request, body: dict[str, Any]) -> TokenPair:
        principal, now = self.principal, timezone.now()
        if "credential" in body:
            return reauthenticate_by_passkey(
                principal=principal, challenge_id=body["challenge_id"], credential=body["credential"], now=now
            )
        if "code" in body:
            second_factor_limit(_raw(request), user_id=principal.user_id)
            tokens = reauthenticate_by_code(principal=principal, code=body["code"], now=now)
            second_factor_limit_lift(_raw(request), user_id=principal.user_id)
            return tokens
        # The address may have changed since the token was issued.
        email = User.objects.get(id=principal.user_id).email
        password_authenticate(_raw(request), email=email, password=body["password"])
        return session_reauthenticate(principal=principal, methods=["pwd"], now=now)


class ReauthenticateOptionsView(AccountsView):
    access = {"POST": AUTHENTICATED}

    @extend_schema(request=None, responses=ChallengeOutput)
    def post(self, request: Request) -> Response:
        """What to ask a passkey of yours for to prove again who you are."""
        challenge_id, options = reauthentication_begin(principal=self.principal, now=timezone.now())
        return Response({"challenge_id": challenge_id, "options": options})
