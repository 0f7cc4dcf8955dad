"""Refusals of the accounts app."""

from apps.core.exceptions import Conflict, DomainError


class InvalidCredentials(DomainError):
    """Unknown address, wrong password or inactive account: one answer for all, so none of them can be probed."""

    code = "invalid_credentials"


class InvalidToken(DomainError):
    code = "invalid_token"


class RefreshTokenReused(InvalidToken):
    """A rotated refresh token came back; its whole family has been revoked."""

    code = "refresh_token_reused"


class EmailTaken(Conflict):
    code = "email_taken"


class SlugTaken(Conflict):
    code = "slug_taken"


class RateLimited(DomainError):
    code = "rate_limited"


class InvalidVerificationKey(DomainError):
    code = "invalid_verification_key"


class InvalidResetKey(DomainError):
    code = "invalid_reset_key"
