"""How the refusals of accounts are answered."""

from apps.accounts.exceptions import (
    AlreadyMember,
    DomainNotProven,
    DomainTaken,
    EmailTaken,
    EscalationRefused,
    InvalidCredentials,
    InvalidEmailChange,
    InvalidInvitation,
    InvalidResetKey,
    InvalidToken,
    InvalidVerificationKey,
    InvitationForAnotherAddress,
    LastOwner,
    NoOrganization,
    RateLimited,
    RefreshTokenReused,
    RoleInUse,
    RoleNameTaken,
    SlugTaken,
    SoleOwner,
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
        InvalidEmailChange: Problem(400, "The link does not hold"),
        EscalationRefused: Problem(403, "More than you may give"),
        NoOrganization: Problem(403, "You belong to no organisation"),
        InvalidInvitation: Problem(400, "The invitation does not hold"),
        InvitationForAnotherAddress: Problem(403, "The invitation is for another address"),
        AlreadyMember: Problem(409, "Already a member"),
        LastOwner: Problem(409, "The last owner"),
        SoleOwner: Problem(409, "The account owns organisations with other members"),
        RoleInUse: Problem(409, "The role is in use"),
        RoleNameTaken: Problem(409, "The name of the role is taken"),
        DomainTaken: Problem(409, "The domain is taken"),
        DomainNotProven: Problem(400, "The proof of the domain was not found"),
    }
)
