from django.apps import AppConfig


class ObservabilityConfig(AppConfig):
    name = "apps.observability"
    label = "observability"

    def ready(self) -> None:
        from apps.observability.metrics import metrics_folder_make  # noqa: PLC0415 - settings must be loaded

        metrics_folder_make()
