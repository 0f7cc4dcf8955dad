"""What all implementations of the KSE contract share: the organisation, its scope, and the contract's exceptions."""

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import numpy as np
from asgiref.sync import sync_to_async
from django.db import DatabaseError
from numpy.typing import NDArray

from apps.accounts.models import Organization
from apps.core.exceptions import DomainError
from apps.core.strict_json import StrictJSONError, loads
from apps.core.tenancy.scope import organization_scope
from apps.memory.kse import kse_contract
from apps.memory.models import MemoryContext
from apps.memory.types import MAX_METADATA_BYTES

Result = TypeVar("Result")
Implementation = TypeVar("Implementation", bound=type)
Floats = NDArray[np.float32]
_NIL = UUID(int=0)


def implements(interface: str) -> Callable[[Implementation], Implementation]:
    """Register a class as a virtual subclass of an interface of the SDK.

    The interfaces are loaded at run time, where the type checker cannot follow; a contract test compares their methods
    and parameters with ours instead.
    """

    def register(implementation: Implementation) -> Implementation:
        kse_contract().interface(interface).register(implementation)
        return implementation

    return register


class Bound:
    """Works for one organisation. Raises exceptions of the SDK, of the class named `error`."""

    error: ClassVar[str]

    def __init__(self, organization_id: UUID) -> None:
        self.organization_id = organization_id

    def refusal(self, message: str) -> Exception:
        """Return the exception to raise."""
        refused: Exception = kse_contract().exception(self.error)(message)
        return refused

    def whole(self, number: object, *, name: str, least: int = 1, most: int) -> int:
        """Return a whole number from `least` to `most`; raises the SDK's exception."""
        if isinstance(number, bool) or not isinstance(number, int) or not least <= number <= most:
            raise self.refusal(f"{name} is a whole number from {least} to {most}")
        return number

    def share(self, number: object, *, name: str) -> float:
        """Return a number from 0 to 1; raises likewise."""
        if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number <= 1:
            raise self.refusal(f"{name} is a number from 0 to 1")
        return float(number)

    async def _run(self, work: Callable[..., Result], *arguments: object) -> Result:
        """Run `work` on a thread that may block, inside the organisation's scope.

        It gets copies, so that the caller may go on changing its own objects meanwhile, and must return values, never
        a lazy queryset, which would run in the scope of whoever reads it. Raises `ScopeConflict` when the caller works
        for another organisation.
        """
        return await sync_to_async(self._scoped)(work, deepcopy(arguments))

    def _scoped(self, work: Callable[..., Result], arguments: tuple[object, ...]) -> Result:
        try:
            with organization_scope(self.organization_id):
                return work(*arguments)
        except DomainError as refused:
            raise self.refusal(refused.detail) from refused
        except DatabaseError as failed:
            # What the database says may quote rows; the cause stays for the log.
            raise self.refusal("the database refused or did not answer") from failed


class Store(Bound):
    """An implementation that keeps rows. There is no connection to hold: Django keeps one for each thread."""

    async def connect(self) -> bool:
        """Check that the organisation exists, is active and has its memory."""
        return await self._run(self._connect)

    async def disconnect(self) -> bool:
        return True

    def _connect(self) -> bool:
        # Asked in this order: without the organisation there is no table to ask.
        if not Organization.objects.filter(id=self.organization_id, is_active=True).exists():
            raise self.refusal("there is no such organisation")
        if not MemoryContext.objects.exists():
            raise self.refusal("the organisation has no memory context")
        return True

    def storable(self, properties: object) -> dict[str, Any]:
        """Return a JSON object of at most 16 KB that PostgreSQL can store; raises the store's exception."""
        if not isinstance(properties, dict):
            raise self.refusal("properties are a dictionary with strings as keys")
        try:
            raw = json.dumps(properties, allow_nan=False).encode()
            checked: dict[str, Any] = loads(raw)
        except (TypeError, ValueError, RecursionError, StrictJSONError) as problem:
            raise self.refusal(f"properties are not storable JSON: {problem}") from None
        if len(raw) > MAX_METADATA_BYTES:
            raise self.refusal(f"properties have at most {MAX_METADATA_BYTES} bytes as JSON")
        return checked

    def vector_checked(self, vector: object, dimension: int) -> Floats:
        """Return a vector of the present model's dimension at unit length, as all stored ones are; raises likewise."""
        try:
            values = np.asarray(vector, dtype=np.float64)
        except (TypeError, ValueError):
            raise self.refusal("a vector is a list of numbers") from None
        if values.shape != (dimension,):
            raise self.refusal(f"a vector has {dimension} numbers")
        length = float(np.linalg.norm(values))
        if not np.isfinite(length) or length == 0.0:
            raise self.refusal("a vector has finite numbers that are not all zero")
        return (values / length).astype(np.float32)


def id_of(text: object) -> UUID:
    """Return an id; for what is none the nil id, which belongs to nothing."""
    try:
        return UUID(text) if isinstance(text, str) else _NIL
    except ValueError:
        return _NIL
