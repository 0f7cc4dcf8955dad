"""Registration of modules."""

import json
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F

from apps.accounts.services.memberships import organization_rights_changed
from apps.core.exceptions import NotFound
from apps.core.outgoing import AddressNotAllowed, AllowedAddresses, url_check
from apps.core.services import enqueue
from apps.events.services.outbox import emit
from apps.events.types import Actor
from apps.registry.engine.health import ModuleState
from apps.registry.engine.manifest import MAX_BYTES, FieldError, completed, manifest_diff, manifest_errors
from apps.registry.exceptions import InvalidManifest
from apps.registry.models import Installation, Module, ModuleVersion
from apps.registry.services.subscriptions import subscriptions_follow
from apps.registry.types import Registered


def module_register(*, manifest: Any, now: datetime) -> Registered:
    """Accept a manifest, and have the module's contract checked; registering the same one again changes nothing.

    Raises `InvalidManifest` with what is wrong, field by field.
    """
    _manifest_check(manifest)
    manifest = completed(manifest)
    with transaction.atomic():
        module, created = Module.objects.select_for_update().get_or_create(
            module_id=manifest["module_id"], defaults={**_columns(manifest), "created_at": now, "updated_at": now}
        )
        changes = () if created else tuple(manifest_diff(module.manifest, manifest))
        if not created and not changes and module.state != ModuleState.RETIRED:
            if module.state == ModuleState.REGISTERED:
                # It says that it is there, and has not passed yet.
                enqueue("registry.check_contract", organization_id=None, module_id=module.module_id, now=now)
            return _registered(module, "unchanged")
        for name, value in _columns(manifest).items():
            setattr(module, name, value)
        module.state, module.contract_errors = ModuleState.REGISTERED.value, []
        module.failures, module.successes, module.falls, module.updated_at = 0, 0, [], now
        module.revision += 1
        module.save()
        ModuleVersion.objects.update_or_create(
            module=module, version=module.version, defaults={"manifest": manifest, "registered_at": now}
        )
        _tell("module.registered", module, now=now, version=module.version, status="created" if created else "updated")
        if any(change.field == "permissions" for change in changes):
            _rights_changed(module)
        subscriptions_follow(module, now=now)
        enqueue("registry.check_contract", organization_id=None, module_id=module.module_id, now=now)
    return _registered(module, "created" if created else "updated", changes)


@transaction.atomic
def module_check_again(*, module_id: str, now: datetime) -> None:
    """Have a module's contract checked anew; until it has passed nobody can call it."""
    Module.objects.filter(module_id=module_id).exclude(state=ModuleState.RETIRED).update(
        state=ModuleState.REGISTERED, updated_at=now, revision=F("revision") + 1
    )
    enqueue("registry.check_contract", organization_id=None, module_id=module_id, now=now)


@transaction.atomic
def module_retire(*, module_id: str, now: datetime) -> None:
    """Take a module out of the catalogue; what organisations agreed to stays, for the case that it comes back."""
    count = (
        Module.objects.filter(module_id=module_id)
        .exclude(state=ModuleState.RETIRED)
        .update(state=ModuleState.RETIRED, updated_at=now, revision=F("revision") + 1)
    )
    if not count:
        raise NotFound("There is no such module.")
    module = Module.objects.get(module_id=module_id)
    _tell("module.retired", module, now=now)
    subscriptions_follow(module, now=now)
    _rights_changed(module)


def _tell(name: str, module: Module, *, now: datetime, **data: Any) -> None:
    emit(name, organization_id=None, actor=Actor.present(), subject=("module", module.module_id), now=now, **data)


def _rights_changed(module: Module) -> None:
    enabled = Installation.objects.filter(module=module, enabled=True)
    for organization_id in enabled.values_list("organization_id", flat=True):
        organization_rights_changed(organization_id=organization_id)


def _manifest_check(manifest: Any) -> None:
    if len(json.dumps(manifest)) > MAX_BYTES:
        raise InvalidManifest(f"A manifest has at most {MAX_BYTES} bytes.", errors=[])
    errors = manifest_errors(manifest)
    if not errors:
        try:
            url_check(manifest["base_url"], AllowedAddresses(settings.MODULE_ADDRESSES))
        except AddressNotAllowed as error:
            errors = [FieldError("/base_url", "address_not_allowed", str(error))]
    if errors:
        raise InvalidManifest(
            "The manifest is not valid; `errors` says where.",
            errors=[{"pointer": one.pointer, "code": one.code, "detail": one.detail} for one in errors],
        )


def _columns(manifest: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": manifest["name"],
        "version": manifest["version"],
        "base_url": manifest["base_url"].rstrip("/"),
        "manifest": manifest,
    }


def _registered(module: Module, status: str, changes: tuple[Any, ...] = ()) -> Registered:
    return Registered(module.module_id, module.version, ModuleState(module.state), status, changes)
