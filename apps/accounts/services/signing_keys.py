"""Replacing the keys that sign our tokens."""

from collections.abc import Collection
from datetime import datetime

from django.conf import settings
from django.db import transaction
from rest_framework_simplejwt.settings import api_settings

from apps.accounts.keys import (
    SYMMETRIC,
    algorithm_check,
    key_generate,
    key_reseal,
    key_ring_forget,
    key_ring_refresh,
    key_store,
    keys_lock,
)
from apps.accounts.models import SigningKey
from apps.accounts.types import KeyStates
from apps.core.exceptions import NotFound
from apps.events.services.outbox import emit
from apps.events.types import SYSTEM

State = SigningKey.State


def signing_keys_rotate(*, now: datetime, emergency: bool = False, revoke: Collection[str] = ()) -> KeyStates:
    """Let the next key sign, and make a new next one; return what there is then.

    What the replaced key signed holds until it expires. In an emergency it is revoked instead, and so are the keys that
    `revoke` names: their tokens stop working in every process within 5 s. Raises `NotFound` for one that is not there.
    """
    algorithm = settings.JWT_ALGORITHM
    algorithm_check(algorithm)
    # There may be none yet.
    key_ring_refresh()
    with transaction.atomic():
        keys_lock()
        _expired_delete(now)
        doomed = _doomed(algorithm, revoke, emergency=emergency)
        for key in doomed:
            _retire(key, State.REVOKED, now)
        current = SigningKey.objects.filter(algorithm=algorithm, state=State.CURRENT).first()
        if current is not None and (not revoke or emergency):
            _retire(current, State.PREVIOUS, now)
            current = None
        if current is None:
            _activate_next(algorithm, now)
        if not SigningKey.objects.filter(algorithm=algorithm, state=State.NEXT).exists():
            key_store(key_generate(algorithm), algorithm=algorithm, state=State.NEXT, now=now)
        transaction.on_commit(key_ring_forget)
        states = signing_keys_state(algorithm)
        _tell(states, doomed, rotated=current is None, now=now)
        return states


def _tell(states: KeyStates, doomed: Collection[SigningKey], *, rotated: bool, now: datetime) -> None:
    if rotated:
        emit(
            "signing_key.rotated", organization_id=None, actor=SYSTEM, subject=("signing_key", states.current), now=now
        )
    for key in doomed:
        emit("signing_key.revoked", organization_id=None, actor=SYSTEM, subject=("signing_key", key.kid), now=now)


@transaction.atomic
def signing_keys_reseal() -> int:
    """Seal all private parts under the present `SECRET_KEY`; return how many there are."""
    keys_lock()
    keys = SigningKey.objects.exclude(sealed_private="")
    for key in keys:
        key_reseal(key)
        key.save(update_fields=["sealed_private"])
    return len(keys)


def signing_keys_state(algorithm: str) -> KeyStates:
    kids: dict[str, list[str]] = {state: [] for state in State.values}
    for kid, state in SigningKey.objects.filter(algorithm=algorithm).order_by("created_at").values_list("kid", "state"):
        kids[state].append(kid)
    return KeyStates(
        algorithm=algorithm,
        current=kids[State.CURRENT][0],
        next=kids[State.NEXT][0],
        previous=tuple(kids[State.PREVIOUS]),
        revoked=tuple(kids[State.REVOKED]),
    )


def _doomed(algorithm: str, revoke: Collection[str], *, emergency: bool) -> list[SigningKey]:
    named = list(SigningKey.objects.filter(kid__in=revoke))
    missing = set(revoke) - {key.kid for key in named}
    if missing:
        raise NotFound(f"There is no key {', '.join(sorted(missing))}.")
    current = SigningKey.objects.filter(algorithm=algorithm, state=State.CURRENT) if emergency else ()
    return list({key.kid: key for key in [*named, *current]}.values())


def _retire(key: SigningKey, state: State, now: datetime) -> None:
    key.state = state
    key.retired_at = key.retired_at or now
    # It will never sign again; a shared secret still has to verify.
    if state == State.REVOKED or key.algorithm not in SYMMETRIC:
        key.sealed_private = ""
    else:
        key_reseal(key)
    key.save(update_fields=["state", "retired_at", "sealed_private"])


def _activate_next(algorithm: str, now: datetime) -> None:
    following = SigningKey.objects.filter(algorithm=algorithm, state=State.NEXT).first()
    if following is None:
        key_store(key_generate(algorithm), algorithm=algorithm, state=State.CURRENT, now=now)
        return
    following.state, following.activated_at = State.CURRENT, now
    key_reseal(following)
    following.save(update_fields=["state", "activated_at", "sealed_private"])


def _expired_delete(now: datetime) -> None:
    """Drop keys whose last token has expired; revoked ones stay, so that a configured key does not come back."""
    SigningKey.objects.filter(state=State.PREVIOUS, retired_at__lte=now - api_settings.REFRESH_TOKEN_LIFETIME).delete()
