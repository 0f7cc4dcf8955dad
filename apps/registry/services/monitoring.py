"""Asking modules how they are, and whether they keep the contract."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F

from apps.core.outgoing import AllowedAddresses
from apps.events.services.outbox import emit
from apps.events.types import SYSTEM
from apps.registry.adapters.contract import contract_errors
from apps.registry.adapters.health import HealthAnswer, health_answers
from apps.registry.engine.health import MONITORED, Health, ModuleState, health_after, is_due
from apps.registry.metrics import check_observed
from apps.registry.models import HealthCheck, Module

HISTORY = timedelta(days=7)


def contract_check(*, module_id: str, now: datetime) -> list[str]:
    """Check a registered module's contract and record the outcome; return what is wrong with it."""
    module = Module.objects.filter(module_id=module_id, state=ModuleState.REGISTERED).first()
    if module is None:
        return []
    errors = contract_errors(module.manifest, allowed=AllowedAddresses(settings.MODULE_ADDRESSES))
    # What registered meanwhile is checked by a job of its own.
    Module.objects.filter(module_id=module_id, state=ModuleState.REGISTERED, revision=module.revision).update(
        contract_errors=errors,
        state=ModuleState.REGISTERED if errors else ModuleState.CHECKED,
        checked_at=now if errors else None,
        revision=F("revision") + 1,
    )
    return errors


def modules_monitor(*, now: datetime) -> int:
    """Ask all modules whose turn it is, at the same time; return how many were asked."""
    monitored = Module.objects.filter(state__in=MONITORED)
    due = [one for one in monitored if is_due(ModuleState(one.state), checked_at=one.checked_at, now=now)]
    if not due:
        return 0
    urls = {one.module_id: one.base_url + one.manifest["health_endpoint"] for one in due}
    answers = asyncio.run(health_answers(urls, allowed=AllowedAddresses(settings.MODULE_ADDRESSES)))
    for module_id, answer in answers.items():
        health_record(module_id=module_id, answer=answer, now=now)
    return len(due)


@transaction.atomic
def health_record(*, module_id: str, answer: HealthAnswer, now: datetime) -> ModuleState:
    """Write one check into the history, and conclude the module's state from it."""
    module = Module.objects.select_for_update().get(module_id=module_id)
    falls = tuple(map(datetime.fromisoformat, module.falls))
    before = Health(ModuleState(module.state), module.failures, module.successes, falls)
    after = health_after(before, ok=answer.ok, latency=answer.latency, now=now)
    module.failures, module.successes = after.failures, after.successes
    module.falls = [fall.isoformat() for fall in after.falls]
    if after.state != before.state:
        emit(
            "module.state_changed",
            organization_id=None,
            actor=SYSTEM,
            subject=("module", module_id),
            now=now,
            before=before.state.value,
            after=after.state.value,
        )
        module.state, module.revision = after.state.value, module.revision + 1
    module.checked_at = now
    module.save(update_fields=["failures", "successes", "falls", "state", "revision", "checked_at"])
    HealthCheck.objects.create(
        module=module,
        checked_at=now,
        ok=answer.ok,
        latency_ms=round(answer.latency.total_seconds() * 1000, 2),
        detail=answer.detail[:200],
        state=module.state,
    )
    check_observed(module_id=module_id, ok=answer.ok, latency=answer.latency)
    return after.state


def history_purge(*, now: datetime) -> int:
    return HealthCheck.objects.filter(checked_at__lt=now - HISTORY).delete()[0]


def unchecked_modules() -> Sequence[str]:
    """Return the modules that have not passed their contract check."""
    return list(Module.objects.filter(state=ModuleState.REGISTERED).values_list("module_id", flat=True))
