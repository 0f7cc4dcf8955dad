"""How the refusals of the registry are answered."""

from apps.core.api.errors import Problem, register_problems
from apps.registry.exceptions import (
    InvalidConfiguration,
    InvalidManifest,
    ModuleNotEnabled,
    PermissionsNotAccepted,
)

register_problems(
    {
        InvalidManifest: Problem(400, "The manifest is not valid"),
        InvalidConfiguration: Problem(400, "The module's configuration is not valid"),
        PermissionsNotAccepted: Problem(409, "The module asks for other permissions"),
        ModuleNotEnabled: Problem(403, "The organisation has not enabled this module"),
    }
)
