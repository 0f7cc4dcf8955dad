from types import ModuleType

from django.apps import AppConfig
from django.conf import settings


class ObservabilityConfig(AppConfig):
    name = "apps.observability"
    label = "observability"

    def __init__(self, app_name: str, app_module: ModuleType) -> None:
        super().__init__(app_name, app_module)
        from apps.observability.adapters.process_files import counting_begin  # noqa: PLC0415 - settings must be loaded

        # Here, because apps make their instruments as soon as their models are loaded, before anything is ready.
        if settings.PROMETHEUS_MULTIPROC_DIR:
            counting_begin(settings.PROMETHEUS_MULTIPROC_DIR, process=settings.PROCESS_NAME)

    def ready(self) -> None:
        from apps.observability import handlers  # noqa: F401, PLC0415 - listens to Celery, once models are loaded
        from apps.observability.adapters.own_checks import own_checks_register  # noqa: PLC0415 - as above
        from apps.observability.metrics import register_work_gauges  # noqa: PLC0415 - as above

        register_work_gauges()
        own_checks_register()
        if settings.OTLP_ENDPOINT:
            # An installation that exports nothing needs none of its packages.
            from apps.observability.adapters.otlp import exporting_begin  # noqa: PLC0415 - as above

            exporting_begin(process=settings.PROCESS_NAME)
