"""The protocol with identity providers: OpenID Connect's code flow with PKCE, nonce and verified signatures.

allauth talks to them (`openid_connect`); what it leaves to the channel is checked here. Nothing is stored. What goes
wrong on their side is a `ProviderFailed`, whose message says what, without anything that they sent.
"""

import secrets
from dataclasses import dataclass
from typing import Any

import jwt
import requests
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.utils import generate_code_challenge
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.core.cache import caches
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from apps.core.exceptions import NotFound

ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"})
SCOPE = ("openid", "email", "profile")
# How long a discovery document is believed.
DISCOVERY_SECONDS = 300
CLOCK_LEEWAY_SECONDS = 60
MAX_SUBJECT = 190
MAX_NAME = 100
_PROTOCOL_ERRORS = (
    requests.RequestException,
    OAuth2Error,
    jwt.PyJWTError,
    KeyError,
    TypeError,
    ValueError,
    AttributeError,
)


class ProviderFailed(Exception):
    """The provider did not answer as it should."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom a provider vouches for. `email` is empty where it names none that we support."""

    provider: str
    subject: str
    email: str
    email_verified: bool
    name: str


@dataclass(frozen=True, slots=True)
class Challenge:
    """What one sign-in is recognised by: the nonce comes back in the identity token, the verifier proves the code."""

    nonce: str
    verifier: str
    code_challenge: str

    @classmethod
    def new(cls) -> "Challenge":
        pair = generate_code_challenge()
        if pair["code_challenge_method"] != "S256":
            raise RuntimeError("the library makes another kind of challenge")
        return cls(secrets.token_urlsafe(32), pair["code_verifier"], pair["code_challenge"])


def provider_names() -> list[dict[str, str]]:
    return [{"id": one.id, "name": one.name} for one in settings.IDENTITY_PROVIDERS]


def provider_check(provider_id: str) -> None:
    """Raise `NotFound` for a provider that is not configured."""
    _configured(provider_id)


def authorization_url(provider_id: str, *, state: str, challenge: Challenge) -> str:
    """Return where to send the browser; raises `NotFound` for an unknown provider, `ProviderFailed`."""
    adapter = _adapter(provider_id)
    try:
        client = adapter.get_client(adapter.request, adapter.app)
        client.state = state
        url: str = client.get_redirect_url(
            adapter.authorize_url,
            SCOPE,
            {"nonce": challenge.nonce, "code_challenge": challenge.code_challenge, "code_challenge_method": "S256"},
        )
    except _PROTOCOL_ERRORS as error:
        raise ProviderFailed(f"discovery: {type(error).__name__}") from None
    return url


def identity_fetch(provider_id: str, *, code: str, verifier: str, nonce: str, issuer: str) -> Identity:
    """Exchange a code for the identity that it stands for; raises `ProviderFailed`.

    `issuer` is what the callback said of who sent it (RFC 9207), empty if nothing.
    """
    adapter = _adapter(provider_id)
    try:
        config = adapter.openid_config
        if issuer and issuer != config["issuer"]:
            raise ProviderFailed("the callback comes from another issuer")
        client = adapter.get_client(adapter.request, adapter.app)
        answer = client.get_access_token(code, pkce_code_verifier=verifier)
        claims = _claims(answer["id_token"], config=config, client_id=adapter.app.client_id, nonce=nonce)
        subject = str(claims["sub"])
        if "email" not in claims and "userinfo_endpoint" in config:
            more = adapter._fetch_user_info(answer["access_token"])  # noqa: SLF001 - allauth has no other name for it
            if more["sub"] != subject:
                raise ProviderFailed("userinfo is about somebody else")
            claims = {**more, **claims}
        return _identity(provider_id, subject, claims)
    except _PROTOCOL_ERRORS as error:
        raise ProviderFailed(f"code: {type(error).__name__}") from None


class _Adapter(OpenIDConnectOAuth2Adapter):
    def __init__(self, app: SocialApp) -> None:
        super().__init__(HttpRequest(), app.provider_id)
        self.app = app

    def get_provider(self) -> Any:
        return self.app.get_provider(self.request)

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        del request
        return f"{settings.PUBLIC_URL}/api/v1/auth/oauth/{app.provider_id}/callback"

    @property
    def openid_config(self) -> dict[str, Any]:
        key = f"openid-configuration:{self.app.settings['server_url']}"
        config: dict[str, Any] | None = caches["process"].get(key)
        if config is None:
            config = dict(super().openid_config)
            if str(config["issuer"]).rstrip("/") != self.app.settings["server_url"].rstrip("/"):
                raise ValueError("the discovery document is another issuer's")
            caches["process"].set(key, config, DISCOVERY_SECONDS)
        return config


def _configured(provider_id: str) -> Any:
    found = next((one for one in settings.IDENTITY_PROVIDERS if one.id == provider_id), None)
    if found is None:
        raise NotFound("There is no such provider.")
    return found


def _adapter(provider_id: str) -> _Adapter:
    found = _configured(provider_id)
    return _Adapter(
        SocialApp(
            provider="openid_connect",
            provider_id=found.id,
            name=found.name,
            client_id=found.client_id,
            secret=found.client_secret,
            settings={"server_url": found.server_url},
        )
    )


def _claims(token: str, *, config: dict[str, Any], client_id: str, nonce: str) -> dict[str, Any]:
    """Return the claims of an identity token that is the provider's, for us, of now, and of this sign-in."""
    header = jwt.get_unverified_header(token)
    algorithm = header.get("alg")
    if algorithm not in ALGORITHMS:
        raise ProviderFailed("the identity token is not signed as it should be")
    with get_adapter().get_requests_session() as session:
        response = session.get(config["jwks_uri"])
        response.raise_for_status()
        keys = response.json()["keys"]
    kid = header.get("kid")
    key = next(one for one in [*keys, {}] if one == {} or kid is None or one.get("kid") == kid)
    claims: dict[str, Any] = jwt.decode(
        token,
        jwt.PyJWK(key, algorithm=algorithm).key,
        algorithms=[algorithm],
        audience=client_id,
        issuer=config["issuer"],
        leeway=CLOCK_LEEWAY_SECONDS,
        options={"require": ["exp", "iat", "iss", "aud", "sub"]},
    )
    if not constant_time_compare(str(claims.get("nonce", "")), nonce):
        raise ProviderFailed("the identity token is of another sign-in")
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if several else client_id) != client_id:
        raise ProviderFailed("the identity token was made for somebody else")
    return claims


def _identity(provider_id: str, subject: str, claims: dict[str, Any]) -> Identity:
    if not subject or len(subject) > MAX_SUBJECT:
        raise ProviderFailed("the subject is not usable")
    email = str(claims.get("email", "")).lower()
    try:
        validate_email(email)
        usable = email.isascii()
    except ValidationError:
        usable = False
    name = claims.get("name")
    return Identity(
        provider=provider_id,
        subject=subject,
        email=email if usable else "",
        email_verified=claims.get("email_verified") is True or claims.get("email_verified") == "true",
        name="".join(c for c in name if c.isprintable())[:MAX_NAME] if isinstance(name, str) else "",
    )
