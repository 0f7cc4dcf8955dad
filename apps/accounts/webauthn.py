"""The ceremonies of passkeys (WebAuthn level 3): what browsers are asked for, and whether what they answer holds.

Nothing is stored here. A passkey belongs to the host of `PUBLIC_URL`, and is used on that origin alone.
"""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.conf import settings
from fido2.server import Fido2Server
from fido2.utils import websafe_decode
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from apps.accounts.exceptions import InvalidCode
from apps.accounts.models import User

MAX_CREDENTIAL_BYTES = 32 * 1024
NAME = "Lift OS"


@dataclass(frozen=True, slots=True)
class Registered:
    """A new credential, in the form that allauth keeps."""

    credential: dict[str, Any]
    sign_count: int


@dataclass(frozen=True, slots=True)
class Asserted:
    """A passkey that has signed our challenge."""

    authenticator: Authenticator
    sign_count: int
    user_verified: bool


def registration_begin(user: User) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the options for `navigator.credentials.create`, and what completing needs to know."""
    options, state = _server().register_begin(
        PublicKeyCredentialUserEntity(id=user.id.bytes, name=user.email, display_name=user.name or user.email),
        credentials=[attested for attested, _ in _credentials(user.id)],
        resident_key_requirement=ResidentKeyRequirement.PREFERRED,
        user_verification=UserVerificationRequirement.PREFERRED,
        extensions={"credProps": True},
    )
    return _plain(options), state


def registration_complete(state: dict[str, Any], credential: dict[str, Any]) -> Registered:
    """Verify a registration; raise `InvalidCode`."""
    _check_size(credential)
    try:
        response = RegistrationResponse.from_dict(credential)
        data = _server().register_complete(state, response)
        kept = json.loads(json.dumps(dict(response), default=dict))
        attested = data.credential_data
    except Exception as error:  # noqa: BLE001 - parsers of foreign bytes raise whatever they come across
        raise InvalidCode(f"registration: {type(error).__name__}") from None
    if attested is None or response.response.client_data.cross_origin:
        raise InvalidCode("registration: no credential, or inside a frame of another site")
    return Registered(kept, data.counter)


def authentication_begin(*, user_id: UUID | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the options for `navigator.credentials.get`, and what completing needs to know.

    Without a user any passkey of this site may answer; it then has to verify its owner, for it is the only factor.
    """
    options, state = _server().authenticate_begin(
        credentials=None if user_id is None else [attested for attested, _ in _credentials(user_id)],
        user_verification=UserVerificationRequirement.REQUIRED
        if user_id is None
        else UserVerificationRequirement.PREFERRED,
    )
    return _plain(options), state


def authentication_user(credential: dict[str, Any]) -> UUID:
    """Return whose passkey this claims to be, unverified; raise `InvalidCode`."""
    _check_size(credential)
    try:
        return UUID(bytes=websafe_decode(credential["response"]["userHandle"]))
    except (KeyError, TypeError, ValueError):
        raise InvalidCode("no user handle") from None


def authentication_complete(state: dict[str, Any], *, user_id: UUID, credential: dict[str, Any]) -> Asserted:
    """Verify that a passkey of this person has signed the challenge; raise `InvalidCode`.

    The passkey's row is locked: its counter is compared and stored in turn.
    """
    _check_size(credential)
    known = _credentials(user_id)
    try:
        response = AuthenticationResponse.from_dict(credential)
        proven = _server().authenticate_complete(state, [attested for attested, _ in known], response)
        data = response.response.authenticator_data
        row = next(pk for attested, pk in known if attested.credential_id == proven.credential_id)
    except Exception as error:  # noqa: BLE001 - as above
        raise InvalidCode(f"assertion: {type(error).__name__}") from None
    if response.response.user_handle not in {None, user_id.bytes} or response.response.client_data.cross_origin:
        raise InvalidCode("assertion: for another person, or inside a frame of another site")
    locked = Authenticator.objects.select_for_update().filter(pk=row).first()
    if locked is None:
        raise InvalidCode("removed meanwhile")
    return Asserted(locked, data.counter, data.is_user_verified())


def _server() -> Fido2Server:
    site = urlsplit(settings.PUBLIC_URL)
    origin = f"{site.scheme}://{site.netloc}"
    return Fido2Server(
        PublicKeyCredentialRpEntity(id=site.hostname, name=NAME),
        # Not its subdomains, which WebAuthn would allow: on them stand the sites of others.
        verify_origin=lambda given: given == origin,
    )


def _credentials(user_id: UUID) -> list[tuple[AttestedCredentialData, int]]:
    """Return a person's credentials with the row of each."""
    rows = Authenticator.objects.filter(user_id=user_id, type=Authenticator.Type.WEBAUTHN)
    return [(row.wrap().authenticator_data.credential_data, row.pk) for row in rows]


def _plain(options: Any) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(dict(options)["publicKey"], default=dict))
    return plain


def _check_size(credential: dict[str, Any]) -> None:
    if len(json.dumps(credential)) > MAX_CREDENTIAL_BYTES:
        raise InvalidCode("too large")
