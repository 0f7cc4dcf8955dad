"""Organisations as callers see them."""

from typing import Any
from uuid import UUID

from apps.accounts.models import Membership, Organization
from apps.core.exceptions import NotFound


def organization_present(organization: Organization) -> dict[str, Any]:
    return {
        "id": str(organization.id),
        "slug": organization.slug,
        "name": organization.name,
        "created_at": organization.created_at,
    }


def organizations_of(*, user_id: UUID) -> list[dict[str, Any]]:
    """Return the organisations that a person belongs to, with the role in each; a handful, so no pages."""
    memberships = (
        Membership.objects.select_related("organization")
        .filter(user_id=user_id, organization__is_active=True)
        .order_by("created_at", "id")
    )
    return [{**organization_present(row.organization), "role": row.role} for row in memberships]


def organization_get(*, organization_id: UUID) -> Organization:
    organization: Organization | None = Organization.objects.filter(id=organization_id, is_active=True).first()
    if organization is None:
        raise NotFound("There is no such organisation.")
    return organization
