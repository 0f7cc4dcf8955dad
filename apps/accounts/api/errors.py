"""How the refusals of accounts are answered."""

from apps.accounts.exceptions import (
    EmailTaken,
    InvalidCredentials,
    InvalidResetKey,
    InvalidToken,
    InvalidVerificationKey,
    RateLimited,
    RefreshTokenReused,
    SlugTaken,
)
from apps.core.api.errors import Problem, register_problems

register_problems(
    {
        InvalidCredentials: Problem(401, "Sign-in failed"),
        InvalidToken: Problem(401, "The token does not hold"),
        RefreshTokenReused: Problem(401, "The refresh token was used before"),
        EmailTaken: Problem(409, "An account with this address exists"),
        SlugTaken: Problem(409, "The short name is taken"),
        RateLimited: Problem(429, "Too many requests"),
        InvalidVerificationKey: Problem(400, "The verification link does not hold"),
        InvalidResetKey: Problem(400, "The reset link does not hold"),
    }
)
