"""What allauth asks of us, and what we ask of allauth: brute-force limits and password checks."""

import time
from typing import Any
from uuid import UUID

import dns.exception
import dns.resolver
import requests
from allauth.account.adapter import get_adapter
from allauth.core import context, ratelimit
from allauth.core.internal import ratelimit as limits
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest
from dns.nameserver import Do53Nameserver

from apps.accounts.exceptions import InvalidCredentials, RateLimited
from apps.accounts.metrics import attempt
from apps.accounts.models import User
from apps.core.exceptions import InvalidInput
from apps.core.sealing import seal, unseal
from apps.core.types import Client

# Matches the longest window of ACCOUNT_RATE_LIMITS["login_failed"] that a person can run into.
LOGIN_RETRY_AFTER = 300
SIGNUP_RETRY_AFTER = 3600
RESET_RETRY_AFTER = 3600
RESET_TRY_RETRY_AFTER = 60
# How long DNS may take to answer before a proof counts as not found.
DNS_SECONDS = 5.0
SECOND_FACTOR_RETRY_AFTER = 300
PASSKEY_RETRY_AFTER = 60
# What an identity provider may take: between two bytes, for an answer, and of room.
PROVIDER_READ_SECONDS = 5.0
PROVIDER_SECONDS = 10.0
MAX_PROVIDER_BYTES = 256 * 1024
_SEALED_FOR = "second-factors"


class SecondFactorAdapter(DefaultMFAAdapter):
    """What allauth's second factors ask of us: to keep their secrets sealed."""

    def encrypt(self, text: str) -> str:
        return seal(text, purpose=_SEALED_FOR)

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(encrypted_text, purpose=_SEALED_FOR)


@attempt("password")
def password_authenticate(request: HttpRequest, *, email: str, password: str) -> User:
    """Check a password under the limits by address and by account.

    allauth spends the same time on an unknown address as on a wrong password.
    Raises `InvalidCredentials` (the same for every reason) or `RateLimited`.
    """
    try:
        with context.request_context(request):
            user: User | None = get_adapter(request).authenticate(
                request, email=email.strip().lower(), password=password
            )
    except ValidationError:
        raise RateLimited(
            "Too many failed attempts. Wait a few minutes and try again.", retry_after=LOGIN_RETRY_AFTER
        ) from None
    if user is None or not user.is_active:
        raise InvalidCredentials("The address or the password is wrong.")
    return user


def password_confirm(request: HttpRequest, *, email: str, password: str) -> None:
    """Check the password of a signed-in person, under the same limits as a sign-in.

    Raises `InvalidInput`, as the credential of the call itself is good, or `RateLimited`.
    """
    try:
        password_authenticate(request, email=email, password=password)
    except InvalidCredentials:
        raise InvalidInput("The password is wrong.", pointer="/current_password", item_code="wrong_password") from None


def password_reset_limit(request: HttpRequest, *, email: str) -> None:
    """Count a wish for a reset mail against the caller's address and the account; raise `RateLimited` past a limit."""
    if not ratelimit.consume(request, action="reset_password", key=email):
        raise RateLimited("Too many reset mails. Try again later.", retry_after=RESET_RETRY_AFTER)


def password_reset_try_limit(request: HttpRequest) -> None:
    """Count a try of a reset link against the caller's address; raise `RateLimited` past the limit."""
    if not ratelimit.consume(request, action="reset_password_from_key"):
        raise RateLimited("Too many tries. Wait a minute and try again.", retry_after=RESET_TRY_RETRY_AFTER)


def link_try_limit(request: HttpRequest) -> None:
    """Count a try of a mail's link against the caller's address; raise `RateLimited` past the limit."""
    if not ratelimit.consume(request, action="link_try"):
        raise RateLimited("Too many tries. Wait a minute and try again.", retry_after=RESET_TRY_RETRY_AFTER)


def mail_limit(request: HttpRequest, *, user_id: UUID) -> None:
    """Count a mail that a person has us send against their account; raise `RateLimited` past the limit."""
    if not ratelimit.consume(request, action="account_mail", key=str(user_id)):
        raise RateLimited("Too many mails. Try again later.", retry_after=RESET_RETRY_AFTER)


def signup_limit(request: HttpRequest) -> None:
    """Count a sign-up against the caller's address; raise `RateLimited` past the limit."""
    if not ratelimit.consume(request, action="signup"):
        raise RateLimited("Too many sign-ups from here. Try again later.", retry_after=SIGNUP_RETRY_AFTER)


def txt_records(name: str) -> set[str]:
    """Return the texts of the TXT records at a name; empty when there are none or DNS does not answer."""
    resolver = dns.resolver.Resolver(configure=not settings.DNS_SERVERS)
    if settings.DNS_SERVERS:
        resolver.nameservers = [Do53Nameserver(*_host_and_port(server)) for server in settings.DNS_SERVERS]
    try:
        answer = resolver.resolve(name, "TXT", lifetime=DNS_SECONDS, search=False)
    except (dns.exception.DNSException, UnicodeError):
        return set()
    return {b"".join(record.strings).decode("utf-8", "replace") for record in answer}


def _host_and_port(server: str) -> tuple[str, int]:
    host, _, port = server.rpartition(":")
    return (host, int(port)) if host else (server, 53)


def second_factor_limit(request: HttpRequest, *, user_id: UUID) -> None:
    """Count a code against the account, whichever step it is for; raise `RateLimited` past the limit."""
    if not ratelimit.consume(request, action="second_factor", key=str(user_id)):
        raise RateLimited("Too many codes. Wait a few minutes.", retry_after=SECOND_FACTOR_RETRY_AFTER)


def second_factor_limit_lift(request: HttpRequest, *, user_id: UUID) -> None:
    """Forget what was counted: the right code came."""
    ratelimit.clear(request, action="second_factor", key=str(user_id))


def passkey_limit(request: HttpRequest) -> None:
    """Count a challenge against the caller's address; nothing can be guessed, but each costs a row."""
    if not ratelimit.consume(request, action="passkey"):
        raise RateLimited("Too many tries from here. Wait a minute.", retry_after=PASSKEY_RETRY_AFTER)


def provider_limit(request: HttpRequest) -> None:
    """Count a step with an identity provider against the caller's address: each asks the provider something."""
    if not limits.consume(request, app="allauth.account", action="identity_provider", limit_get=True):
        raise RateLimited("Too many tries from here. Wait a minute.", retry_after=PASSKEY_RETRY_AFTER)


class BoundedSession(requests.Session):
    """What allauth asks identity providers with: a short while, a small answer, and where it was told to."""

    def request(self, method: Any, url: Any, **options: Any) -> requests.Response:  # type: ignore[override]  # passes all on
        options |= {"timeout": PROVIDER_READ_SECONDS, "stream": True, "allow_redirects": False}
        self.trust_env = False
        ends = time.monotonic() + PROVIDER_SECONDS
        response = super().request(method, url, **options)
        body = bytearray()
        for chunk in response.iter_content(8192):
            body += chunk
            if len(body) > MAX_PROVIDER_BYTES or time.monotonic() > ends:
                response.close()
                raise requests.RequestException("The answer is too large or too slow.")
        # Where the library looks for it: there is no other way to hand it a body that was read.
        response._content = bytes(body)  # noqa: SLF001 - as above
        return response


class IdentityProviderAdapter(DefaultSocialAccountAdapter):
    def get_requests_session(self) -> BoundedSession:
        return BoundedSession()


def client_of(request: HttpRequest) -> Client:
    """Return from where a request came; headers of proxies are believed as configured."""
    try:
        ip = get_adapter(request).get_client_ip(request)
    except PermissionDenied:
        ip = None
    return Client(ip=ip, user_agent=request.headers.get("User-Agent", ""))
