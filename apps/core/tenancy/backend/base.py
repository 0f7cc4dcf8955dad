"""Database back end whose search path follows the scope, and which refuses a cursor outside of one."""

from typing import Any

from django_prometheus.db.common import ExportingCursorWrapper
from django_tenants.postgresql_backend import base

from apps.core.tenancy.scope import PUBLIC_SCHEMA, current_scope, current_scope_or_none


class _ScopedTenant:
    """What django-tenants reads of a connection's tenant, answered from the scope."""

    @property
    def schema_name(self) -> str:
        scope = current_scope_or_none()
        return scope.schema_name if scope else PUBLIC_SCHEMA


class DatabaseWrapper(base.DatabaseWrapper):
    """django-tenants' wrapper with its mutable state (tenant, schema) replaced by the scope.

    `set_tenant` and its siblings act on whichever thread's connection calls them, which under asyncio is not the one
    that runs the query; here they raise, so that the scope is the only way.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._ready = False
        self.search_path_set_schemas: list[str] | None = None
        super().__init__(*args, **kwargs)
        self._ready = True

    @property
    def schema_name(self) -> str:
        return _ScopedTenant().schema_name

    @schema_name.setter
    def schema_name(self, value: object) -> None:
        """Ignore what the parent stores: the scope decides."""

    @property
    def tenant(self) -> _ScopedTenant:
        return _ScopedTenant()

    @tenant.setter
    def tenant(self, value: object) -> None:
        """Ignore what the parent stores: the scope decides."""

    def set_tenant(self, tenant: object, include_public: bool = True) -> None:  # noqa: FBT001, FBT002 - signature of django-tenants
        """Refuse: the scope is the only way to choose a schema."""
        if self._ready:
            raise RuntimeError("use organization_scope() or public_scope() instead of setting a connection's tenant")
        super().set_tenant(tenant, include_public)

    def get_connection_params(self) -> dict[str, Any]:
        """Count and time every statement.

        The library's own back end also counts connections; behind a pool those would be loans.
        """
        parameters: dict[str, Any] = super().get_connection_params()
        parameters["cursor_factory"] = ExportingCursorWrapper(parameters["cursor_factory"], self.alias, self.vendor)
        return parameters

    def _cursor(self, name: str | None = None) -> Any:
        scope = current_scope()
        if self.search_path_set_schemas != scope.search_path:
            self.search_path_set_schemas = None
        return super()._cursor(name)

    def _get_cursor_search_paths(self) -> list[str]:
        return current_scope().search_path
