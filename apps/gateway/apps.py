from django.apps import AppConfig


class GatewayConfig(AppConfig):
    name = "apps.gateway"
    label = "gateway"

    def ready(self) -> None:
        from apps.gateway import problems  # noqa: PLC0415 - as every app: once the others are there

        problems.register()
