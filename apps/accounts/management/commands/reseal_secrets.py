"""Seal what the database keeps for us under the present SECRET_KEY, so that an earlier one may go."""

import json
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from apps.core.sealing import SealBroken, reseal_all
from apps.core.tenancy.scope import public_scope


class Command(BaseCommand):
    help = "Seal token keys, second factors, and secrets of webhooks and the audit trail under the present SECRET_KEY."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", dest="as_json", action="store_true", help="print the result as one JSON object")

    def handle(self, *, as_json: bool, **options: Any) -> None:
        try:
            with public_scope(), transaction.atomic():
                counts = reseal_all()
        except (SealBroken, ImproperlyConfigured) as error:
            raise CommandError(f"{error}; nothing was changed") from None
        if as_json:
            self.stdout.write(json.dumps(counts))
        else:
            self.stdout.write(", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items()))
