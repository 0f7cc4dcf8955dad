"""Read memories anew that were read in an older way: after an upgrade, or to repair what an index holds."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from apps.accounts.models import Organization
from apps.core.tenancy.scope import organization_scope
from apps.memory.services.understanding import memories_reread, memories_understand, unread
from apps.memory.services.vectors import SHARES


class Command(BaseCommand):
    help = (
        "Have workers read again every memory that an older version has read, and all that no model has read yet. "
        "Safe to run at any time; searches go on meanwhile."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--organization", metavar="SLUG", help="only this organisation")
        parser.add_argument("--all", dest="everything", action="store_true", help="those that are up to date as well")
        parser.add_argument("--wait", action="store_true", help="do the work here, until it is done")
        parser.add_argument("--json", dest="as_json", action="store_true", help="print one JSON object")

    def handle(self, *, organization: str | None, everything: bool, wait: bool, as_json: bool, **options: Any) -> None:
        owners = Organization.objects.filter(is_active=True).order_by("slug")
        if organization is not None:
            owners = owners.filter(slug=organization)
            if not owners:
                raise CommandError(f"There is no organisation {organization!r}.")
        report = {"organizations": len(owners), "memories": 0}
        for owner in owners:
            with organization_scope(owner.id):
                report["memories"] += memories_reread(
                    organization_id=owner.id, everything=everything, now=timezone.now()
                )
                if wait:
                    self._work(owner, quiet=as_json)
        sentence = f"{report['memories']} memories of {report['organizations']} organisations are read again"
        self.stdout.write(json.dumps(report) if as_json else sentence)

    def _work(self, owner: Organization, *, quiet: bool) -> None:
        with tqdm(total=unread().count(), desc=owner.slug, unit="text", disable=True if quiet else None) as bar:
            for share in range(SHARES):
                memories_understand(organization_id=owner.id, share=share, on_batch=bar.update)
