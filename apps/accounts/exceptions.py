"""Refusals of the accounts app."""

from typing import ClassVar
from uuid import UUID

from apps.core.exceptions import Conflict, DomainError, PermissionDenied


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


class RefusedAttempt(PermissionDenied):
    """A refusal that is recorded as an event, although the transaction of the attempt is rolled back.

    `event` is its name in the catalogue; what the exception carries beside the detail becomes the event's data.
    """

    event: ClassVar[str]

    def __init__(self, detail: str, *, organization_id: UUID | None = None, **data: object) -> None:
        super().__init__(detail)
        # None: the caller's.
        self.organization_id = organization_id
        self.data = data


class EscalationRefused(RefusedAttempt):
    """Nobody gives, or takes away, more than they hold themselves."""

    code = "escalation_refused"
    event = "escalation.refused"


class InvitationForAnotherAddress(RefusedAttempt):
    code = "invitation_for_another_address"
    event = "invitation.refused"


class InvalidInvitation(DomainError):
    code = "invalid_invitation"


class SpentInvitation(InvalidInvitation, RefusedAttempt):
    """The link was ours once: used, revoked, expired, or of someone who may not give this role any more."""

    event = "invitation.refused"


class NoOrganization(PermissionDenied):
    """The person is known, but belongs to no organisation."""

    code = "no_organization"


class AlreadyMember(Conflict):
    code = "already_member"


class LastOwner(Conflict):
    code = "last_owner"


class SoleOwner(Conflict):
    """The account still owns organisations with other members in them; `organizations` names them."""

    code = "sole_owner"


class RoleInUse(Conflict):
    code = "role_in_use"


class RoleNameTaken(Conflict):
    code = "role_name_taken"


class DomainTaken(Conflict):
    code = "domain_taken"


class DomainNotProven(DomainError):
    code = "domain_not_proven"


class InvalidEmailChange(DomainError):
    code = "invalid_email_change"


class MfaRequired(DomainError):
    """The first factor is proven, a second one is needed: `mfa_token` continues, `methods` may be used."""

    code = "mfa_required"


class InvalidCode(DomainError):
    """A second factor does not hold. `reason` is for the record, never for the caller."""

    code = "invalid_code"

    def __init__(self, reason: str) -> None:
        super().__init__("The code or passkey is not valid, or was used before.")
        self.reason = reason


class EmailNotVerified(PermissionDenied):
    code = "email_not_verified"


class LastWayIn(Conflict):
    """Without this the person could not sign in any more."""

    code = "last_way_in"
