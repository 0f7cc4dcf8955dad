"""Legal holds: orders to keep memories."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.core.tenancy.scope import organization_scope
from apps.memory.exceptions import LegalHoldInForce, TooManyHolds
from apps.memory.models import LegalHold
from apps.memory.selectors.holds import hold_get, holds_in_force
from apps.memory.services.changes import change_begin
from apps.memory.services.telling import memory_tell
from apps.memory.types import MAX_HOLDS


@transaction.atomic
def hold_place(*, name: str, reason: str, filters: Mapping[str, Any], user_id: UUID | None, now: datetime) -> LegalHold:
    """Order that the memories to which a filter applies be kept, all of them if it is empty. Raises `TooManyHolds`."""
    # Nothing is being erased while it comes, and no other one is placed.
    change_begin(now=now)
    if holds_in_force().count() >= MAX_HOLDS:
        raise TooManyHolds(f"At most {MAX_HOLDS:,} legal holds are in force at once. Release one first.")
    hold = LegalHold.objects.create(name=name, reason=reason, filters=filters, created_by=user_id, created_at=now)
    memory_tell("memory.hold_placed", ("legal_hold", hold.id), now=now, title=name)
    return hold


def organization_held_check(*, organization_id: UUID) -> None:
    """Raise `LegalHoldInForce` if memories of an organisation must be kept."""
    with organization_scope(organization_id):
        names = list(holds_in_force().values_list("name", flat=True))
    if names:
        raise LegalHoldInForce(f"Memories must be kept: {', '.join(names)}. Release the legal holds first.")


@transaction.atomic
def hold_release(*, hold_id: UUID, user_id: UUID | None, now: datetime) -> LegalHold:
    """Lift an order; one that is lifted stays so. Raises `LegalHoldNotFound`."""
    change_begin(now=now)
    hold = hold_get(hold_id=hold_id)
    if hold.released_at is None:
        hold.released_by, hold.released_at = user_id, now
        hold.save(update_fields=["released_by", "released_at"])
        memory_tell("memory.hold_released", ("legal_hold", hold.id), now=now, title=hold.name)
    return hold
