"""How an organisation looks."""

from typing import Any
from uuid import UUID

from apps.accounts.models import Branding, Organization

# What a page or mail looks like without an organisation's own choice.
PLATFORM_NAME = "Lift OS"
PLATFORM_COLOR = "#2f5bea"


def branding_present(branding: Branding | None) -> dict[str, Any]:
    """Return the choices that were made; null stands for the platform's own."""
    if branding is None:
        return {"name": None, "primary_color": None, "accent_color": None, "logo_url": None}
    return {
        "name": branding.name or None,
        "primary_color": branding.primary_color or None,
        "accent_color": branding.accent_color or None,
        "logo_url": logo_path(branding),
    }


def logo_path(branding: Branding) -> str | None:
    if not branding.logo_hash:
        return None
    return f"/api/v1/branding/logos/{branding.organization_id}/{branding.logo_hash}.png"


def branding_of(*, organization_id: UUID) -> Branding | None:
    return Branding.objects.defer("logo").filter(organization_id=organization_id).first()


def logo_read(*, organization_id: UUID, logo_hash: str) -> bytes | None:
    """Return a logo as PNG; None unless it is the present one of an organisation that is active."""
    row = Branding.objects.filter(
        organization_id=organization_id, logo_hash=logo_hash, organization__is_active=True
    ).first()
    return bytes(row.logo) if row is not None and row.logo else None


def host_branding(*, organization_id: UUID | None) -> dict[str, Any]:
    """Return what a sign-in page shows on a host name: the organisation that it stands for, or the platform."""
    if organization_id is None:
        return {**branding_present(None), "organization": None}
    organization = Organization.objects.get(id=organization_id)
    return {
        **branding_present(branding_of(organization_id=organization_id)),
        "organization": {"slug": organization.slug, "name": organization.name},
    }
