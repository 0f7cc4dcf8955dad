"""Bring a file or a folder into an organisation's memory."""

import time
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from apps.accounts.models import Organization
from apps.core.exceptions import DomainError
from apps.core.models import Job
from apps.core.services import job_claim, job_finish, job_renew
from apps.core.tenancy.scope import public_scope
from apps.memory.adapters.documents import MEDIA_TYPES, supported
from apps.memory.adapters.documents.rows import Unreadable
from apps.memory.api.batches import checked
from apps.memory.engine.reader import EVERYTHING
from apps.memory.management.base import MemoryCommand
from apps.memory.models import Operation
from apps.memory.selectors.operations import operation_get, operation_present
from apps.memory.services.files import file_keep
from apps.memory.services.operations import READ_FILES, FileToRead, operation_create, operation_process
from apps.memory.services.reading_files import operation_read
from apps.memory.services.understanding import memories_understand, unread
from apps.memory.services.vectors import SHARES
from apps.memory.types import DEFAULT_TYPE, MAX_FILE_BYTES

_KINDS = ", ".join(ending[1:] for ending in MEDIA_TYPES)
_WAIT_SECONDS = 0.5


class Command(MemoryCommand):
    help = (
        f"Bring files into a memory: {_KINDS}. Texts get their path as external id, so running the command again adds "
        "only what is new. The files are kept as well. If it is stopped, the workers finish what it has begun."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("path", type=Path, help="a file, or a folder to read with everything in it")
        parser.add_argument("--memory-type", default=DEFAULT_TYPE, help="type of texts that name none")
        parser.add_argument("--source", default="ingest", help="source of texts that name none")
        parser.add_argument(
            "--wait", action="store_true", help="until the models have read everything; else the workers go on with it"
        )

    def act(
        self,
        owner: Organization,
        *,
        path: Path,
        memory_type: str,
        source: str,
        wait: bool,
        as_json: bool,
        **_: Any,
    ) -> None:
        if not path.exists():
            raise CommandError(f"There is no file or folder {path}.")
        files = _files(path)
        if not files:
            raise CommandError(f"{path} holds no file that ends in one of {_KINDS}.")
        defaults = {"memory_type": memory_type, "source": source}
        operation = self._begin(owner, files, root=path, defaults=defaults, as_json=as_json)
        self._read(owner, operation, as_json=as_json)
        self._work(owner, operation, as_json=as_json)
        if wait:
            self._understand(owner, as_json=as_json)
        report = operation_present(operation_get(operation_id=operation.id, reader=EVERYTHING), EVERYTHING)
        self._print({**report, "files": len(files)}, as_json=as_json)
        if report["failed"]:
            raise CommandError(f"{report['failed']} of {report['total']} texts could not be stored.")

    def _begin(
        self, owner: Organization, files: list[Path], *, root: Path, defaults: dict[str, str], as_json: bool
    ) -> Operation:
        """Keep the files, and begin the operation that reads them."""
        kept: list[FileToRead] = []
        refused: list[Unreadable] = []
        for file in tqdm(files, desc="keeping", unit="file", disable=True if as_json else None):
            name = file.name if file == root else str(file.relative_to(root))
            # A name that is not UTF-8 reaches Python with surrogates, which cannot be stored.
            name = name.encode(errors="replace").decode()
            one = _kept(owner, file, name=name, now=timezone.now())
            if isinstance(one, Unreadable):
                refused.append(one)
            else:
                kept.append(FileToRead(one.file, {**defaults, "external_id": name, "metadata": {"path": name}}))
        return operation_create(organization_id=owner.id, rows=refused, files=kept, user_id=None, now=timezone.now())

    def _read(self, owner: Organization, operation: Operation, *, as_json: bool) -> None:
        """Read the files here, unless a worker has been faster; then wait for it."""
        with tqdm(desc="reading", unit="text", disable=True if as_json else None) as bar:

            def show() -> None:
                operation.refresh_from_db(fields=["read", "status"])
                bar.update(operation.read - bar.n)

            with public_scope():
                queued = Job.objects.filter(name=READ_FILES, arguments__operation_id=str(operation.id)).first()
                job = job_claim(job_id=queued.id, now=timezone.now()) if queued else None
            if job is not None:
                job_id = job.id

                def renew() -> None:
                    job_renew(job_id=job_id, now=timezone.now())
                    show()

                operation_read(organization_id=owner.id, operation_id=operation.id, check=checked, on_wait=renew)
                with public_scope():
                    job_finish(job_id=job_id)
            show()
            while operation.status == Operation.Status.READING:
                time.sleep(_WAIT_SECONDS)
                show()

    def _work(self, owner: Organization, operation: Operation, *, as_json: bool) -> None:
        """Store items here, beside the workers, and show how far all of them have come."""
        operation.refresh_from_db()
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
        line = (
            f"{report['files']} files, {report['total']} texts: "
            f"{report['done']} stored or known, {report['failed']} failed, "
            f"{report['duplicate_count']} say nearly what others say"
        )
        self.report(report, line, as_json=as_json)
        for error in () if as_json else report["errors"]:
            self.stderr.write(f"  text {error['index']}: {error['detail']}")


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path] if supported(path.name) else []
    return sorted(file for file in path.rglob("*") if file.is_file() and supported(file.name))


def _kept(owner: Organization, file: Path, *, name: str, now: datetime) -> FileToRead | Unreadable:
    """Keep a file; what cannot be kept is a text that cannot be read."""
    try:
        if file.stat().st_size > MAX_FILE_BYTES:
            return Unreadable(f"{name}: the file is larger than {MAX_FILE_BYTES // 1024**2} MB.")
        with file.open("rb") as content:
            return FileToRead(
                file_keep(organization_id=owner.id, name=name, content=File(content), user_id=None, now=now)
            )
    except OSError as error:
        return Unreadable(f"{name}: the file cannot be read: {error.strerror}.")
    except DomainError as error:
        return Unreadable(f"{name}: {error.detail}")
