from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "apps.accounts"
    label = "accounts"

    def ready(self) -> None:
        import apps.accounts.api.errors  # noqa: PLC0415 - registers the problems of this app, once models are loaded
        import apps.accounts.api.schema  # noqa: F401, PLC0415 - registers the authentication scheme
        from apps.accounts import dependency  # noqa: PLC0415 - models must be loaded
        from apps.accounts.admin.operators import operator_acted  # noqa: PLC0415 - as above
        from apps.accounts.keys import readiness_check  # noqa: PLC0415 - as above
        from apps.accounts.services.second_factors import second_factors_reseal  # noqa: PLC0415 - as above
        from apps.accounts.services.signing_keys import signing_keys_reseal  # noqa: PLC0415 - as above
        from apps.core.admin import on_operator_action  # noqa: PLC0415 - as above
        from apps.core.sealing import register_sealed  # noqa: PLC0415 - as above
        from apps.observability.dependencies import register_dependencies  # noqa: PLC0415 - as above
        from apps.observability.selectors import register_readiness  # noqa: PLC0415 - as above

        on_operator_action(operator_acted)
        register_dependencies("sign_in", dependency.providers_check, dependency.consequence, every_seconds=15)
        register_readiness("token_keys", readiness_check)
        register_sealed("token_keys", signing_keys_reseal)
        register_sealed("second_factors", second_factors_reseal)
