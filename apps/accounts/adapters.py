"""What allauth asks of us, and what we ask of allauth: brute-force limits and password checks."""

from allauth.account.adapter import get_adapter
from allauth.core import context, ratelimit
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest

from apps.accounts.exceptions import InvalidCredentials, RateLimited
from apps.accounts.models import User
from apps.core.types import Client

# Matches the longest window of ACCOUNT_RATE_LIMITS["login_failed"] that a person can run into.
LOGIN_RETRY_AFTER = 300
SIGNUP_RETRY_AFTER = 3600
RESET_RETRY_AFTER = 3600
RESET_TRY_RETRY_AFTER = 60


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


def password_reset_limit(request: HttpRequest, *, email: str) -> None:
    """Count a wish for a reset mail against the caller's address and the account; raise `RateLimited` past a limit."""
    if not ratelimit.consume(request, action="reset_password", key=email):
        raise RateLimited("Too many reset mails. Try again later.", retry_after=RESET_RETRY_AFTER)


def password_reset_try_limit(request: HttpRequest) -> None:
    """Count a try of a reset link against the caller's address; raise `RateLimited` past the limit."""
    if not ratelimit.consume(request, action="reset_password_from_key"):
        raise RateLimited("Too many tries. Wait a minute and try again.", retry_after=RESET_TRY_RETRY_AFTER)


def signup_limit(request: HttpRequest) -> None:
    """Count a sign-up against the caller's address; raise `RateLimited` past the limit."""
    if not ratelimit.consume(request, action="signup"):
        raise RateLimited("Too many sign-ups from here. Try again later.", retry_after=SIGNUP_RETRY_AFTER)


def client_of(request: HttpRequest) -> Client:
    """Return from where a request came; headers of proxies are believed as configured."""
    try:
        ip = get_adapter(request).get_client_ip(request)
    except PermissionDenied:
        ip = None
    return Client(ip=ip, user_agent=request.headers.get("User-Agent", ""))
