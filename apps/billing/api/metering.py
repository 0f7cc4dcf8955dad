"""Counts the calls of the API that programs make: those with a key. The dashboard's own are not counted."""

import hashlib
from collections.abc import Callable

from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from apps.billing.models import UsageEvent
from apps.billing.services.quotas import quota_return, quota_use
from apps.billing.types import Meter, QuotaState, Usage
from apps.core.api.idempotency import is_idempotent
from apps.core.api.views import ApiView
from apps.core.ids import new_id
from apps.core.types import Principal

SOURCE = "api"
SERVER_ERROR = 500


def metering_gate(view: ApiView, request: Request) -> Callable[[Response], None] | None:
    """Take a call from the month's quota, before the work; raise `QuotaExceeded` if there is none left."""
    principal = request.user
    # A module that calls back works within a call that was counted at the gateway.
    if not isinstance(principal, Principal) or principal.key_id is None or principal.module or view.unmetered:
        return None
    now = timezone.now()
    operation = f"{request.method} {_route(request)}"[:100]
    if is_idempotent(view, request):
        repeatable = _name(principal, request, now.date().isoformat())
        state = _use_once(principal, Usage(SOURCE, repeatable, operation))
        return None if state is None else lambda response: _headers_set(response, state)
    usage = Usage(SOURCE, new_id().hex, operation)
    state = quota_use(
        organization_id=principal.organization_id, meter=Meter.API_CALLS, quantity=1, usage=usage, now=now
    )

    def seen(response: Response) -> None:
        if response.status_code >= SERVER_ERROR:
            # What could not be answered costs nothing.
            quota_return(
                organization_id=principal.organization_id,
                meter=Meter.API_CALLS,
                quantity=1,
                usage=Usage(f"{SOURCE}_correction", usage.source_id, operation),
                now=timezone.now(),
            )
        _headers_set(response, state)

    return seen


def _headers_set(response: Response, state: QuotaState) -> None:
    # What the work itself has used of is the narrower one.
    if "X-Quota-Meter" not in response.headers:
        for name, value in state.headers().items():
            response[name] = value


def _use_once(principal: Principal, usage: Usage) -> QuotaState | None:
    """Count a call with an `Idempotency-Key` once, however often it comes: a repetition does no work."""
    if UsageEvent.objects.filter(source=usage.source, source_id=usage.source_id, meter=Meter.API_CALLS).exists():
        return None
    try:
        with transaction.atomic():
            return quota_use(
                organization_id=principal.organization_id,
                meter=Meter.API_CALLS,
                quantity=1,
                usage=usage,
                now=timezone.now(),
            )
    except IntegrityError:
        # Its twin came at the same time.
        return None


def _name(principal: Principal, request: Request, day: str) -> str:
    """Return what names a call with an `Idempotency-Key`; the day is in it because keys are forgotten after one."""
    owner = f"{principal.organization_id}/{principal.user_id}"
    text = f"{owner}\n{day}\n{request.get_full_path()}\n{request.headers['Idempotency-Key']}"
    return hashlib.sha256(text.encode()).hexdigest()


def _route(request: Request) -> str:
    match = request._request.resolver_match  # noqa: SLF001 - DRF does not expose it
    return "/" + (match.route if match else "").removeprefix("api/v1/")
