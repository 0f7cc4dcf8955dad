"""What the manifests of the registry say about the memory, for the memory: neither of the two knows the other."""

from collections.abc import Mapping

from apps.memory.registry import ModuleTypes
from apps.registry.selectors import memory_requirements


def types_of_modules() -> Mapping[str, ModuleTypes]:
    return {
        module_id: ModuleTypes(
            named=frozenset(one.get("memory_types", ())), shared=frozenset(one.get("shared_types", ()))
        )
        for module_id, one in memory_requirements().items()
    }
