from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "apps.events"
    label = "events"

    def ready(self) -> None:
        import apps.events.api.errors  # noqa: F401, PLC0415 - registers the problems of this app, once models are loaded
        from apps.events import dependency  # noqa: PLC0415 - models must be loaded
        from apps.events.metrics import events_gauges_register  # noqa: PLC0415 - as above
        from apps.observability.dependencies import register_dependency  # noqa: PLC0415 - as above

        events_gauges_register()
        register_dependency("relay", dependency.relay_check, dependency.CONSEQUENCE)
