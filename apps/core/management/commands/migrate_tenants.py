"""Bring every schema up to date; resumable, parallel, and quick when nothing is pending."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django_tenants.utils import get_tenant_model
from tqdm import tqdm

from apps.core.tenancy.migrations import migrate_organizations, migrate_public, migrate_template


class Command(BaseCommand):
    help = "Migrate the public schema, the template schema and the schema of every organisation."
    # Checks of the models query nothing; those of the database would run before its tables exist.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--workers", type=int, default=2, help="schemas migrated at the same time (default 2)")
        parser.add_argument("--json", dest="as_json", action="store_true", help="print the result as one JSON object")

    def handle(self, *, workers: int, as_json: bool, **options: Any) -> None:
        if workers < 1:
            raise CommandError("--workers must be at least 1.")
        migrate_public()
        migrate_template()
        names = list(get_tenant_model().objects.order_by("schema_name").values_list("schema_name", flat=True))
        with tqdm(
            total=len(names), desc="organisations", disable=True if as_json or not names else None, unit="schema"
        ) as bar:
            report = migrate_organizations(names, workers=workers, progress=bar.update)
        self._print(report.total, report.migrated, dict(report.failed), as_json=as_json)
        if report.failed:
            raise CommandError(f"{len(report.failed)} of {report.total} schemas failed; run the command again")

    def _print(self, total: int, migrated: int, failed: dict[str, str], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps({"total": total, "migrated": migrated, "failed": failed}))
            return
        self.stdout.write(f"{total} organisations: {migrated} migrated, {total - migrated - len(failed)} up to date")
        for name, error in failed.items():
            self.stderr.write(f"{name}: {error}")
