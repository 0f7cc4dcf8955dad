"""The scope of a piece of work: the public schema, or one organisation's schema.

A context variable, so it follows `await`, `sync_to_async` and callbacks, and is *absent* in a fresh thread: there a
query raises `ScopeMissing` instead of quietly reaching whatever schema a connection was left in.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

PUBLIC_SCHEMA = "public"
TEMPLATE_SCHEMA = "tenant_template"
ORGANIZATION_SCHEMA_PREFIX = "org_"


class ScopeMissing(RuntimeError):
    """A database cursor was asked for outside every scope."""


class ScopeConflict(RuntimeError):
    """Work of one organisation tried to enter another organisation's scope."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The schemas that a query sees, first match first."""

    schema_name: str
    organization_id: UUID | None = None
    include_public: bool = True

    @property
    def search_path(self) -> list[str]:
        if self.schema_name == PUBLIC_SCHEMA or not self.include_public:
            return [self.schema_name]
        return [self.schema_name, PUBLIC_SCHEMA]


_scope: ContextVar[Scope | None] = ContextVar("scope", default=None)
_PUBLIC = Scope(PUBLIC_SCHEMA)


def schema_name_for(organization_id: UUID) -> str:
    """Return the schema of an organisation: derived from its id, so no look-up can go wrong."""
    return f"{ORGANIZATION_SCHEMA_PREFIX}{organization_id.hex}"


def current_scope() -> Scope:
    """Return the active scope; raise `ScopeMissing` outside of any."""
    scope = _scope.get()
    if scope is None:
        raise ScopeMissing("no scope is active: open public_scope() or organization_scope() around this query")
    return scope


def current_scope_or_none() -> Scope | None:
    return _scope.get()


@contextmanager
def _activate(scope: Scope | None) -> Iterator[None]:
    token = _scope.set(scope)
    try:
        yield
    finally:
        _scope.reset(token)


@contextmanager
def public_scope() -> Iterator[None]:
    """Work on what all organisations share. Inside an organisation's scope this is the visible way to leave it."""
    with _activate(_PUBLIC):
        yield


@contextmanager
def organization_scope(organization_id: UUID) -> Iterator[None]:
    """Work on one organisation's data.

    Raises `ScopeConflict` when another organisation's scope is active: crossing goes through `public_scope()`.
    """
    active = _scope.get()
    if active is not None and active.organization_id not in {None, organization_id}:
        raise ScopeConflict("another organisation's scope is active")
    with _activate(Scope(schema_name_for(organization_id), organization_id)):
        yield


@contextmanager
def schema_scope(schema_name: str, *, include_public: bool = True) -> Iterator[None]:
    """Work on a schema by name: for migrations and the template schema only."""
    with _activate(Scope(schema_name, None, include_public)):
        yield


@contextmanager
def no_scope() -> Iterator[None]:
    """Leave every scope, as a fresh thread would start: for tests of the guard."""
    with _activate(None):
        yield
