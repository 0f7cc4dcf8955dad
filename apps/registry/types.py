"""What the registry hands to other apps."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from apps.registry.engine.health import ModuleState
from apps.registry.engine.manifest import FieldChange


@dataclass(frozen=True, slots=True)
class Registered:
    """The outcome of a registration: `status` is created, updated or unchanged; `changes` what an update changed."""

    module_id: str
    version: str
    state: ModuleState
    status: str
    changes: tuple[FieldChange, ...] = ()


@dataclass(frozen=True, slots=True)
class ModuleRoute:
    """What the gateway must know of a module."""

    module_id: str
    state: ModuleState
    manifest: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class InstallationState:
    """What an organisation has agreed to; `permissions` are those that the manifest asks for and it accepted."""

    organization_id: UUID
    module_id: str
    permissions: frozenset[str]
