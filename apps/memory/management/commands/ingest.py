"""Bring a file or a folder into an organisation's memory."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from apps.accounts.models import Organization
from apps.core.tenancy.scope import organization_scope
from apps.memory.adapters.documents import Row, Unreadable, read_document, supported
from apps.memory.api.batches import checked
from apps.memory.models import Operation
from apps.memory.selectors.operations import operation_get, operation_present
from apps.memory.services.operations import operation_create, operation_process
from apps.memory.services.understanding import SHARES, memories_understand, unread
from apps.memory.types import DEFAULT_TYPE

MAX_FILE_BYTES = 64 * 1024 * 1024
_EXTERNAL_ID_LENGTH = 200


class Command(BaseCommand):
    help = (
        "Bring md, txt, jsonl and csv files into a memory. Texts get their path as external id, so running the command "
        "again adds only what is new. If it is stopped, the workers finish what it has begun."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="a file, or a folder to read with everything in it")
        parser.add_argument("--organization", metavar="SLUG", required=True, help="whose memory")
        parser.add_argument("--memory-type", default=DEFAULT_TYPE, help="type of texts that name none")
        parser.add_argument("--source", default="ingest", help="source of texts that name none")
        parser.add_argument(
            "--wait", action="store_true", help="until the models have read everything; else the workers go on with it"
        )
        parser.add_argument("--json", dest="as_json", action="store_true", help="print one JSON object")

    def handle(
        self,
        *,
        path: Path,
        organization: str,
        memory_type: str,
        source: str,
        wait: bool,
        as_json: bool,
        **options: Any,
    ) -> None:
        owner = Organization.objects.filter(slug=organization, is_active=True).first()
        if owner is None:
            raise CommandError(f"There is no organisation {organization!r}.")
        if not path.exists():
            raise CommandError(f"There is no file or folder {path}.")
        files = _files(path)
        if not files:
            raise CommandError(f"{path} holds no md, txt, jsonl or csv file.")
        defaults = {"memory_type": memory_type, "source": source}
        with organization_scope(owner.id):
            reading = tqdm(files, desc="reading", unit="file", disable=True if as_json else None)
            rows = checked(row for file in reading for row in _rows(file, root=path, defaults=defaults))
            operation = operation_create(organization_id=owner.id, rows=rows, user_id=None, now=timezone.now())
            self._work(owner, operation, as_json=as_json)
            if wait:
                self._understand(owner, as_json=as_json)
            report = operation_present(operation_get(operation_id=operation.id))
        self._print({**report, "files": len(files)}, as_json=as_json)
        if report["failed"]:
            raise CommandError(f"{report['failed']} of {report['total']} texts could not be stored.")

    def _work(self, owner: Organization, operation: Operation, *, as_json: bool) -> None:
        """Store items here, beside the workers, and show how far all of them have come."""
        with tqdm(total=operation.total, desc="storing", unit="text", disable=True if as_json else None) as bar:

            def show() -> None:
                operation.refresh_from_db(fields=["done", "failed"])
                bar.update(operation.done + operation.failed - bar.n)

            operation_process(organization_id=owner.id, operation_id=operation.id, on_item=show)
            show()

    def _understand(self, owner: Organization, *, as_json: bool) -> None:
        """Have the models read here, beside the workers, what is stored by its words alone."""
        left = unread().count()
        with tqdm(total=left, desc="reading by the models", unit="text", disable=True if as_json else None) as bar:
            for share in range(SHARES):
                memories_understand(organization_id=owner.id, share=share, on_batch=bar.update)

    def _print(self, report: dict[str, Any], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(report, default=str))
            return
        self.stdout.write(
            f"{report['files']} files, {report['total']} texts: "
            f"{report['done']} stored or known, {report['failed']} failed, "
            f"{report['duplicate_count']} say nearly what others say"
        )
        for error in report["errors"]:
            self.stderr.write(f"  text {error['index']}: {error['detail']}")


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path] if supported(path.name) else []
    return sorted(file for file in path.rglob("*") if file.is_file() and supported(file.name))


def _rows(file: Path, *, root: Path, defaults: dict[str, str]) -> Iterator[Row]:
    name = file.name if file == root else str(file.relative_to(root))
    # A name that is not UTF-8 reaches Python with surrogates, which cannot be stored.
    name = name.encode(errors="replace").decode()
    try:
        if file.stat().st_size > MAX_FILE_BYTES:
            yield Unreadable(f"{name}: the file is larger than {MAX_FILE_BYTES // 1024**2} MB.")
            return
        data = file.read_bytes()
    except OSError as error:
        yield Unreadable(f"{name}: the file cannot be read: {error.strerror}.")
        return
    for number, row in enumerate(read_document(file.name, data), start=1):
        if isinstance(row, Unreadable):
            yield Unreadable(f"{name}: {row.detail}")
        else:
            metadata = row.get("metadata", {})
            if isinstance(metadata, Mapping):
                metadata = {"path": name, **metadata}
            # The end of a long path tells files apart better than its beginning.
            yield {"external_id": f"{name}#{number}"[-_EXTERNAL_ID_LENGTH:], **defaults, **row, "metadata": metadata}
