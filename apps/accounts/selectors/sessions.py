"""Sign-ins: whether one still holds, and those of a person."""

from uuid import UUID

from django.core.cache import caches
from django.db import transaction

from apps.accounts.models import Session
from apps.accounts.selectors.memberships import STATE_TTL_SECONDS


def session_holds(*, session_id: UUID) -> bool:
    """Return whether a session has not been ended; the answer is at most `STATE_TTL_SECONDS` old."""
    cache = caches["process"]
    key = _key(session_id)
    holds: bool | None = cache.get(key)
    if holds is None:
        holds = session_holds_read(session_id=session_id)
        cache.set(key, holds, STATE_TTL_SECONDS)
    return holds


def session_holds_read(*, session_id: UUID) -> bool:
    """Return whether a session has not been ended, read now."""
    return Session.objects.filter(id=session_id, revoked_at=None).exists()


def session_state_forget(*, session_id: UUID) -> None:
    """Have this process read the state anew once the transaction commits."""
    transaction.on_commit(lambda: caches["process"].delete(_key(session_id)))


def _key(session_id: UUID) -> str:
    return f"session-holds:{session_id}"
