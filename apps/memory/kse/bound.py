"""What all implementations share: the organisation they are bound to, and the way into its scope from async code."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any, Never, TypeVar
from uuid import UUID

from asgiref.sync import sync_to_async

from apps.core.tenancy.scope import organization_scope, public_scope
from apps.memory.kse.contract import kse_contract

T = TypeVar("T")


class OrganizationBound:
    """Base of the stores. `_run` opens the scope and does the queries in one synchronous function.

    Scope and query must not be split over two threads, and the result must be evaluated before the scope closes.
    """

    def __init__(self, organization_id: UUID) -> None:
        self.organization_id = organization_id

    async def connect(self) -> bool:
        """Nothing to do: Django opens connections when they are needed."""
        return True

    async def disconnect(self) -> bool:
        return True

    async def _run(self, work: Callable[[], T]) -> T:
        def inside() -> T:
            with public_scope(), organization_scope(self.organization_id):
                return deepcopy(work())

        return await sync_to_async(inside)()


def refuse(error: str, operation: str, reason: str) -> Never:
    """Raise the SDK's exception named `error` for an operation that has no place here."""
    raise kse_contract().exception(error)(reason, operation=operation)


def parse_id(value: str, *, error: str, operation: str) -> UUID:
    try:
        return UUID(value)
    except (ValueError, AttributeError, TypeError):
        refuse(error, operation, f"{value!r} is not an id of this store")


def plain(properties: Mapping[str, Any] | None) -> dict[str, Any]:
    return deepcopy(dict(properties or {}))
