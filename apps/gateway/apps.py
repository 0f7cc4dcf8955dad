from django.apps import AppConfig


class GatewayConfig(AppConfig):
    name = "apps.gateway"
    label = "gateway"

    def ready(self) -> None:
        from apps.gateway import problems  # noqa: PLC0415 - as every app: once the others are there
        from apps.memory.registry import register_shared_types  # noqa: PLC0415 - as above
        from apps.registry.selectors import memory_types_shared  # noqa: PLC0415 - as above

        problems.register()
        register_shared_types(memory_types_shared)
