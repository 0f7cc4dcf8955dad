from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "apps.billing"
    label = "billing"

    def ready(self) -> None:
        from apps.accounts.registry import (  # noqa: PLC0415 - models must be loaded
            on_organization_created,
            on_organization_deleted,
            register_claim,
        )
        from apps.billing import selectors, services  # noqa: PLC0415 - as above
        from apps.billing.api import errors  # noqa: F401, PLC0415 - registers the problems of this app

        on_organization_created(services.subscription_open)
        on_organization_deleted(services.subscription_delete)
        register_claim("subscription_tier", selectors.subscription_tier)
