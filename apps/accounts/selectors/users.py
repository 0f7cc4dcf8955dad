"""People as callers see them."""

from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from django.utils import timezone

from apps.accounts.exceptions import InvalidToken
from apps.accounts.models import EmailChange, Membership, User
from apps.accounts.registry import extra_claims
from apps.accounts.selectors.branding import branding_of, branding_present
from apps.accounts.selectors.memberships import mfa_missing
from apps.accounts.selectors.organizations import organization_present, organizations_of
from apps.accounts.selectors.second_factors import second_factors_summary
from apps.core.types import Principal


def me(*, principal: Principal) -> dict[str, Any]:
    """Return everything that a client needs to know about the caller, read afresh.

    Raises `InvalidToken` if they have been removed since their credential was last looked at.
    """
    membership = (
        Membership.objects.select_related("user", "organization")
        .filter(user_id=principal.user_id, organization_id=principal.organization_id)
        .first()
    )
    if membership is None:
        raise InvalidToken("You no longer belong to this organisation.")
    user, organization = membership.user, membership.organization
    return {
        "user": user_present(user),
        "org": {
            **organization_present(organization),
            "branding": branding_present(branding_of(organization_id=organization.id)),
        },
        "roles": [principal.role],
        "permissions": sorted(principal.permissions),
        "mfa_enrollment_required": mfa_missing(membership),
        "session_id": str(principal.session_id),
        "authenticated_at": principal.authenticated_at,
        "memory_context": organization.memory_context,
        **extra_claims(principal.organization_id),
        "orgs": organizations_of(user_id=user.id),
    }


def email_is_verified(*, user_id: UUID) -> bool:
    """Return whether a person has proven their address."""
    return bool(EmailAddress.objects.filter(user_id=user_id, primary=True, verified=True).exists())


def user_present(user: User) -> dict[str, Any]:
    """Return a person as they see themselves."""
    change = EmailChange.objects.filter(
        user=user, confirmed_at=None, cancelled_at=None, expires_at__gt=timezone.now()
    ).first()
    return {
        "id": str(user.id),
        "email": user.email,
        "name": user.name,
        "email_verified": email_is_verified(user_id=user.id),
        "has_password": user.has_usable_password(),
        "mfa": second_factors_summary(user_id=user.id),
        "delete_after": user.delete_after,
        "pending_email": change.new_email if change else None,
    }
