"""Operators as actors of events."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone

from apps.accounts.models import Organization
from apps.events.services.outbox import emit
from apps.events.types import Actor, ActorKind

MAX_TEXT = 500


def operator(request: HttpRequest) -> Actor:
    return Actor(ActorKind.OPERATOR, str(request.user.pk))


def operator_acted(*, action: str, objects: Sequence[Any], changes: str) -> None:
    """Record what an operator did by a page of the admin, for each object."""
    now = timezone.now()
    for one in objects:
        emit(
            "operator.acted",
            organization_id=_organization_of(one),
            actor=Actor.present(),
            subject=(one._meta.model_name[:30], str(one.pk)[:64]),  # noqa: SLF001 - Django's documented API
            now=now,
            action=action,
            object=str(one)[:MAX_TEXT],
            changes=changes[:MAX_TEXT],
        )


def _organization_of(row: Any) -> UUID | None:
    """Return the organisation that a row belongs to, if it belongs to one."""
    if isinstance(row, Organization):
        return row.id
    found = getattr(row, "organization_id", None) or getattr(row, "tenant_id", None)
    return found if isinstance(found, UUID) else None
