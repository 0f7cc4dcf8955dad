"""What a Lift module is made of; `docs/guides/modules.md` shows how.

Here stands what a module's endpoints need. `lift_sdk.memory.results` and `.exceptions` hold the memory's answers and
errors, `lift_sdk.testing` what tests need.
"""

from lift_sdk.app import ModuleApp, create_app
from lift_sdk.configuration import configuration
from lift_sdk.context import Caller
from lift_sdk.dependencies import (
    AsyncMemory,
    Configuration,
    CurrentCaller,
    Memory,
    async_memory,
    caller,
    memory,
    requires,
)
from lift_sdk.events import Event
from lift_sdk.health import HealthCheck
from lift_sdk.manifest import Manifest, ManifestError
from lift_sdk.memory.client import AsyncMemoryClient, MemoryClient
from lift_sdk.problems import Problem

__all__ = [
    "AsyncMemory",
    "AsyncMemoryClient",
    "Caller",
    "Configuration",
    "CurrentCaller",
    "Event",
    "HealthCheck",
    "Manifest",
    "ManifestError",
    "Memory",
    "MemoryClient",
    "ModuleApp",
    "Problem",
    "async_memory",
    "caller",
    "configuration",
    "create_app",
    "memory",
    "requires",
]
