from django.apps import AppConfig
from django.conf import settings


class ObservabilityConfig(AppConfig):
    name = "apps.observability"
    label = "observability"

    def ready(self) -> None:
        from apps.observability.metrics import metrics_folder_make  # noqa: PLC0415 - settings must be loaded

        metrics_folder_make()
        if settings.OTLP_ENDPOINT:
            # An installation that exports nothing needs none of its packages.
            from apps.observability.adapters.otlp import exporting_begin  # noqa: PLC0415 - as above

            exporting_begin(process=settings.PROCESS_NAME)
