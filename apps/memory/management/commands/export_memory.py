"""Write an archive of an organisation's memory into a file."""

import shutil
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import transaction
from django.utils import timezone
from tqdm import tqdm

from apps.accounts.models import Organization
from apps.core.models import Job
from apps.core.tenancy.scope import public_scope
from apps.memory.engine.reader import EVERYTHING
from apps.memory.management.base import MemoryCommand
from apps.memory.models import Export, Memory
from apps.memory.selectors.exports import export_get, export_present
from apps.memory.selectors.memories import memories_matching
from apps.memory.services.exports import export_create, export_delete, export_fetch, export_write
from apps.memory.types import MemoryConditions


class Command(MemoryCommand):
    help = "Write an archive of a whole memory into a file; manage.py import_memory brings it back."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--output", type=Path, required=True, metavar="FILE", help="the zip to write")
        parser.add_argument("--memory-type", help="only memories of this type, those that are live")
        parser.add_argument("--without-versions", action="store_true", help="leave out former revisions")
        parser.add_argument("--without-files", action="store_true", help="leave out the originals of files")
        parser.add_argument("--dry-run", action="store_true", help="only say how many memories it would hold")

    def act(
        self,
        owner: Organization,
        *,
        output: Path,
        memory_type: str | None,
        without_versions: bool,
        without_files: bool,
        dry_run: bool,
        as_json: bool,
        **_: Any,
    ) -> None:
        if output.exists():
            raise CommandError(f"{output} is there already.")
        now = timezone.now()
        if dry_run:
            conditions = MemoryConditions(memory_type=memory_type)
            rows = memories_matching(conditions, reader=EVERYTHING, now=now) if memory_type else Memory.objects.all()
            count = rows.count()
            self.report({"memories": count, "dry_run": True}, f"{count} memories would be written", as_json=as_json)
            return
        export = export_create(
            organization_id=owner.id,
            conditions={"memory_type": memory_type} if memory_type else None,
            include_versions=not without_versions,
            include_files=not without_files,
            user_id=None,
            now=now,
        )
        report = self._write(owner, export, output, as_json=as_json)
        counts = ", ".join(f"{number} {name}" for name, number in report["counts"].items())
        line = f"{counts}; {report['size_bytes']} bytes, SHA-256 {report['sha256']}"
        self.report(report, line, as_json=as_json)

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
