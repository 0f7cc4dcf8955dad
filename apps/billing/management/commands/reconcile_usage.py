"""Compare what ledger, sums, reports and Stripe have counted."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apps.billing.exceptions import BillingUnavailable
from apps.billing.models import Reconciliation
from apps.billing.services.reports import usage_reconcile, usage_report
from apps.billing.services.usage import usage_aggregate, usage_rebuild
from apps.core.tenancy.scope import public_scope


class Command(BaseCommand):
    help = "Bring the sums up to date, tell Stripe, and compare all counts of this month. Ends with 1 if they differ."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--rebuild", action="store_true", help="make all sums anew from the ledger; its writers wait meanwhile"
        )
        parser.add_argument("--json", dest="as_json", action="store_true", help="print the result as one JSON object")

    def handle(self, *, rebuild: bool, as_json: bool, **options: Any) -> None:
        now = timezone.now()
        with public_scope():
            if rebuild:
                usage_rebuild(now=now)
            usage_aggregate(now=now)
            try:
                reported = usage_report(now=now)
            except BillingUnavailable as error:
                reported = 0
                self.stderr.write(f"Stripe: {error.detail}")
            differing = usage_reconcile(now=now)
            compared = Reconciliation.objects.filter(checked_at=now).count()
        if as_json:
            self.stdout.write(
                json.dumps(
                    {"reported": reported, "compared": compared, "differing": [_present(row) for row in differing]}
                )
            )
        else:
            self.stdout.write(f"{reported} reports sent, {compared} counts compared, {len(differing)} differ")
            for row in differing:
                self.stdout.write(json.dumps(_present(row)))
        if differing:
            raise CommandError("Counts differ.")


def _present(row: Reconciliation) -> dict[str, Any]:
    return {
        "organization_id": str(row.organization_id),
        "meter": row.meter,
        "since": row.period_start.isoformat(),
        "ledger": row.ledger,
        "aggregates": row.aggregates,
        "reported": row.reported,
        "stripe": row.stripe,
        "difference": row.difference,
    }
