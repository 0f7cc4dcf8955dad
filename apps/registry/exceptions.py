from apps.core.exceptions import Conflict, DomainError


class InvalidManifest(DomainError):
    """Carries `errors`: what is wrong, field by field."""

    code = "invalid_manifest"


class InvalidConfiguration(DomainError):
    """The module's `config_schema` refuses it. Carries `errors`."""

    code = "invalid_configuration"


class PermissionsNotAccepted(Conflict):
    """Consent is to exactly what the module asks for. Carries `permissions`, which it asks for."""

    code = "permissions_not_accepted"


class ModuleNotEnabled(Conflict):
    code = "module_not_enabled"
