from django.apps import AppConfig


class GatewayConfig(AppConfig):
    name = "apps.gateway"
    label = "gateway"

    def ready(self) -> None:
        from apps.gateway import problems  # noqa: PLC0415 - as every app: once the others are there
        from apps.gateway.adapters.sharing import types_of_modules  # noqa: PLC0415 - as above
        from apps.memory.registry import register_types_of_modules  # noqa: PLC0415 - as above

        problems.register()
        register_types_of_modules(types_of_modules)
