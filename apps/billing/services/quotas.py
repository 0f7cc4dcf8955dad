"""Quotas: an amount is taken before the work, in one statement, so that parallel calls never pass a limit."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from apps.billing import metrics
from apps.billing.exceptions import QuotaExceeded
from apps.billing.models import UsageCounter, UsageReservation
from apps.billing.periods import period_of, resets_at, words_of
from apps.billing.selectors.entitlements import entitlements, plans_that_lift
from apps.billing.types import Limit, Meter, QuotaState, Usage
from apps.core.exceptions import NotFound
from apps.core.ids import new_id
from apps.core.request_context import caller, request_id
from apps.core.types import Caller

# What is held, not done: the ledger gets a row whenever it changes, so that its sum is what is held.
_HELD = frozenset({Meter.MEMORY_BYTES})
# A module that dies between reserving and settling keeps its amount no longer than this.
RESERVATION_LIFETIME = timedelta(minutes=15)

# One statement takes the amount or nothing: parallel calls queue on the row and none passes the limit.
_RESERVE = """
    INSERT INTO public.billing_usagecounter AS counter (organization_id, meter, period, used)
    SELECT %(organization_id)s, %(meter)s, %(period)s, %(quantity)s
    WHERE %(ceiling)s::bigint IS NULL OR %(quantity)s <= %(ceiling)s
    ON CONFLICT (organization_id, meter, period) DO UPDATE SET used = counter.used + EXCLUDED.used
    WHERE %(ceiling)s::bigint IS NULL OR counter.used + EXCLUDED.used <= %(ceiling)s
    RETURNING used
"""
_RELEASE = """
    UPDATE public.billing_usagecounter SET used = greatest(used - %(quantity)s, 0)
    WHERE organization_id = %(organization_id)s AND meter = %(meter)s AND period = %(period)s
    RETURNING used
"""
_NOTE = """
    INSERT INTO public.billing_usageevent
        (id, organization_id, meter, quantity, source, source_id, module, user_id, operation, request_id, occurred_at)
    SELECT %(id)s, %(organization_id)s, %(meter)s, %(noted)s, %(source)s, %(source_id)s, %(module)s, %(user_id)s,
        %(operation)s, %(request_id)s, %(now)s
"""
_RESERVE_AND_NOTE = f"""
    WITH taken AS ({_RESERVE}), noted AS ({_NOTE} FROM taken) SELECT used FROM taken
"""  # noqa: S608 - made of constants
_RELEASE_AND_NOTE = f"""
    WITH given AS ({_RELEASE}), noted AS ({_NOTE}) SELECT used FROM given
"""  # noqa: S608 - made of constants
# Counted only if the row is new.
_NOTE_AND_COUNT = f"""
    WITH noted AS ({_NOTE} ON CONFLICT DO NOTHING RETURNING 1)
    INSERT INTO public.billing_usagecounter AS counter (organization_id, meter, period, used)
    SELECT %(organization_id)s, %(meter)s, %(period)s, %(quantity)s FROM noted
    ON CONFLICT (organization_id, meter, period) DO UPDATE SET used = counter.used + EXCLUDED.used
    RETURNING used
"""  # noqa: S608 - made of constants


def quota_reserve(*, organization_id: UUID, meter: Meter, quantity: int, now: datetime) -> QuotaState:
    """Take `quantity` of a quota, or raise `QuotaExceeded`.

    Inside a transaction the amount comes back if that rolls back, and other calls of the organisation wait for it: take
    it late, after the slow part of the work.
    """
    if meter in _HELD:
        usage = Usage(source="held", source_id=new_id().hex, operation="hold")
        return quota_use(organization_id=organization_id, meter=meter, quantity=quantity, usage=usage, now=now)
    return _take(_RESERVE, organization_id=organization_id, meter=meter, quantity=quantity, now=now)


def quota_use(*, organization_id: UUID, meter: Meter, quantity: int, usage: Usage, now: datetime) -> QuotaState:
    """Take `quantity` of a quota and write its row of the ledger in one statement, or raise `QuotaExceeded`.

    For work that writes nothing else: it needs no transaction, and so no more than one trip to the database.
    """
    return _take(
        _RESERVE_AND_NOTE,
        organization_id=organization_id,
        meter=meter,
        quantity=quantity,
        now=now,
        note=_note(usage, quantity, now),
    )


def quota_release(*, organization_id: UUID, meter: Meter, quantity: int, now: datetime) -> None:
    """Give back what is no longer held."""
    parameters = _parameters(organization_id, meter, quantity, now)
    statement = _RELEASE
    if meter in _HELD:
        statement = _RELEASE_AND_NOTE
        parameters |= _note(Usage(source="held", source_id=new_id().hex, operation="free"), -quantity, now)
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def quota_return(*, organization_id: UUID, meter: Meter, quantity: int, usage: Usage, now: datetime) -> None:
    """Take back what was counted for work that was not done: a negative row, and the amount is free again."""
    with connection.cursor() as cursor:
        cursor.execute(
            _RELEASE_AND_NOTE,
            _parameters(organization_id, meter, quantity, now) | _note(usage, -quantity, now),
        )


def quota_check(*, organization_id: UUID, meter: Meter, quantity: int, now: datetime) -> None:
    """Raise `QuotaExceeded` if `quantity` cannot be had at present: a cheap refusal before costly work."""
    limit = entitlements(organization_id=organization_id).of(meter)
    used = _used(organization_id, meter, now)
    if limit.ceiling is not None and used + quantity > limit.ceiling:
        raise _exceeded(meter=meter, quantity=quantity, used=used, limit=limit, now=now)


def held_limit_check(*, organization_id: UUID, meter: Meter, needed: int) -> None:
    """Raise `QuotaExceeded` if the plan has no room for so many modules or people. The caller holds a lock on them."""
    limit = entitlements(organization_id=organization_id).of(meter)
    if limit.ceiling is not None and needed > limit.ceiling:
        metrics.quota_refused(meter=meter)
        raise QuotaExceeded(
            f"The plan allows {limit.limit} {'people' if meter is Meter.USERS else meter.value}.",
            gate="entitlement",
            retryable=False,
            meter=meter.value,
            limit=limit.limit,
            available_in=plans_that_lift(meter=meter, needed=needed),
        )


def members_limit_check(*, organization_id: UUID, needed: int) -> None:
    held_limit_check(organization_id=organization_id, meter=Meter.USERS, needed=needed)


@transaction.atomic
def reservation_make(
    *, organization_id: UUID, meter: Meter, quantity: int, module: str, user_id: UUID, now: datetime
) -> tuple[UsageReservation, QuotaState]:
    """Take an amount of which the true size is known later; raise `QuotaExceeded` if there is not as much left."""
    state = _take(_RESERVE, organization_id=organization_id, meter=meter, quantity=quantity, now=now)
    reservation = UsageReservation.objects.create(
        organization_id=organization_id,
        meter=meter,
        period=period_of(meter, now),
        quantity=quantity,
        module=module,
        user_id=user_id,
        expires_at=now + RESERVATION_LIFETIME,
    )
    return reservation, state


@transaction.atomic
def reservation_settle(
    *, organization_id: UUID, reservation_id: UUID, module: str, quantity: int, operation: str, now: datetime
) -> QuotaState:
    """Count what was really used of a reservation and give back the rest; work that was done counts above it too.

    Raises `NotFound` for one that was settled, has run out, or is another module's.
    """
    reservation = (
        UsageReservation.objects.select_for_update()
        .filter(id=reservation_id, organization_id=organization_id, module=module, expires_at__gt=now)
        .first()
    )
    if reservation is None:
        raise NotFound("There is no such reservation; it may have run out.")
    meter = Meter(reservation.meter)
    reservation.delete()
    usage = Usage(
        source="reservation",
        source_id=str(reservation_id),
        operation=operation,
        caller=Caller(reservation.user_id, module),
    )
    parameters = {
        **_parameters(organization_id, meter, reservation.quantity - quantity, now),
        "period": reservation.period,
        **_note(usage, quantity, now),
    }
    with connection.cursor() as cursor:
        cursor.execute(_RELEASE_AND_NOTE, parameters)
        used = cursor.fetchone()[0]
    return quota_state(meter, entitlements(organization_id=organization_id).of(meter), used, now)


def module_usage_record(
    *,
    organization_id: UUID,
    meter: Meter,
    quantity: int,
    module: str,
    usage_id: str,
    operation: str,
    user_id: UUID,
    now: datetime,
) -> QuotaState:
    """Count what a module has used, whatever is left; the same `usage_id` of a module counts once."""
    usage = Usage(
        source=f"module.{module}"[:50],
        source_id=f"{organization_id.hex}:{usage_id}",
        operation=operation,
        caller=Caller(user_id, module),
    )
    parameters = {**_parameters(organization_id, meter, quantity, now), **_note(usage, quantity, now)}
    with connection.cursor() as cursor:
        cursor.execute(_NOTE_AND_COUNT, parameters)
        row = cursor.fetchone()
    used = row[0] if row else _used(organization_id, meter, now)
    return quota_state(meter, entitlements(organization_id=organization_id).of(meter), used, now)


def reservations_expire(*, now: datetime) -> int:
    """Give back what was reserved and never settled; return how many."""
    expired = 0
    while True:
        with transaction.atomic():
            due = UsageReservation.objects.select_for_update(skip_locked=True).filter(expires_at__lte=now)[:100]
            for reservation in due:
                parameters = _parameters(
                    reservation.organization_id, Meter(reservation.meter), reservation.quantity, now
                )
                with connection.cursor() as cursor:
                    cursor.execute(_RELEASE, {**parameters, "period": reservation.period})
                reservation.delete()
        if not due:
            return expired
        expired += len(due)


def _take(
    statement: str,
    *,
    organization_id: UUID,
    meter: Meter,
    quantity: int,
    now: datetime,
    note: Mapping[str, Any] = MappingProxyType({}),
) -> QuotaState:
    limit = entitlements(organization_id=organization_id).of(meter)
    with connection.cursor() as cursor:
        cursor.execute(
            statement, {**_parameters(organization_id, meter, quantity, now), "ceiling": limit.ceiling, **note}
        )
        row = cursor.fetchone()
    if row is None:
        used = _used(organization_id, meter, now)
        raise _exceeded(meter=meter, quantity=quantity, used=used, limit=limit, now=now)
    return quota_state(meter, limit, row[0], now)


def _parameters(organization_id: UUID, meter: Meter, quantity: int, now: datetime) -> dict[str, Any]:
    return {
        "organization_id": organization_id,
        "meter": meter.value,
        "period": period_of(meter, now),
        "quantity": quantity,
    }


def _note(usage: Usage, quantity: int, now: datetime) -> dict[str, Any]:
    acting = usage.caller or caller()
    return {
        "id": new_id(),
        "noted": quantity,
        "source": usage.source,
        "source_id": usage.source_id,
        "module": acting.module,
        "user_id": acting.user_id,
        "operation": usage.operation,
        "request_id": request_id()[:64],
        "now": now,
    }


def quota_state(meter: Meter, limit: Limit, used: int, now: datetime) -> QuotaState:
    """Return a quota of which `used` is used."""
    most = limit.limit if limit.ceiling is None else limit.ceiling
    return QuotaState(meter, limit.limit, None if most is None else max(most - used, 0), resets_at(meter, now))


def _used(organization_id: UUID, meter: Meter, now: datetime) -> int:
    counter = UsageCounter.objects.filter(organization_id=organization_id, meter=meter, period=period_of(meter, now))
    return counter.values_list("used", flat=True).first() or 0


def _exceeded(*, meter: Meter, quantity: int, used: int, limit: Limit, now: datetime) -> QuotaExceeded:
    metrics.quota_refused(meter=meter)
    ends = resets_at(meter, now)
    extra: dict[str, Any] = {} if ends is None else {"retry_after": int((ends - now).total_seconds()) + 1}
    return QuotaExceeded(
        f"The plan allows {limit.limit} of {meter.value}{words_of(meter)}.",
        gate="quota",
        retryable=ends is not None,
        meter=meter.value,
        limit=limit.limit,
        available_in=plans_that_lift(meter=meter, needed=used + quantity),
        **extra,
    )
