"""Your second factors."""

from dataclasses import asdict
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.serializers.second_factors import (
    ChallengeOutput,
    EnrolledFactorsOutput,
    PasskeyAddedOutput,
    PasskeyInput,
    PasskeyOutput,
    PasskeyPatch,
    RecoveryCodesOutput,
    TotpActivateInput,
    TotpSetupOutput,
)
from apps.accounts.api.views.base import AccountsView
from apps.accounts.selectors.second_factors import passkey_find, second_factors
from apps.accounts.services.second_factors import (
    passkey_remove,
    passkey_rename,
    passkey_setup_begin,
    passkey_setup_finish,
    recovery_codes_make,
    totp_remove,
    totp_setup_begin,
    totp_setup_finish,
)
from apps.core.api.permissions import AUTHENTICATED


class SecondFactorsView(AccountsView):
    access = {"GET": AUTHENTICATED}

    @extend_schema(responses=EnrolledFactorsOutput)
    def get(self, request: Request) -> Response:
        """Your second factors."""
        return Response(second_factors(user_id=self.principal.user_id))


class TotpView(AccountsView):
    access = {"POST": AUTHENTICATED, "DELETE": AUTHENTICATED}
    recent_proof = {"POST", "DELETE"}

    @extend_schema(request=None, responses=TotpSetupOutput)
    def post(self, request: Request) -> Response:
        """Begin to set up an authenticator app. It counts once `activate` got a code of it."""
        return Response(asdict(totp_setup_begin(principal=self.principal, now=timezone.now())))

    @extend_schema(responses={204: None})
    def delete(self, request: Request) -> Response:
        """Remove the authenticator app."""
        totp_remove(principal=self.principal, now=timezone.now())
        return Response(status=204)


class TotpActivateView(AccountsView):
    access = {"POST": AUTHENTICATED}

    @extend_schema(request=TotpActivateInput, responses=RecoveryCodesOutput)
    def post(self, request: Request) -> Response:
        """Finish setting up an authenticator app with a code that it shows."""
        body = self.valid_body(request, TotpActivateInput)
        codes = totp_setup_finish(principal=self.principal, now=timezone.now(), **body)
        return Response({"recovery_codes": codes})


class PasskeySetupView(AccountsView):
    access = {"POST": AUTHENTICATED}
    recent_proof = {"POST"}

    @extend_schema(request=None, responses=ChallengeOutput)
    def post(self, request: Request) -> Response:
        """What to ask the browser for to make a passkey."""
        challenge_id, options = passkey_setup_begin(principal=self.principal, now=timezone.now())
        return Response({"challenge_id": challenge_id, "options": options})


class PasskeysView(AccountsView):
    access = {"POST": AUTHENTICATED}

    @extend_schema(request=PasskeyInput, responses={201: PasskeyAddedOutput})
    def post(self, request: Request) -> Response:
        """Add the passkey that the browser made."""
        body = self.valid_body(request, PasskeyInput)
        passkey, codes = passkey_setup_finish(principal=self.principal, now=timezone.now(), **body)
        return Response({"passkey": passkey, "recovery_codes": codes}, status=201)


class PasskeyView(AccountsView):
    access = {"PATCH": AUTHENTICATED, "DELETE": AUTHENTICATED}
    recent_proof = {"DELETE"}

    @extend_schema(request=PasskeyPatch, responses=PasskeyOutput)
    def patch(self, request: Request, passkey_id: UUID) -> Response:
        """Give a passkey another name."""
        passkey_find(user_id=self.principal.user_id, passkey_id=passkey_id)
        body = self.valid_body(request, PasskeyPatch)
        return Response(
            passkey_rename(principal=self.principal, passkey_id=passkey_id, name=body["name"], now=timezone.now())
        )

    @extend_schema(responses={204: None})
    def delete(self, request: Request, passkey_id: UUID) -> Response:
        """Remove a passkey."""
        passkey_remove(principal=self.principal, passkey_id=passkey_id, now=timezone.now())
        return Response(status=204)


class RecoveryCodesView(AccountsView):
    access = {"POST": AUTHENTICATED}
    recent_proof = {"POST"}

    @extend_schema(request=None, responses={201: RecoveryCodesOutput})
    def post(self, request: Request) -> Response:
        """Make new recovery codes; earlier ones hold no more."""
        codes = recovery_codes_make(principal=self.principal, now=timezone.now())
        return Response({"recovery_codes": codes}, status=201)
