from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "apps.billing"
    label = "billing"

    def ready(self) -> None:
        from apps.accounts.registry import (  # noqa: PLC0415 - models must be loaded
            on_members_growing,
            on_organization_created,
            on_organization_deleted,
            register_claim,
        )
        from apps.billing import stripe_mirror  # noqa: PLC0415 - as above
        from apps.billing.adapters import dependency  # noqa: PLC0415 - as above
        from apps.billing.api import errors  # noqa: F401, PLC0415 - registers the problems of this app
        from apps.billing.api.metering import metering_gate  # noqa: PLC0415 - as above
        from apps.billing.selectors.entitlements import subscription_tier  # noqa: PLC0415 - as above
        from apps.billing.services.quotas import members_limit_check  # noqa: PLC0415 - as above
        from apps.billing.services.subscriptions import (  # noqa: PLC0415 - as above
            subscription_delete,
            subscription_open,
        )
        from apps.core.api.views import register_gate  # noqa: PLC0415 - as above
        from apps.observability.dependencies import register_dependency  # noqa: PLC0415 - as above

        on_organization_created(subscription_open)
        on_organization_deleted(subscription_delete)
        on_members_growing(members_limit_check)
        register_claim("subscription_tier", subscription_tier)
        register_gate(metering_gate)
        register_dependency("stripe", dependency.stripe_check, dependency.CONSEQUENCE, every_seconds=15)
        stripe_mirror.mirror_prepare()
