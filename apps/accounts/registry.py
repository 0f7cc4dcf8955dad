"""Where apps above accounts attach themselves, in their `AppConfig.ready`.

Accounts may not import them; they hand over what has to happen when an organisation is made, and the claims they own.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

OrganizationCreated = Callable[..., None]
OrganizationDeleted = Callable[..., None]
Claim = Callable[[UUID], Any]
# (organization_id, role) -> permissions
PermissionSource = Callable[[UUID, str], frozenset[str]]

OrganizationClosing = Callable[..., None]
MembersGrowing = Callable[..., None]

_organization_created: list[OrganizationCreated] = []
_organization_deleted: list[OrganizationDeleted] = []
_organization_closing: list[OrganizationClosing] = []
_members_growing: list[MembersGrowing] = []
_claims: dict[str, Claim] = {}
_permission_sources: list[PermissionSource] = []


def on_organization_created(receiver: OrganizationCreated) -> None:
    """Call `receiver(organization_id=, memory_domain=, now=)` in the transaction that makes an organisation."""
    if receiver not in _organization_created:
        _organization_created.append(receiver)


def organization_created(*, organization_id: UUID, memory_domain: str | None, now: datetime) -> None:
    for receiver in _organization_created:
        receiver(organization_id=organization_id, memory_domain=memory_domain, now=now)


def on_organization_closing(receiver: OrganizationClosing) -> None:
    """Ask `receiver(organization_id=)` before an organisation is closed, and deleted; it may raise a `Conflict`."""
    if receiver not in _organization_closing:
        _organization_closing.append(receiver)


def organization_closing(*, organization_id: UUID) -> None:
    for receiver in _organization_closing:
        receiver(organization_id=organization_id)


def on_organization_deleted(receiver: OrganizationDeleted) -> None:
    """Call `receiver(organization_id=)` in the transaction that deletes an organisation for good."""
    if receiver not in _organization_deleted:
        _organization_deleted.append(receiver)


def organization_deleted(*, organization_id: UUID) -> None:
    for receiver in _organization_deleted:
        receiver(organization_id=organization_id)


def on_members_growing(receiver: MembersGrowing) -> None:
    """Ask `receiver(organization_id=, needed=)` before an organisation gets another member; it may raise."""
    if receiver not in _members_growing:
        _members_growing.append(receiver)


def members_growing(*, organization_id: UUID, needed: int) -> None:
    for receiver in _members_growing:
        receiver(organization_id=organization_id, needed=needed)


def register_claim(name: str, claim: Claim) -> None:
    """Add a claim to every access token: `claim(organization_id)` returns its JSON value."""
    _claims[name] = claim


def extra_claims(organization_id: UUID) -> dict[str, Any]:
    return {name: claim(organization_id) for name, claim in _claims.items()}


def register_permissions(source: PermissionSource) -> None:
    """Add permissions to the built-in roles: those of the modules that an organisation has enabled."""
    if source not in _permission_sources:
        _permission_sources.append(source)


def extra_permissions(organization_id: UUID, role: str) -> frozenset[str]:
    return frozenset().union(*(source(organization_id, role) for source in _permission_sources))
