"""Reads of the registry."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.accounts.permissions import Role
from apps.core.exceptions import NotFound
from apps.registry.engine.health import SERVING, ModuleState
from apps.registry.engine.manifest import own_permissions
from apps.registry.models import HealthCheck, Installation, Module
from apps.registry.types import InstallationState, ModuleRoute, Registered

# What the built-in roles may do in a module that their organisation has enabled, by the action of the permission;
# owners and admins may do everything.
_ACTIONS: Mapping[str, frozenset[str]] = {
    Role.MEMBER: frozenset({"read", "write"}),
    Role.VIEWER: frozenset({"read"}),
}
_EVERYTHING = frozenset({Role.OWNER, Role.ADMIN})


def module_get(*, module_id: str) -> Module:
    module = Module.objects.exclude(state=ModuleState.RETIRED).filter(module_id=module_id).first()
    if module is None:
        raise NotFound("There is no such module.")
    return module


def modules_listed() -> QuerySet[Module]:
    """Return the modules of the catalogue."""
    return Module.objects.exclude(state=ModuleState.RETIRED).order_by("module_id")


def module_routes() -> list[ModuleRoute]:
    """Return every module that is not retired, for the gateway."""
    rows = modules_listed().values_list("module_id", "state", "manifest")
    return [ModuleRoute(module_id, ModuleState(state), manifest) for module_id, state, manifest in rows]


def memory_requirements() -> dict[str, Mapping[str, Any]]:
    """Return by module what its manifest says about the memory, also of modules that are retired."""
    rows = Module.objects.values_list("module_id", "manifest__memory_requirements")
    return {module_id: requirements or {} for module_id, requirements in rows}


def installation_state(*, organization_id: UUID, module_id: str) -> InstallationState | None:
    """Return what an organisation lets a module do; None if it has not enabled it."""
    row = (
        Installation.objects.filter(organization_id=organization_id, module_id=module_id, enabled=True)
        .values_list("permissions_accepted", "module__manifest")
        .first()
    )
    if row is None:
        return None
    accepted, manifest = row
    return InstallationState(organization_id, module_id, frozenset(accepted) & frozenset(manifest["permissions"]))


def modules_enabled_count(organization_id: UUID) -> int:
    return Installation.objects.filter(organization_id=organization_id, enabled=True).count()


def installations_of(*, organization_id: UUID, module_ids: Iterable[str]) -> dict[str, Installation]:
    rows = Installation.objects.filter(organization_id=organization_id, module_id__in=module_ids)
    return {row.module_id: row for row in rows}


def installation_get(*, organization_id: UUID, module_id: str) -> Installation | None:
    return Installation.objects.filter(organization_id=organization_id, module_id=module_id).first()


def permissions_by_modules(organization_id: UUID, role: str) -> frozenset[str]:
    """Return the permissions that a role has by the modules that its organisation has enabled and agreed to."""
    rows = Installation.objects.filter(organization_id=organization_id, enabled=True).exclude(
        module__state=ModuleState.RETIRED
    )
    permissions: set[str] = set()
    for accepted, manifest in rows.values_list("permissions_accepted", "module__manifest"):
        permissions |= own_permissions(manifest) & set(accepted)
    if role in _EVERYTHING:
        return frozenset(permissions)
    actions = _ACTIONS.get(role, frozenset())
    return frozenset(one for one in permissions if one.partition(":")[2] in actions)


def health_history(*, module_id: str, limit: int) -> list[dict[str, Any]]:
    """Return the newest checks, newest first."""
    rows = HealthCheck.objects.filter(module_id=module_id).order_by("-checked_at")[:limit]
    return [
        {
            "checked_at": row.checked_at,
            "ok": row.ok,
            "latency_ms": row.latency_ms,
            "detail": row.detail,
            "state": row.state,
        }
        for row in rows
    ]


def health_present(module: Module) -> dict[str, Any]:
    return {
        "state": module.state,
        "is_serving": module.state in SERVING,
        "checked_at": module.checked_at,
        "contract_errors": module.contract_errors,
    }


def module_present(module: Module, installation: Installation | None) -> dict[str, Any]:
    """Return a module of the catalogue as one organisation sees it."""
    asked = list(module.manifest["permissions"])
    accepted = installation.permissions_accepted if installation else []
    enabled = bool(installation and installation.enabled)
    return {
        "module_id": module.module_id,
        "name": module.name,
        "version": module.version,
        "description": module.manifest.get("description", ""),
        "icon": module.manifest.get("icon", ""),
        "features": module.manifest.get("features", []),
        "permissions": asked,
        "memory_requirements": module.manifest.get("memory_requirements", {}),
        "ui_components": module.manifest.get("ui_components", []),
        "has_config": bool(module.manifest.get("config_schema")),
        "status": module.state,
        "health": health_present(module),
        "enabled": enabled,
        "permissions_accepted": accepted if enabled else [],
        "permissions_pending": [one for one in asked if one not in accepted] if enabled else [],
    }


def module_present_whole(module: Module, installation: Installation | None) -> dict[str, Any]:
    """Return a module with what one who reads about it alone wants to know: its versions, and how it is configured."""
    versions = module.versions.order_by("-registered_at").values("version", "registered_at")[:50]
    return {
        **module_present(module, installation),
        "config_schema": module.manifest.get("config_schema", {}),
        "routes": module.manifest.get("routes", []),
        "versions": list(versions),
    }


def registered_present(registered: Registered) -> dict[str, Any]:
    return {
        "module_id": registered.module_id,
        "version": registered.version,
        "status": registered.status,
        "state": registered.state.value,
        "changes": [asdict(change) for change in registered.changes],
    }
