"""What was used, what is left, and what modules report."""

import csv
from collections.abc import Iterator, Sequence
from io import StringIO
from uuid import UUID

from django.http import StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.models import User
from apps.accounts.permissions import Permission
from apps.billing.api import serializers as io
from apps.billing.api.views.plans import BillingView
from apps.billing.models import QuotaWarning, Reconciliation, UsageEvent
from apps.billing.selectors.quotas import Quota, quotas
from apps.billing.selectors.usage import (
    EXPORT_COLUMNS,
    UsageSum,
    counted_until,
    meter_names,
    usage_events,
    usage_export,
    usage_sums,
)
from apps.billing.services.quotas import module_usage_record, reservation_make, reservation_settle
from apps.billing.types import Meter, QuotaState
from apps.core.api.pagination import page_of
from apps.core.api.permissions import MODULE
from apps.core.api.serializers import PageQuery
from apps.core.tenancy.scope import public_scope


class QuotasView(BillingView):
    access = {"GET": Permission.BILLING_READ}

    @extend_schema(responses=io.QuotasOutput)
    def get(self, request: Request) -> Response:
        """Each quota: what is used now, what will be at this pace, and the limit."""
        del request
        now = timezone.now()
        found = quotas(organization_id=self.principal.organization_id, now=now)
        return Response({"results": [_quota(one) for one in found], "as_of": now})


class UsageView(BillingView):
    access = {"GET": Permission.BILLING_READ}

    @extend_schema(parameters=[io.UsageQuery], responses=io.UsageOutput)
    def get(self, request: Request) -> Response:
        """What was used, by time, module, member or operation, and what it has cost above the plan."""
        query = self.valid_query(request, io.UsageQuery)
        found = usage_sums(
            organization_id=self.principal.organization_id,
            since=query["since"],
            until=query["until"],
            group_by=query["group_by"],
            meter=query.get("meter"),
        )
        return Response(
            {
                "from": query["since"],
                "to": query["until"],
                "group_by": query["group_by"],
                "results": [
                    {
                        "key": one.key,
                        "label": one.label,
                        "meter": one.meter,
                        "quantity": one.quantity,
                        "events": one.events,
                        "cost_cents": one.cost_cents,
                    }
                    for one in found
                ],
                "totals": _totals(found),
                "as_of": counted_until(),
            }
        )


class UsageExportView(BillingView):
    access = {"GET": Permission.BILLING_READ}

    @extend_schema(parameters=[io.RangeQuery], responses={(200, "text/csv"): OpenApiTypes.STR})
    def get(self, request: Request) -> StreamingHttpResponse:
        """The sums by day, meter, module, member and operation as CSV."""
        query = self.valid_query(request, io.RangeQuery)
        rows = usage_export(organization_id=self.principal.organization_id, since=query["since"], until=query["until"])
        name = f"usage-{query['since']:%Y-%m-%d}-{query['until']:%Y-%m-%d}.csv"
        return StreamingHttpResponse(
            _csv(rows),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


class UsageEventsView(BillingView):
    access = {"GET": Permission.BILLING_READ}

    @extend_schema(parameters=[io.UsageEventsQuery], responses=io.UsageEventPage)
    def get(self, request: Request) -> Response:
        """Rows of the ledger, newest first, each with the id of its request: what a line of an invoice is made of."""
        query = self.valid_query(request, io.UsageEventsQuery)
        equal = {name: query[name] for name in ("meter", "module", "operation") if name in query}
        rows = usage_events(
            organization_id=self.principal.organization_id,
            since=query["since"],
            until=query["until"],
            user_id=query.get("user_id"),
            **equal,
        )
        people = dict(
            User.objects.filter(memberships__organization_id=self.principal.organization_id).values_list("id", "email")
        )

        def present(row: UsageEvent) -> dict[str, object]:
            return {
                "id": row.id,
                "meter": row.meter,
                "quantity": row.quantity,
                "occurred_at": row.occurred_at,
                "module": row.module,
                "member": {"id": row.user_id, "email": people.get(row.user_id, "(removed)")} if row.user_id else None,
                "operation": row.operation,
                "request_id": row.request_id,
                "source": row.source,
            }

        return Response(
            page_of(rows, order="-occurred_at", cursor=query.get("cursor"), limit=query["limit"], present=present)
        )


class AlertsView(BillingView):
    access = {"GET": Permission.BILLING_READ}

    @extend_schema(parameters=[PageQuery], responses=io.AlertPage)
    def get(self, request: Request) -> Response:
        """Shares of quotas that were reached, newest first."""
        query = self.valid_query(request, PageQuery)
        names = meter_names()

        def present(row: QuotaWarning) -> dict[str, object]:
            return {
                "id": row.id,
                "meter": row.meter,
                "name": names[row.meter].name if row.meter in names else row.meter,
                "threshold_percent": row.percent,
                "period": row.period,
                "used": row.used,
                "limit": row.limit,
                "created_at": row.created_at,
            }

        rows = QuotaWarning.objects.filter(organization_id=self.principal.organization_id)
        return Response(
            page_of(rows, order="-created_at", cursor=query.get("cursor"), limit=query["limit"], present=present)
        )


class ReconciliationView(BillingView):
    access = {"GET": Permission.BILLING_READ}

    @extend_schema(responses=io.ReconciliationPage)
    def get(self, request: Request) -> Response:
        """What each place has counted, by month and meter, newest first: ledger, sums, reports, Stripe."""
        del request
        names = meter_names()
        rows = Reconciliation.objects.filter(organization_id=self.principal.organization_id)
        found = [
            {
                "meter": row.meter,
                "name": names[row.meter].name if row.meter in names else row.meter,
                "period_start": row.period_start,
                "period_end": row.period_end,
                "ledger": row.ledger,
                "aggregates": row.aggregates,
                "reported": row.reported,
                "stripe": row.stripe,
                "difference": row.difference,
                "checked_at": row.checked_at,
            }
            # Two years of all meters.
            for row in rows.order_by("-period_start", "meter")[:120]
        ]
        return Response({"results": found, "next": None, "total": len(found)})


class ModuleUsageView(BillingView):
    access = {"POST": MODULE}

    @extend_schema(request=io.ModuleUsageInput, responses=io.QuotaStateOutput)
    def post(self, request: Request) -> Response:
        """Count what a module has used on behalf of its caller (modules only). Work that was done is always counted."""
        body = self.valid_body(request, io.ModuleUsageInput)
        state = module_usage_record(
            organization_id=self.principal.organization_id,
            meter=Meter(body["meter"]),
            quantity=body["quantity"],
            module=self.principal.module,
            usage_id=body["id"],
            operation=body["operation"],
            user_id=self.principal.user_id,
            now=timezone.now(),
        )
        return Response(_state(state))


class ReservationsView(BillingView):
    access = {"POST": MODULE}

    @extend_schema(request=io.ReservationInput, responses={201: io.ReservationOutput})
    def post(self, request: Request) -> Response:
        """Take an amount before its true size is known (modules only). Not settled, it comes back after 15 minutes."""
        body = self.valid_body(request, io.ReservationInput)
        reservation, state = reservation_make(
            organization_id=self.principal.organization_id,
            meter=Meter(body["meter"]),
            quantity=body["quantity"],
            module=self.principal.module,
            user_id=self.principal.user_id,
            now=timezone.now(),
        )
        answer = {**_state(state), "id": reservation.id, "expires_at": reservation.expires_at}
        return Response(answer, status=201)


class ReservationView(BillingView):
    access = {"POST": MODULE}

    @extend_schema(request=io.SettleInput, responses=io.QuotaStateOutput)
    def post(self, request: Request, reservation_id: UUID) -> Response:
        """Count what was really used of a reservation, and give back the rest (modules only)."""
        body = self.valid_body(request, io.SettleInput)
        state = reservation_settle(
            organization_id=self.principal.organization_id,
            reservation_id=reservation_id,
            module=self.principal.module,
            quantity=body["quantity"],
            operation=body["operation"],
            now=timezone.now(),
        )
        return Response(_state(state))


def _quota(one: Quota) -> dict[str, object]:
    return {
        "meter": one.meter,
        "name": one.name,
        "unit": one.unit,
        "period": one.period,
        "used": one.used,
        "limit": one.limit.limit,
        "ceiling": one.limit.ceiling,
        "remaining": one.remaining,
        "projected": one.projected,
        "enforcement": "soft" if one.limit.is_soft else "hard",
        "state": one.state,
        "resets_at": one.resets_at,
        "overage_cents": one.overage_cents,
        "available_in": list(one.available_in),
    }


def _totals(found: Sequence[UsageSum]) -> list[dict[str, object]]:
    names = meter_names()
    totals = []
    for meter in dict.fromkeys(one.meter for one in found):
        rows = [one for one in found if one.meter == meter]
        costs = [one.cost_cents for one in rows if one.cost_cents is not None]
        totals.append(
            {
                "meter": meter,
                "name": names[meter].name if meter in names else meter,
                "unit": names[meter].unit if meter in names else "",
                "quantity": sum(one.quantity for one in rows),
                "events": sum(one.events for one in rows),
                "cost_cents": sum(costs) if costs else None,
            }
        )
    return totals


def _state(state: QuotaState) -> dict[str, object]:
    return {
        "meter": state.meter,
        "limit": state.limit,
        "remaining": state.remaining,
        "resets_at": state.resets_at,
    }


def _csv(rows: Iterator[Sequence[object]]) -> Iterator[str]:
    # Streamed after the middleware has closed the request's own scope.
    with public_scope():
        line = StringIO()
        writer = csv.writer(line)
        writer.writerow(EXPORT_COLUMNS)
        for row in rows:
            writer.writerow([_cell(value) for value in row])
            yield line.getvalue()
            line.seek(0)
            line.truncate()
        yield line.getvalue()


def _cell(value: object) -> object:
    # A spreadsheet would take such a text for a formula.
    return f"'{value}" if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value
