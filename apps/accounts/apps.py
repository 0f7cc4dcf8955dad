from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "apps.accounts"
    label = "accounts"

    def ready(self) -> None:
        import apps.accounts.api.errors  # noqa: PLC0415 - registers the problems of this app, once models are loaded
        import apps.accounts.api.schema  # noqa: F401, PLC0415 - registers the authentication scheme
        from apps.accounts.keys import readiness_check  # noqa: PLC0415 - models must be loaded
        from apps.observability.selectors import register_readiness  # noqa: PLC0415 - as above

        register_readiness("token_keys", readiness_check)
