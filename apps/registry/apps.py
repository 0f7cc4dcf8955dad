from django.apps import AppConfig


class RegistryConfig(AppConfig):
    name = "apps.registry"
    label = "registry"

    def ready(self) -> None:
        from apps.accounts.registry import on_organization_deleted, register_permissions  # noqa: PLC0415 - models must be loaded
        from apps.billing.selectors.quotas import register_held  # noqa: PLC0415 - as above
        from apps.billing.types import Meter  # noqa: PLC0415 - as above
        from apps.observability.dependencies import register_dependencies  # noqa: PLC0415 - as above
        from apps.observability.metrics import register_gauge, register_gauges  # noqa: PLC0415 - as above
        from apps.registry import metrics, selectors  # noqa: PLC0415 - as above
        from apps.registry.adapters import dependency  # noqa: PLC0415 - as above
        from apps.registry.api import errors  # noqa: F401, PLC0415 - registers the problems of this app
        from apps.registry.services.installations import installations_delete  # noqa: PLC0415 - as above

        on_organization_deleted(installations_delete)
        register_held(Meter.MODULES, selectors.modules_enabled_count)
        register_permissions(selectors.permissions_by_modules)
        register_gauge(metrics.AVAILABLE_MODULES, metrics.AVAILABLE_MODULES_TEXT, metrics.available_modules)
        register_dependencies("modules", dependency.modules_check, dependency.consequence)
        register_gauges(metrics.MODULE_UP, metrics.MODULE_UP_TEXT, ["module_id"], metrics.modules_up)
