"""Letting somebody read, change or count memories of a module that are closed to them otherwise."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import ApiKey, Membership, Organization
from apps.accounts.services.memberships import role_check
from apps.core.exceptions import InvalidInput
from apps.core.tenancy.scope import organization_scope
from apps.events.types import Event
from apps.memory.engine.reader import PrincipalKind, Right
from apps.memory.models import Grant, Memory
from apps.memory.registry import types_of_modules
from apps.memory.selectors.grants import grant_get
from apps.memory.services.telling import memory_tell
from apps.memory.types import GrantOffer

# What leaves a principal behind that another one may take the name of. An id of a key is never given again.
_ENDING = {
    "role.deleted": PrincipalKind.ROLE,
    "member.removed": PrincipalKind.MEMBER,
    "member.left": PrincipalKind.MEMBER,
}
# Ids in one entry of the audit trail.
_IDS = 1_000


@transaction.atomic
def grant_make(
    *,
    organization_id: UUID,
    offer: GrantOffer,
    user_id: UUID | None,
    now: datetime,
) -> Grant:
    """Open a module's memories, those of some types or to which a filter applies, to a principal, from now on.

    Raises `InvalidInput` for a principal or module that there is not, or an end that is over.
    """
    if offer.expires_at is not None and offer.expires_at <= now:
        raise InvalidInput("It would have ended already.", pointer="/expires_at", item_code="in_the_past")
    _check_module(offer.module, pointer="/module")
    _check_principal(offer, organization_id=organization_id)
    grant = Grant.objects.create(
        principal_kind=offer.principal_kind.value,
        principal_id=offer.principal_id,
        module=offer.module,
        memory_types=sorted(set(offer.memory_types)),
        filters=dict(offer.filters),
        rights=[right.value for right in Right if right in offer.rights],
        purpose=offer.purpose,
        expires_at=offer.expires_at,
        created_by=user_id,
        created_at=now,
    )
    memory_tell("memory_grant.created", ("memory_grant", grant.id), now=now, **_told(grant))
    return grant


@transaction.atomic
def grant_revoke(*, grant_id: UUID, user_id: UUID | None, now: datetime) -> Grant:
    """End a grant: the next call is refused what it opened. Raises `GrantNotFound`; one that has ended stays so."""
    grant = grant_get(grant_id=grant_id, lock=True)
    if grant.revoked_at is None:
        grant.revoked_by, grant.revoked_at = user_id, now
        grant.save(update_fields=["revoked_by", "revoked_at"])
        memory_tell("memory_grant.revoked", ("memory_grant", grant.id), now=now, **_told(grant))
    return grant


def grants_end(events: Sequence[Event]) -> None:
    """End the grants of roles that were deleted and of people who have left. A consumer of events."""
    gone: dict[UUID, list[Event]] = {}
    for event in events:
        if event.name in _ENDING and event.organization_id is not None:
            gone.setdefault(event.organization_id, []).append(event)
    now = timezone.now()
    for organization_id in Organization.objects.filter(id__in=gone).values_list("id", flat=True):
        with organization_scope(organization_id):
            for event in gone[organization_id]:
                kind = _ENDING[event.name]
                name = event.data["role"] if kind is PrincipalKind.ROLE else event.subject_id
                left = Grant.objects.in_force(now).filter(principal_kind=kind, principal_id=name)
                for grant_id in left.filter(created_at__lte=event.occurred_at).values_list("id", flat=True):
                    grant_revoke(grant_id=grant_id, user_id=None, now=now)


@transaction.atomic
def grant_reads_tell(read: Mapping[UUID, Sequence[UUID]], *, operation: str, now: datetime) -> None:
    """Tell the audit trail which memories each of these grants has opened to whom this call is for."""
    for grant_id, memory_ids in read.items():
        ids = sorted(map(str, memory_ids))
        for start in range(0, len(ids), _IDS):
            memory_tell(
                "memory_grant.used",
                ("memory_grant", grant_id),
                now=now,
                operation=operation,
                memory_ids=ids[start : start + _IDS],
            )


def _told(grant: Grant) -> dict[str, Any]:
    return {
        "principal_kind": grant.principal_kind,
        "principal_id": grant.principal_id,
        "module": grant.module,
        "memory_types": grant.memory_types,
        "rights": grant.rights,
        "purpose": grant.purpose,
    }


def _check_module(module: str, *, pointer: str) -> None:
    # One that is gone from the catalogue may have left memories.
    if module not in types_of_modules() and not Memory.objects.filter(module=module).exclude(module="").exists():
        raise InvalidInput("There is no such module.", pointer=pointer, item_code="unknown")


def _check_principal(offer: GrantOffer, *, organization_id: UUID) -> None:
    kind, name = offer.principal_kind, offer.principal_id
    match kind:
        case PrincipalKind.MODULE:
            _check_module(name, pointer="/principal_id")
            if name == offer.module:
                raise InvalidInput("These are its own.", pointer="/principal_id", item_code="contradiction")
        case PrincipalKind.ROLE:
            try:
                role_check(name, organization_id=organization_id)
            except InvalidInput as error:
                raise InvalidInput(error.detail, pointer="/principal_id", item_code="unknown") from None
        case PrincipalKind.MEMBER | PrincipalKind.KEY:
            rows = (
                Membership.objects.filter(organization_id=organization_id, user_id=_id(name))
                if kind is PrincipalKind.MEMBER
                else ApiKey.objects.filter(organization_id=organization_id, id=_id(name), revoked_at=None)
            )
            if not rows.exists():
                raise InvalidInput(f"There is no such {kind.value}.", pointer="/principal_id", item_code="unknown")


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise InvalidInput("This is not an id.", pointer="/principal_id", item_code="invalid") from None
