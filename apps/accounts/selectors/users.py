"""People as callers see them."""

from typing import Any

from allauth.account.models import EmailAddress

from apps.accounts.models import Organization, User
from apps.accounts.registry import extra_claims
from apps.accounts.selectors.organizations import organization_present, organizations_of
from apps.core.types import Principal


def me(*, principal: Principal) -> dict[str, Any]:
    """Return everything that a client needs to know about the caller, read afresh."""
    user = User.objects.get(id=principal.user_id)
    organization = Organization.objects.get(id=principal.organization_id)
    return {
        "user": {
            "id": str(user.id),
            "email": user.email,
            "name": user.name,
            "email_verified": EmailAddress.objects.filter(user=user, email=user.email, verified=True).exists(),
        },
        "org": organization_present(organization),
        "roles": [principal.role],
        "permissions": sorted(principal.permissions),
        "memory_context": organization.memory_context,
        **extra_claims(principal.organization_id),
        "orgs": organizations_of(user_id=user.id),
    }
