from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "apps.events"
    label = "events"

    def ready(self) -> None:
        from apps.events.metrics import events_gauges_register  # noqa: PLC0415 - as above

        events_gauges_register()
