"""How the relay is, for deep health."""

from datetime import timedelta

from django.utils import timezone

from apps.events.selectors import consumers_seen_at, outbox_waiting
from apps.observability.types import WELL, Finding, State

CONSEQUENCE = (
    "Live pages, webhooks and the audit trail stand still. Nothing is lost: what happens meanwhile is told afterwards."
)
# It looks for events every second.
_SILENT_AT_MOST = timedelta(seconds=30)
_LATE_SECONDS = 30.0


def relay_check() -> Finding:
    """Return whether somebody gives events their places and works for the consumers; the database remembers both."""
    now = timezone.now()
    silent = sorted(name for name, seen_at in consumers_seen_at().items() if now - seen_at > _SILENT_AT_MOST)
    if silent:
        return Finding(State.DOWN, f"no relay has worked for {', '.join(silent)} lately")
    count, since = outbox_waiting()
    if since is not None and (now - since).total_seconds() > _LATE_SECONDS:
        return Finding(State.DEGRADED, f"{count} events wait, the oldest for {(now - since).total_seconds():.0f} s")
    return WELL
