from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "apps.audit"
    label = "audit"

    def ready(self) -> None:
        from apps.audit.keys import keys_reseal  # noqa: PLC0415 - models must be loaded
        from apps.audit.services.recording import entries_write  # noqa: PLC0415 - as above
        from apps.core.sealing import register_sealed  # noqa: PLC0415 - as above
        from apps.events.registry import register_consumer  # noqa: PLC0415 - as above

        register_consumer("audit", entries_write)
        register_sealed("audit_keys", keys_reseal)
