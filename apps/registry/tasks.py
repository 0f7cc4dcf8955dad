"""Entry points for workers."""

import logging
from typing import Any

from celery import shared_task
from django.utils import timezone

from apps.core.tasks import HousekeepingTask, PublicTask
from apps.registry.services import monitoring

logger = logging.getLogger(__name__)


@shared_task(name="registry.check_contract", base=PublicTask)
def check_contract(*, module_id: str, **_: Any) -> None:
    errors = monitoring.contract_check(module_id=module_id, now=timezone.now())
    for error in errors:
        logger.warning("module %s does not keep the contract: %s", module_id, error)


@shared_task(name="registry.monitor_modules", base=HousekeepingTask)
def monitor_modules() -> int:
    return monitoring.modules_monitor(now=timezone.now())


@shared_task(name="registry.check_contracts", base=HousekeepingTask)
def check_contracts() -> int:
    """Check modules again that have not passed: they may not have been up when they registered."""
    waiting = monitoring.unchecked_modules()
    for module_id in waiting:
        monitoring.contract_check(module_id=module_id, now=timezone.now())
    return len(waiting)


@shared_task(name="registry.purge_health_history", base=HousekeepingTask)
def purge_health_history() -> int:
    return monitoring.history_purge(now=timezone.now())
