"""Sign-ins: whether one still holds, and those of a person."""

from datetime import datetime
from typing import Any
from uuid import UUID

import ua_parser
from django.core.cache import caches
from django.db import transaction
from django.db.models import QuerySet

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


def sessions_of(*, user_id: UUID, now: datetime) -> QuerySet[Session]:
    """Return the sessions of a person that hold."""
    return Session.objects.filter(user_id=user_id, revoked_at=None, expires_at__gt=now)


def session_present(session: Session, *, current: UUID | None) -> dict[str, Any]:
    device, browser = device_of(session.user_agent)
    return {
        "id": str(session.id),
        "current": session.id == current,
        "device": device,
        "browser": browser,
        "ip": session.ip,
        "methods": session.methods,
        "created_at": session.created_at,
        "last_used_at": session.last_used_at,
        "expires_at": session.expires_at,
    }


def device_of(user_agent: str) -> tuple[str, str]:
    """Return the operating system and the program that a User-Agent header names; empty where it does not."""
    found = ua_parser.parse(user_agent)
    system = " ".join(filter(None, (found.os.family, found.os.major))) if found.os else ""
    program = " ".join(filter(None, (found.user_agent.family, found.user_agent.major))) if found.user_agent else ""
    return system, program


def _key(session_id: UUID) -> str:
    return f"session-holds:{session_id}"
