"""Where apps above attach themselves to the memory, in their `AppConfig.ready`."""

from collections.abc import Callable, Mapping

# Returns the types of memories that modules share by their manifests, by module.
SharedTypes = Callable[[], Mapping[str, frozenset[str]]]

_shared: list[SharedTypes] = []


def register_shared_types(provider: SharedTypes) -> None:
    if provider not in _shared:
        _shared.append(provider)


def shared_types() -> Mapping[str, frozenset[str]]:
    """Return the types that every module shares with all who may read; what nobody has said is not shared."""
    return {module: types for provider in _shared for module, types in provider().items()}
