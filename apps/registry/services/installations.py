"""What organisations enable, agree to and configure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.accounts.services.memberships import organization_rights_changed
from apps.billing.services.quotas import held_limit_check
from apps.billing.types import Meter
from apps.events.services.outbox import emit
from apps.events.types import Actor
from apps.registry import selectors
from apps.registry.engine.manifest import config_schema_validator, schema_errors
from apps.registry.exceptions import InvalidConfiguration, ModuleNotEnabled, PermissionsNotAccepted
from apps.registry.models import Installation
from apps.registry.services.subscriptions import subscription_follow
from apps.webhooks.services.modules import module_unsubscribe


@transaction.atomic
def module_enable(
    *, organization_id: UUID, module_id: str, permissions_accepted: Sequence[str], user_id: UUID | None, now: datetime
) -> Installation:
    """Enable a module, or agree to what a new version asks for.

    Raises `NotFound`, `PermissionsNotAccepted` unless the consent is to exactly what the manifest asks for, or
    `QuotaExceeded` if the plan has no room for one more module.
    """
    module = selectors.module_get(module_id=module_id)
    asked = module.manifest["permissions"]
    if set(permissions_accepted) != set(asked):
        raise PermissionsNotAccepted("Read what the module asks for, and accept that.", permissions=asked)
    others = Installation.objects.select_for_update().filter(organization_id=organization_id, enabled=True)
    held_limit_check(
        organization_id=organization_id,
        meter=Meter.MODULES,
        needed=len([one for one in others if one.module_id != module_id]) + 1,
    )
    installation, created = Installation.objects.get_or_create(
        organization_id=organization_id,
        module=module,
        defaults={"enabled": True, "permissions_accepted": asked, "changed_by": user_id, "updated_at": now},
    )
    if not created and installation.enabled and installation.permissions_accepted == asked:
        return installation
    installation.enabled, installation.permissions_accepted = True, asked
    installation.changed_by, installation.updated_at = user_id, now
    installation.save(update_fields=["enabled", "permissions_accepted", "changed_by", "updated_at"])
    organization_rights_changed(organization_id=organization_id)
    subscription_follow(installation, now=now)
    _tell("module.enabled", organization_id, module_id, now=now, permissions=asked)
    return installation


@transaction.atomic
def module_disable(*, organization_id: UUID, module_id: str, user_id: UUID, now: datetime) -> None:
    """Disable a module; its configuration stays. Disabling one that is not enabled changes nothing."""
    selectors.module_get(module_id=module_id)
    changed = Installation.objects.filter(organization_id=organization_id, module_id=module_id, enabled=True).update(
        enabled=False, permissions_accepted=[], changed_by=user_id, updated_at=now
    )
    if changed:
        organization_rights_changed(organization_id=organization_id)
        module_unsubscribe(organization_id=organization_id, module_id=module_id)
        _tell("module.disabled", organization_id, module_id, now=now)


@transaction.atomic
def module_configure(
    *, organization_id: UUID, module_id: str, config: dict[str, Any], user_id: UUID, now: datetime
) -> Installation:
    """Replace an organisation's configuration of a module.

    Raises `ModuleNotEnabled`, or `InvalidConfiguration` with what the module's `config_schema` finds wrong.
    """
    module = selectors.module_get(module_id=module_id)
    installation = (
        Installation.objects.select_for_update()
        .filter(organization_id=organization_id, module=module, enabled=True)
        .first()
    )
    if installation is None:
        raise ModuleNotEnabled("Enable the module first.")
    schema = module.manifest.get("config_schema", {"type": "object", "additionalProperties": False})
    errors = schema_errors(config_schema_validator(schema), config)
    if errors:
        raise InvalidConfiguration(
            "The module does not accept this configuration; `errors` says why.",
            errors=[{"pointer": one.pointer, "code": one.code, "detail": one.detail} for one in errors],
        )
    before = installation.config
    installation.config, installation.config_version = config, installation.config_version + 1
    installation.changed_by, installation.updated_at = user_id, now
    installation.save(update_fields=["config", "config_version", "changed_by", "updated_at"])
    # Names of settings, never their values: some are secrets.
    changed = sorted(name for name in {*before, *config} if before.get(name) != config.get(name))
    _tell(
        "module.configured", organization_id, module_id, now=now, version=installation.config_version, changed=changed
    )
    return installation


def _tell(name: str, organization_id: UUID, module_id: str, *, now: datetime, **data: Any) -> None:
    emit(name, organization_id=organization_id, actor=Actor.present(), subject=("module", module_id), now=now, **data)


def installations_delete(*, organization_id: UUID) -> None:
    """Forget what a deleted organisation had enabled."""
    Installation.objects.filter(organization_id=organization_id).delete()
