"""Remembers when something was not well."""

from datetime import datetime, timedelta

from django.db import transaction

from apps.observability.models import Incident, Watch
from apps.observability.types import Health, State

# The scheduler has somebody look far more often. Whatever kept them from it, no background work was done.
GAP = timedelta(seconds=90)
KEPT = timedelta(days=30)
_GAP_COMPONENT = "background_work"


@transaction.atomic
def incidents_follow(*, found: Health, now: datetime) -> None:
    """Open an incident for what is not well any more, and end those that are over; safe under two schedulers."""
    watch, _ = Watch.objects.select_for_update().get_or_create(id=1, defaults={"looked_at": now})
    open_ones = {one.component: one for one in Incident.objects.filter(ended_at=None)}
    if now - watch.looked_at > GAP and _GAP_COMPONENT not in open_ones:
        Incident.objects.create(
            component=_GAP_COMPONENT,
            status=Incident.Status.DOWN,
            detail="nobody looked meanwhile",
            started_at=watch.looked_at,
            ended_at=now,
        )
    for check in found.checks:
        incident = open_ones.pop(check.name, None)
        if check.is_ok:
            if incident:
                _end(incident, now)
        elif incident is None:
            Incident.objects.create(
                component=check.name,
                status=check.finding.state.value,
                detail=check.finding.detail[:200],
                started_at=now,
            )
        elif incident.status == Incident.Status.DEGRADED and check.finding.state is State.DOWN:
            incident.status, incident.detail = Incident.Status.DOWN, check.finding.detail[:200]
            incident.save(update_fields=["status", "detail"])
    for gone in open_ones.values():
        # What nobody needs any more: a module that was retired, a provider that was taken away.
        _end(gone, now)
    Watch.objects.filter(id=1, looked_at__lt=now).update(looked_at=now)


def incidents_purge(*, now: datetime) -> int:
    return Incident.objects.filter(ended_at__lt=now - KEPT).delete()[0]


def _end(incident: Incident, now: datetime) -> None:
    incident.ended_at = now
    incident.save(update_fields=["ended_at"])
