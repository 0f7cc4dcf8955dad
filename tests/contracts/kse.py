"""What the tests of the KSE interfaces share."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync
from django.utils import timezone

from apps.accounts.models import Organization
from apps.core.tenancy.scope import organization_scope
from apps.memory.engine.reader import EVERYTHING
from apps.memory.kse import kse_contract
from apps.memory.models import Memory
from apps.memory.services.managing import memory_trash
from apps.memory.services.memories import memory_store
from apps.memory.types import StoreItem

MOMENT = datetime(2026, 2, 1, 12, tzinfo=UTC)
UNKNOWN = "01900000-0000-7000-8000-000000000000"


def call(method: Any, *arguments: Any, **named: Any) -> Any:
    """Run an async method to its end on the test's own thread, and so inside its transaction."""
    return async_to_sync(method)(*arguments, **named)


def remember(organization: Organization, content: str, **item: Any) -> UUID:
    with organization_scope(organization.id):
        stored = memory_store(
            organization_id=organization.id,
            item=StoreItem(content=content, **item),
            user_id=None,
            now=timezone.now(),
        )
    return stored.memory_id


def trash(organization: Organization, memory_id: UUID) -> None:
    with organization_scope(organization.id):
        memory_trash(
            reader=EVERYTHING, organization_id=organization.id, memory_id=memory_id, user_id=None, now=timezone.now()
        )


def expire(organization: Organization, memory_id: UUID) -> None:
    with organization_scope(organization.id):
        Memory.objects.filter(id=memory_id).update(expires_at=timezone.now() - timedelta(seconds=1))


def chunk_ids(organization: Organization, memory_id: UUID) -> list[str]:
    with organization_scope(organization.id):
        chunks = Memory.objects.get(id=memory_id).chunks.order_by("ordinal")
        return [str(one) for one in chunks.values_list("id", flat=True)]


def error(name: str) -> type[Exception]:
    return kse_contract().exception(name)


def model(name: str) -> Any:
    return kse_contract().model(name)


def entity(title: str, description: str) -> Any:
    return model("Entity")(title=title, description=description, created_at=MOMENT, updated_at=MOMENT)
