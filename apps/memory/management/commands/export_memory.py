"""Write an archive of an organisation's memory into a file."""

import json
import shutil
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone
from tqdm import tqdm

from apps.accounts.models import Organization
from apps.core.exceptions import DomainError
from apps.core.models import Job
from apps.core.tenancy.scope import organization_scope, public_scope
from apps.memory.models import Export, Memory
from apps.memory.selectors.exports import export_get, export_present
from apps.memory.services.exports import export_create, export_delete, export_fetch, export_write


class Command(BaseCommand):
    help = "Write an archive of a whole memory into a file; manage.py import_memory brings it back."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--organization", metavar="SLUG", required=True, help="whose memory")
        parser.add_argument("--output", type=Path, required=True, metavar="FILE", help="the zip to write")
        parser.add_argument("--memory-type", help="only memories of this type, those that are live")
        parser.add_argument("--without-versions", action="store_true", help="leave out former revisions")
        parser.add_argument("--without-files", action="store_true", help="leave out the originals of files")
        parser.add_argument("--dry-run", action="store_true", help="only say how many memories it would hold")
        parser.add_argument("--json", dest="as_json", action="store_true", help="print one JSON object")

    def handle(
        self,
        *,
        organization: str,
        output: Path,
        memory_type: str | None,
        without_versions: bool,
        without_files: bool,
        dry_run: bool,
        as_json: bool,
        **options: Any,
    ) -> None:
        owner = Organization.objects.filter(slug=organization, is_active=True).first()
        if owner is None:
            raise CommandError(f"There is no organisation {organization!r}.")
        if output.exists():
            raise CommandError(f"{output} is there already.")
        conditions = {"memory_type": memory_type} if memory_type else None
        with organization_scope(owner.id):
            if dry_run:
                now = timezone.now()
                rows = Memory.objects.live(now).filter(memory_type=memory_type) if memory_type else Memory.objects.all()
                self._print({"memories": rows.count(), "dry_run": True}, as_json=as_json)
                return
            try:
                export = export_create(
                    organization_id=owner.id,
                    conditions=conditions,
                    include_versions=not without_versions,
                    include_files=not without_files,
                    user_id=None,
                    now=timezone.now(),
                )
            except DomainError as error:
                raise CommandError(error.detail) from None
            report = self._write(owner, export, output, as_json=as_json)
        self._print(report, as_json=as_json)

    def _write(self, owner: Organization, export: Export, output: Path, *, as_json: bool) -> dict[str, Any]:
        """Write the archive here, and take it out of the storage: it is the operator's now."""
        with public_scope():
            Job.objects.filter(arguments__export_id=str(export.id)).delete()
        try:
            with tqdm(desc="writing", unit="memory", disable=True if as_json else None) as bar:

                def show() -> None:
                    export.refresh_from_db(fields=["done", "total"])
                    bar.total = export.total
                    bar.update(export.done - bar.n)

                export_write(organization_id=owner.id, export_id=export.id, on_wait=show, now=timezone.now())
            written, content = export_fetch(export_id=export.id, now=timezone.now())
            with content, output.open("xb") as file:
                shutil.copyfileobj(content, file)
            return export_present(export_get(export_id=written.id, now=timezone.now()))
        finally:
            with transaction.atomic():
                export_delete(organization_id=owner.id, export_id=export.id, now=timezone.now())

    def _print(self, report: dict[str, Any], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(report, default=str))
        elif "dry_run" in report:
            self.stdout.write(f"{report['memories']} memories would be written")
        else:
            counts = ", ".join(f"{count} {name}" for name, count in report["counts"].items())
            self.stdout.write(f"{counts}; {report['size_bytes']} bytes, SHA-256 {report['sha256']}")
