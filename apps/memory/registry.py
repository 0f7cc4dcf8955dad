"""Where apps above attach themselves to the memory, in their `AppConfig.ready`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModuleTypes:
    """The types of memories that a module's manifest names, and those of them, or others, that it opens to all."""

    named: frozenset[str] = frozenset()
    shared: frozenset[str] = frozenset()


# Returns what is known of every module.
TypesOfModules = Callable[[], Mapping[str, ModuleTypes]]

_providers: list[TypesOfModules] = []


def register_types_of_modules(provider: TypesOfModules) -> None:
    if provider not in _providers:
        _providers.append(provider)


def types_of_modules() -> Mapping[str, ModuleTypes]:
    return {module: types for provider in _providers for module, types in provider().items()}


def shared_types() -> Mapping[str, frozenset[str]]:
    """Return the types that every module shares with all who may read; what nobody has said is not shared."""
    return {module: types.shared for module, types in types_of_modules().items() if types.shared}
