"""Organisations and their schemas."""

from collections.abc import Mapping
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from apps.accounts import registry
from apps.accounts.exceptions import SlugTaken
from apps.accounts.models import Membership, Organization, User
from apps.accounts.permissions import Role
from apps.accounts.selectors.organizations import organization_get
from apps.accounts.selectors.second_factors import user_has_mfa
from apps.accounts.services.memberships import organization_rights_changed
from apps.core.exceptions import Conflict
from apps.core.ids import new_id
from apps.core.tenancy.schemas import schema_clone
from apps.core.tenancy.scope import organization_scope, public_scope, schema_name_for
from apps.core.types import Principal
from apps.events.services.outbox import emit
from apps.events.types import Actor, ActorKind

MAX_SLUG_ATTEMPTS = 20
# First parts of paths that belong to the platform and to the dashboard itself: `/<slug>` would not lead to these.
RESERVED_SLUGS = frozenset(
    {
        "account", "admin", "api", "billing", "confirm-email", "dev", "docs", "forgot-password", "health", "help",
        "invitations", "metrics", "module-ui", "problems", "redoc", "reset-password", "settings", "sign-in",
        "sign-out", "sign-up", "static", "status", "verify-email", "welcome",
    }
)  # fmt: skip


@transaction.atomic
def organization_create(
    *, name: str, owner: User, memory_domain: str | None, now: datetime, slug: str | None = None
) -> Organization:
    """Create an organisation with its schema; `memory_domain` None means the configured default."""
    organization_id = new_id()
    organization = Organization(
        id=organization_id, name=name, schema_name=schema_name_for(organization_id), created_at=now
    )
    _organization_save_with_slug(organization, slug or slugify(name)[:50] or "organisation")
    schema_clone(organization.schema_name)
    Membership.objects.create(user=owner, organization=organization, role=Role.OWNER, created_at=now)
    emit(
        "organization.created",
        organization_id=organization_id,
        actor=Actor(ActorKind.USER, str(owner.id)),
        subject=("organization", organization_id),
        now=now,
        organization_name=name,
    )
    with public_scope(), organization_scope(organization_id):
        registry.organization_created(organization_id=organization_id, memory_domain=memory_domain, now=now)
    return organization


def _organization_save_with_slug(organization: Organization, base: str) -> None:
    for attempt in range(MAX_SLUG_ATTEMPTS):
        # The tail of a UUIDv7 is random: the second try nearly always fits.
        is_free = attempt == 0 and base not in RESERVED_SLUGS
        organization.slug = base if is_free else f"{base}-{new_id().hex[-6:]}"
        try:
            with transaction.atomic(), public_scope():
                organization.save(force_insert=True)
        except IntegrityError:
            continue
        return
    raise SlugTaken("No free short name was found for this organisation.")


@transaction.atomic
def organization_update(
    *, principal: Principal, name: str | None = None, slug: str | None = None, now: datetime
) -> Organization:
    """Change name or slug of the caller's organisation; raises `SlugTaken`."""
    organization = organization_get(organization_id=principal.organization_id)
    changed: dict[str, object] = {}
    if name is not None:
        changed["name"] = organization.name = name
    if slug is not None:
        if slug in RESERVED_SLUGS:
            raise SlugTaken("This short name is not to be had: it is part of the platform's own addresses.")
        changed["slug"] = organization.slug = slug
    try:
        with transaction.atomic(), public_scope():
            organization.save(update_fields=["name", "slug"])
    except IntegrityError:
        raise SlugTaken("Another organisation uses this short name.") from None
    _updated(principal, now=now, changed=changed)
    return organization


@transaction.atomic
def settings_update(*, principal: Principal, mfa_required: bool, now: datetime) -> Organization:
    """Change what the organisation demands of its members; tokens of before stop working within 5 s.

    Raises `Conflict` if the caller has no second factor and would shut themselves out.
    """
    organization = organization_get(organization_id=principal.organization_id)
    if organization.mfa_required == mfa_required:
        return organization
    if mfa_required and not user_has_mfa(user_id=principal.user_id):
        raise Conflict("Enrol a second factor yourself before you demand one of everybody.")
    organization.mfa_required = mfa_required
    with public_scope():
        organization.save(update_fields=["mfa_required"])
    organization_rights_changed(organization_id=organization.id)
    _updated(principal, now=now, changed={"mfa_required": mfa_required})
    return organization


def _updated(principal: Principal, *, now: datetime, changed: Mapping[str, object]) -> None:
    if changed:
        emit(
            "organization.updated",
            organization_id=principal.organization_id,
            actor=Actor.of(principal),
            subject=("organization", principal.organization_id),
            now=now,
            changed=dict(changed),
        )
