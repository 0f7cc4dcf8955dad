"""How an organisation's memory is: what it holds, what waits, and what went wrong."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Max, Min, Q

from apps.memory.adapters.dependency import CONSEQUENCE, engine_check
from apps.memory.adapters.index_store import index_bytes
from apps.memory.models import Memory, Operation
from apps.memory.selectors.contexts import context_get
from apps.observability.types import State

# Texts are read within seconds; after this long something keeps workers from it.
LATE = timedelta(minutes=5)
FAILED_WITHIN = timedelta(days=7)


def memory_health(*, organization_id: UUID, now: datetime) -> dict[str, Any]:
    """Return the health of the memory in whose scope this runs; the index is that of this process."""
    live = Memory.objects.live(now)
    last = live.aggregate(at=Max("recorded_at"))["at"]
    unread = live.filter(understood=False)
    oldest = unread.aggregate(at=Min("revised_at"))["at"]
    waited = (now - oldest).total_seconds() if oldest else None
    recent = Operation.objects.filter(created_at__gt=now - FAILED_WITHIN)
    failed = recent.filter(Q(status=Operation.Status.FAILED) | Q(failed__gt=0)).count()
    size = index_bytes(organization_id)
    engine = engine_check()
    problems = []
    if engine.state is not State.OK:
        problems.append({"code": "engine_unavailable", "consequence": CONSEQUENCE})
    if waited is not None and waited > LATE.total_seconds():
        text = "New texts are found by their words only until the models have read them."
        problems.append({"code": "texts_wait", "consequence": text})
    if failed:
        text = "Some texts of imports of the last week are not in the memory; the imports say which and why."
        problems.append({"code": "operations_failed", "consequence": text})
    status = "down" if engine.state is not State.OK else "degraded" if problems else "ok"
    return {
        "status": status,
        "memories": live.count(),
        "waiting": unread.count(),
        "oldest_waiting_seconds": None if waited is None else round(waited, 1),
        "failed_operations": failed,
        "last_stored_at": last,
        "embedding_model": context_get().epoch.model,
        "index": {"loaded": size is not None, "bytes": size or 0},
        "problems": problems,
    }
