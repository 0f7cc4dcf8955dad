"""Loads the contract of ``kse-memory-sdk``: its models, interfaces and exceptions, and nothing else of it.

Importing the SDK itself would run its package initialisers, which pull an engine's worth of dependencies that this
product neither needs nor installs. The three modules below use the standard library alone, so they are loaded under a
private package whose search path is the SDK's folders. Why the engine is ours: docs/adr/0003-kse-contract.md.
"""

import importlib
import importlib.metadata
import importlib.util
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

DISTRIBUTION = "kse-memory-sdk"
SUPPORTED_VERSION = "2.0.0"
_PACKAGE = "kse_memory"
_ALIAS = "_liftos_kse_contract"


class KseContractError(ImportError):
    """The SDK is missing or is a version whose contract has not been checked."""


@dataclass(frozen=True, slots=True)
class KseContract:
    """The SDK's contract modules, loaded once for each process. Types are the SDK's own classes."""

    version: str
    models: ModuleType
    interfaces: ModuleType
    exceptions: ModuleType

    def model(self, name: str) -> type[Any]:
        """Return a class of the SDK's models, for instance ``Entity``; raises ``KseContractError``."""
        return _class(self.models, name)

    def interface(self, name: str) -> type[Any]:
        """Return an abstract class of the SDK's interfaces, for instance ``VectorStoreInterface``; raises likewise."""
        return _class(self.interfaces, name)

    def exception(self, name: str) -> type[Any]:
        """Return an exception of the SDK, for instance ``VectorStoreError``; raises likewise."""
        return _class(self.exceptions, name)


@cache
def kse_contract() -> KseContract:
    """Return the contract, loading it on first use (less than 0.1 s).

    Raises ``KseContractError`` when the SDK is missing or has another version than 2.0.0.
    """
    try:
        version = importlib.metadata.version(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError as error:
        raise KseContractError(f"{DISTRIBUTION} is not installed") from error
    if version != SUPPORTED_VERSION:
        raise KseContractError(
            f"{DISTRIBUTION} {version} is installed; the contract was checked for {SUPPORTED_VERSION}"
        )
    # Finding a top-level package runs none of its code.
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise KseContractError(f"{DISTRIBUTION} has no package {_PACKAGE}")
    root = Path(next(iter(spec.submodule_search_locations)))
    alias = ModuleType(_ALIAS, "Contract modules of kse-memory-sdk, without its package initialisers.")
    alias.__path__ = [str(root / "core"), str(root)]
    sys.modules[_ALIAS] = alias
    return KseContract(
        version=version,
        models=importlib.import_module(f"{_ALIAS}.models"),
        interfaces=importlib.import_module(f"{_ALIAS}.interfaces"),
        exceptions=importlib.import_module(f"{_ALIAS}.exceptions"),
    )


def _class(module: ModuleType, name: str) -> type[Any]:
    found = getattr(module, name, None)
    # Names that the module itself imported (typing, datetime) are not part of the contract.
    if not isinstance(found, type) or found.__module__ != module.__name__:
        raise KseContractError(f"{DISTRIBUTION} has no {module.__name__.rpartition('.')[2]} class {name}")
    return found
