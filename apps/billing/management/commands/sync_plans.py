"""Bring plans, prices and meters to Stripe."""

import json
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apps.billing.exceptions import BillingUnavailable
from apps.billing.models import Plan
from apps.billing.services.plans import plan_version_keep
from apps.billing.services.stripe_catalogue import CatalogueChange, catalogue_sync
from apps.core.tenancy.scope import public_scope
from apps.events.types import SYSTEM


class Command(BaseCommand):
    help = "Make at Stripe what is missing there of products, prices and meters. Running it again changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", dest="as_json", action="store_true", help="print the result as one JSON object")

    def handle(self, *, as_json: bool, **options: Any) -> None:
        def told(change: CatalogueChange) -> None:
            if not as_json:
                self.stdout.write(f"{change.kind} {change.name}: {change.stripe_id}")

        try:
            with public_scope():
                for plan in Plan.objects.all():
                    # Those that were changed outside the admin.
                    plan_version_keep(plan=plan, actor=SYSTEM, changed_by="sync_plans", now=timezone.now())
                changes = catalogue_sync(on_change=told)
        except BillingUnavailable as error:
            raise CommandError(f"{error.detail} ({settings.STRIPE_API_HOST})") from None
        if as_json:
            self.stdout.write(json.dumps({"changes": [asdict(change) for change in changes]}))
        else:
            self.stdout.write(f"{len(changes)} changes" if changes else "Stripe has all plans already.")
