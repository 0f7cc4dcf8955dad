from django.apps import AppConfig


class MemoryConfig(AppConfig):
    name = "apps.memory"
    label = "memory"

    def ready(self) -> None:
        from apps.accounts.registry import (  # noqa: PLC0415 - models must be loaded
            on_organization_closing,
            on_organization_created,
            on_organization_deleted,
        )
        from apps.events.registry import register_consumer, register_feed_filter  # noqa: PLC0415 - as above
        from apps.memory import metrics  # noqa: PLC0415 - as above
        from apps.memory.adapters import dependency  # noqa: PLC0415 - as above
        from apps.memory.adapters.embedders import configured_model_check  # noqa: PLC0415 - as above
        from apps.memory.api import errors  # noqa: F401, PLC0415 - registers the problems of this app
        from apps.memory.selectors.feed import events_readable  # noqa: PLC0415 - as above
        from apps.memory.services.contexts import context_create  # noqa: PLC0415 - as above
        from apps.memory.services.files import originals_delete_with_organization  # noqa: PLC0415 - as above
        from apps.memory.services.grants import grants_end  # noqa: PLC0415 - as above
        from apps.memory.services.holds import organization_held_check  # noqa: PLC0415 - as above
        from apps.memory.services.reviews import reviews_wake  # noqa: PLC0415 - as above
        from apps.observability.dependencies import register_dependency  # noqa: PLC0415 - as above
        from apps.observability.metrics import register_gauge  # noqa: PLC0415 - as above

        configured_model_check()
        register_dependency("memory", dependency.engine_check, dependency.CONSEQUENCE, vital=True)
        register_gauge(metrics.ACTIVE_CONTEXTS, metrics.ACTIVE_CONTEXTS_TEXT, metrics.active_contexts)
        register_consumer("reviews", reviews_wake)
        register_consumer("grants", grants_end)
        register_feed_filter(events_readable)
        on_organization_created(context_create)
        on_organization_closing(organization_held_check)
        on_organization_deleted(originals_delete_with_organization)
