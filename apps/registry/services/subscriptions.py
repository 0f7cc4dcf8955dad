"""Which modules are told of the events of which organisations: what their manifests ask for and people agreed to."""

from datetime import datetime

from apps.registry.engine.health import ModuleState
from apps.registry.engine.manifest import EVENT_ENDPOINT
from apps.registry.models import Installation, Module
from apps.webhooks.services.modules import module_subscribe, module_unsubscribe

# Without this permission of the organisation a module learns nothing of its memories.
NEEDED = "memory:read"


def subscription_follow(installation: Installation, *, now: datetime) -> None:
    """Bring what a module is told in line with its manifest and with what the organisation agreed to."""
    module, organization_id = installation.module, installation.organization_id
    events = module.manifest.get("events")
    is_told = (
        installation.enabled and module.state != ModuleState.RETIRED and NEEDED in installation.permissions_accepted
    )
    if events is None or not is_told:
        module_unsubscribe(organization_id=organization_id, module_id=module.module_id)
        return
    module_subscribe(
        organization_id=organization_id,
        module_id=module.module_id,
        url=f"{module.base_url}{events.get('endpoint', EVENT_ENDPOINT)}",
        event_types=events["types"],
        now=now,
    )


def subscriptions_follow(module: Module, *, now: datetime) -> None:
    """The same for all organisations that have enabled the module."""
    for installation in Installation.objects.filter(module=module, enabled=True).select_related("module"):
        subscription_follow(installation, now=now)
