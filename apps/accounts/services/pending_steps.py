"""Beginning a step and finishing it: once, soon, by whom it belongs to, with few attempts.

Every token is 256 bits of chance. A step that is used, expired, of another kind or of another session is not there.
"""

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.db import transaction

from apps.accounts.exceptions import InvalidCode, InvalidToken
from apps.accounts.models import PendingStep
from apps.events.services.outbox import emit
from apps.events.types import ANONYMOUS, Actor, ActorKind

Kind = PendingStep.Kind
Result = TypeVar("Result")

LIFETIME = timedelta(minutes=5)
# After so many wrong codes the step is gone, and whoever wants to go on proves the first factor again.
MAX_ATTEMPTS = 5


def step_begin(
    *,
    kind: Kind,
    user_id: UUID | None = None,
    session_id: UUID | None = None,
    data: dict[str, Any],
    now: datetime,
    lifetime: timedelta = LIFETIME,
) -> str:
    """Note what somebody has begun, and return the token that finishes it."""
    # Each that comes takes expired ones away, so that they need no job of their own.
    PendingStep.objects.filter(expires_at__lte=now).delete()
    token = secrets.token_urlsafe(32)
    PendingStep.objects.create(
        kind=kind,
        token_hash=_hash(token),
        user_id=user_id,
        session_id=session_id,
        data=data,
        created_at=now,
        expires_at=now + lifetime,
    )
    return token


def step_look(*, kind: Kind, token: str, session_id: UUID | None = None, now: datetime) -> PendingStep:
    """Return a step that can still be finished; raises `InvalidToken`."""
    return _found(PendingStep.objects.filter(**_which(kind, token, session_id, now)).first())


@transaction.atomic
def step_take(*, kind: Kind, token: str, now: datetime) -> PendingStep:
    """Return a step that is gone with this, whatever comes of it; raises `InvalidToken`."""
    step = _found(PendingStep.objects.select_for_update().filter(**_which(kind, token, None, now)).first())
    PendingStep.objects.filter(id=step.id).delete()
    return step


def step_finish(
    *,
    kind: Kind,
    token: str,
    session_id: UUID | None = None,
    work: Callable[[PendingStep], Result],
    attempts: int = MAX_ATTEMPTS,
    now: datetime,
) -> Result:
    """Do what a step was begun for; it is gone then. One at a time: others who come with its token wait.

    `InvalidCode` from `work` counts an attempt, is recorded, and ends the step after so many `attempts`. Raises
    `InvalidToken` for a step that is not there.
    """
    with transaction.atomic():
        step = _found(PendingStep.objects.select_for_update().filter(**_which(kind, token, session_id, now)).first())
        try:
            with transaction.atomic():
                result = work(step)
                step.delete()
                return result
        except InvalidCode as error:
            refused = error
            refusal_record(user_id=step.user_id, reason=error.reason, step=kind, now=now)
            _count(step, attempts)
    # Raised outside the transaction: what was counted has to be committed.
    raise refused


def refusal_record(*, user_id: UUID | None, reason: str, step: str, now: datetime) -> None:
    emit(
        "mfa.refused",
        organization_id=None,
        actor=Actor(ActorKind.USER, str(user_id)) if step == Kind.REAUTHENTICATION else ANONYMOUS,
        subject=("user", user_id or ""),
        now=now,
        reason=reason,
        step=step,
    )


def _count(step: PendingStep, attempts: int) -> None:
    step.attempts += 1
    # A challenge is answered once, rightly or wrongly.
    step.data.pop("challenge", None)
    if step.attempts >= attempts:
        step.delete()
    else:
        step.save(update_fields=["attempts", "data"])


def _which(kind: Kind, token: str, session_id: UUID | None, now: datetime) -> dict[str, Any]:
    return {"kind": kind, "token_hash": _hash(token), "session_id": session_id, "expires_at__gt": now}


def _found(step: PendingStep | None) -> PendingStep:
    if step is None:
        raise InvalidToken("This has expired or was done before. Begin again.")
    return step


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
