"""Bring an archive of a memory into an organisation's memory."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from apps.accounts.models import Organization
from apps.core.models import Job
from apps.core.services import job_claim, job_finish, job_renew
from apps.core.tenancy.scope import public_scope
from apps.memory.management.base import MemoryCommand
from apps.memory.models import Import
from apps.memory.selectors.exports import fault_present, import_get, import_present
from apps.memory.services.imports import READ_ARCHIVE, import_create, import_preview, import_process

_SHOWN = 100


class Command(MemoryCommand):
    help = (
        "Bring an archive into a memory. What is there already stays as it is, so running the command again adds only "
        "what is new. If it is stopped, the workers finish what it has begun."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("path", type=Path, help="a zip that an export has made")
        parser.add_argument("--dry-run", action="store_true", help="check everything, and only say what would happen")

    def act(self, owner: Organization, *, path: Path, dry_run: bool, as_json: bool, **_: Any) -> None:
        try:
            with path.open("rb") as file:
                content = File(file)
                report = self._preview(content) if dry_run else self._bring(owner, path.name, content, as_json=as_json)
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from None
        self._print(report, as_json=as_json)
        if report["failed"] or report.get("error"):
            raise CommandError((report.get("error") or {}).get("detail") or f"{report['failed']} lines were not taken.")

    def _preview(self, content: "File[Any]") -> dict[str, Any]:
        found = import_preview(content=content, now=timezone.now())
        return {
            "dry_run": True,
            "total": found.total,
            "created": found.created,
            "skipped": found.skipped,
            "failed": found.failed,
            "holds": [one.model_dump(mode="json") for one in found.holds],
            "rules": [one.model_dump(mode="json") for one in found.rules],
            "errors": [
                {"member": member, "line": one.line, "memory_id": one.memory_id, "code": one.code, "detail": one.detail}
                for member, one in found.faults[:_SHOWN]
            ],
        }

    def _bring(self, owner: Organization, name: str, content: "File[Any]", *, as_json: bool) -> dict[str, Any]:
        one = import_create(organization_id=owner.id, name=name, content=content, user_id=None, now=timezone.now())
        with public_scope():
            queued = Job.objects.filter(name=READ_ARCHIVE, arguments__import_id=str(one.id)).first()
            job = job_claim(job_id=queued.id, now=timezone.now()) if queued else None
        if job is None:
            raise CommandError("A worker has taken the import in hand; follow it there.")
        job_id = job.id
        with tqdm(total=one.total, desc="bringing", unit="memory", disable=True if as_json else None) as bar:

            def show() -> None:
                job_renew(job_id=job_id, now=timezone.now())
                found = Import.objects.get(id=one.id)
                bar.update(found.created + found.skipped - bar.n)

            import_process(organization_id=owner.id, import_id=one.id, on_wait=show)
        with public_scope():
            job_finish(job_id=job_id)
        found = import_get(import_id=one.id)
        errors = [fault_present(fault) for fault in found.faults.order_by("created_at", "id")[:_SHOWN]]
        return {**import_present(found), "errors": errors}

    def _print(self, report: dict[str, Any], *, as_json: bool) -> None:
        would = "would be " if "dry_run" in report else ""
        line = (
            f"{report['total']} memories in the archive: {report['created']} {would}brought, {report['skipped']} there "
            f"already, {report['failed']} lines not taken"
        )
        self.report(report, line, *_rules(report), as_json=as_json)
        for error in () if as_json else report["errors"]:
            self.stderr.write(f"  {error['member']} line {error['line']}: {error['detail']}")


def _rules(report: dict[str, Any]) -> Iterator[str]:
    if "dry_run" not in report:
        if report["holds"] or report["rules"]:
            yield (
                f"{report['holds']} legal holds and {report['rules']} rules brought; rules for retention are not "
                "active until somebody sets them"
            )
        if report["rules_off"]:
            yield f"no rule deletes memories of these types until then: {', '.join(report['rules_off'])}"
        return
    for one in report["holds"]:
        yield f"legal hold {one['name']!r}, " + ("released" if one["released_at"] else "in force")
    for one in report["rules"]:
        becomes = f"{one['action']}, not active" if one["action"] else "archived"
        yield f"rule for {one['memory_type'] or 'others'}: {becomes}, after {one['days']} days"
