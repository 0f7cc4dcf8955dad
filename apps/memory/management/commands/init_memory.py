"""Create missing memory contexts: of one organisation, or of all."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from apps.accounts.models import Organization
from apps.core.exceptions import DomainError
from apps.core.tenancy.scope import organization_scope
from apps.memory.engine.concepts import DOMAIN_DIMENSIONS
from apps.memory.selectors.contexts import context_get
from apps.memory.services.contexts import context_ensure, context_update


class Command(BaseCommand):
    help = "Create the memory context of organisations that lack one. Safe to run at any time."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--organization", metavar="SLUG", help="only this organisation")
        parser.add_argument(
            "--domain",
            choices=sorted(DOMAIN_DIMENSIONS),
            help="domain of new contexts; with --organization, an existing context changes to it",
        )
        parser.add_argument("--json", dest="as_json", action="store_true", help="print one JSON object")

    def handle(self, *, organization: str | None, domain: str | None, as_json: bool, **options: Any) -> None:
        rows = Organization.objects.filter(is_active=True).order_by("slug")
        if organization is not None:
            rows = rows.filter(slug=organization)
            if not rows:
                raise CommandError(f"There is no organisation {organization!r}.")
        report = {"organizations": len(rows), "created": 0, "changed": 0}
        for row in tqdm(rows, desc="memory contexts", disable=True if as_json or len(rows) < 2 else None):  # noqa: PLR2004 - one is no progress
            with organization_scope(row.id):
                try:
                    if context_ensure(organization_id=row.id, memory_domain=domain, now=timezone.now()):
                        report["created"] += 1
                    elif organization and domain and context_get().domain != domain:
                        context_update(domain=domain, now=timezone.now())
                        report["changed"] += 1
                except DomainError as error:
                    raise CommandError(f"{row.slug}: {error.detail}") from None
        self.stdout.write(json.dumps(report) if as_json else self._sentence(report))

    def _sentence(self, report: dict[str, int]) -> str:
        unchanged = report["organizations"] - report["created"] - report["changed"]
        return (
            f"{report['created']} memory contexts created, {report['changed']} changed, {unchanged} left as they were"
        )
