from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "apps.webhooks"
    label = "webhooks"

    def ready(self) -> None:
        import apps.webhooks.api.errors  # noqa: F401, PLC0415 - registers the problems of this app, once models are loaded
        from apps.accounts.registry import on_organization_deleted  # noqa: PLC0415 - models must be loaded
        from apps.core.sealing import register_sealed  # noqa: PLC0415 - as above
        from apps.events.registry import register_consumer  # noqa: PLC0415 - as above
        from apps.observability.dependencies import register_dependency  # noqa: PLC0415 - as above
        from apps.webhooks import dependency  # noqa: PLC0415 - as above
        from apps.webhooks.metrics import webhook_gauges_register  # noqa: PLC0415 - as above
        from apps.webhooks.services.deliveries import deliveries_make  # noqa: PLC0415 - as above
        from apps.webhooks.services.endpoints import endpoints_delete, secrets_reseal  # noqa: PLC0415 - as above

        on_organization_deleted(endpoints_delete)
        register_consumer("webhooks", deliveries_make)
        register_sealed("webhook_secrets", secrets_reseal)
        register_dependency("webhooks", dependency.dispatcher_check, dependency.CONSEQUENCE)
        webhook_gauges_register()
