"""The archive of one organisation: what goes there, what comes back, whether all of it is whole, and what it costs."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from apps.accounts.models import Organization
from apps.memory.engine.reader import EVERYTHING
from apps.memory.management.base import MemoryCommand
from apps.memory.models import ArchivedMemory
from apps.memory.selectors.archived import archive_present
from apps.memory.services.archive_recall import archive_measure
from apps.memory.services.archiving import archive_sweep, archive_verify, memories_archive, memories_unarchive
from apps.memory.types import MAX_BULK_IDS, ArchiveResult

_SAMPLE = 100


class Command(MemoryCommand):
    help = (
        "The archive of an organisation's memory.\n\n"
        "  plan              the rules with what is due, and what the archive holds and saves\n"
        "  run [ID...]       apply the rules now, or archive these memories\n"
        "  restore ID... | --all   bring memories back\n"
        "  verify            unpack everything, and compare it with its hash\n"
        "  measure           how much less is found: sentences of memories are asked for, see --sample\n\n"
        "Killed in the middle, each of these can be run again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("action", choices=["plan", "run", "restore", "verify", "measure"])
        parser.add_argument("ids", nargs="*", type=UUID, metavar="ID", help="which memories")
        parser.add_argument("--all", dest="everything", action="store_true", help="restore all that is archived")
        parser.add_argument("--reason", default="", help="why; it is kept with what is archived")
        parser.add_argument("--sample", type=int, default=_SAMPLE, help="how many memories of each kind to ask about")
        parser.add_argument("--dry-run", action="store_true", help="tell what would happen, and do nothing")

    def act(self, owner: Organization, *, action: str, as_json: bool, **options: Any) -> None:
        report, lines = self._work(action, owner, quiet=as_json, **options)
        self.report(report, *lines, as_json=as_json)
        if report.get("damaged"):
            raise CommandError(f"{len(report['damaged'])} archived memories are damaged.")

    def _work(self, action: str, owner: Organization, **options: Any) -> tuple[dict[str, Any], list[str]]:
        match action:
            case "plan":
                return self._plan()
            case "run":
                return self._run(owner, **options)
            case "restore":
                return self._restore(owner, **options)
            case "verify":
                return self._verify()
            case _:
                return self._measure(owner, **options)

    def _plan(self) -> tuple[dict[str, Any], list[str]]:
        found = archive_present(now=timezone.now())
        lines = [
            f"{rule['memory_type'] or 'others'}: archived after {rule['days']} days, {rule['due']} due"
            for rule in found["rules"]
        ] or ["There are no rules."]
        lines.append(
            f"{found['memories']} memories archived: {found['size_before']} bytes of the plan have become"
            f" {found['size_after']}; {found['unpacked_bytes']} bytes lie packed in {found['packed_bytes']}"
        )
        return found, lines

    def _run(
        self, owner: Organization, *, ids: Sequence[UUID], reason: str, dry_run: bool, quiet: bool, **options: Any
    ) -> tuple[dict[str, Any], list[str]]:
        del options
        now = timezone.now()
        with tqdm(desc="archive", unit="memory", disable=True if quiet else None) as bar:
            if ids:
                done = {"": ArchiveResult()}
                for some in _parts(ids):
                    result = memories_archive(
                        organization_id=owner.id, target=some, reason=reason, user_id=None, now=now, dry_run=dry_run
                    )
                    done[""] = _sum(done[""], result)
                    bar.update(len(some))
            else:
                done = archive_sweep(organization_id=owner.id, now=now, dry_run=dry_run, on_batch=bar.update).done
        would = "would be archived" if dry_run else "archived"
        lines = [
            f"{name or 'others'}: {one.done} {would}, {one.size_before} bytes become {one.size_after}"
            for name, one in done.items()
        ] or ["Nothing is due."]
        lines += [f"{error.memory_id}: {error.detail}" for one in done.values() for error in one.errors]
        return {
            "dry_run": dry_run,
            "done": [{"memory_type": name or None, **_shown(one)} for name, one in done.items()],
        }, lines

    def _restore(
        self,
        owner: Organization,
        *,
        ids: Sequence[UUID],
        everything: bool,
        dry_run: bool,
        quiet: bool,
        **options: Any,
    ) -> tuple[dict[str, Any], list[str]]:
        del options
        if bool(ids) == everything:
            raise CommandError("Say which memories: ids, or --all.")
        rows = ArchivedMemory.objects.order_by("memory_id").values_list("memory_id", flat=True)
        wanted = list(rows) if everything else list(dict.fromkeys(ids))
        if dry_run:
            count = rows.filter(memory__in=wanted).count()
            return {"dry_run": True, "done": count}, [f"{count} memories would come back"]
        total = ArchiveResult()
        with tqdm(total=len(wanted), desc="restore", unit="memory", disable=True if quiet else None) as bar:
            for some in _parts(wanted):
                result = memories_unarchive(
                    organization_id=owner.id, memory_ids=some, reader=EVERYTHING, now=timezone.now()
                )
                total = _sum(total, result)
                bar.update(len(some))
        lines = [f"{total.done} memories came back, {total.unchanged} were there"]
        lines += [f"{one.memory_id}: {one.detail}" for one in total.errors]
        return {"dry_run": False, **_shown(total)}, lines

    def _verify(self) -> tuple[dict[str, Any], list[str]]:
        count, damaged = archive_verify()
        lines = [f"{count} archived memories, {len(damaged)} damaged", *(f"{one}: damaged" for one in damaged)]
        return {"archived": count, "damaged": damaged}, lines

    def _measure(
        self, owner: Organization, *, sample: int, quiet: bool, **options: Any
    ) -> tuple[dict[str, Any], list[str]]:
        del options
        with tqdm(desc="ask", unit="question", disable=True if quiet else None) as bar:
            found = archive_measure(organization_id=owner.id, sample=sample, now=timezone.now(), on_question=bar.update)
        lines = [
            f"{one.questions} questions about {one.about} memories, recall@10: {one.before:.3f} with everything live,"
            f" {one.without:.3f} without the archive, {one.with_stubs:.3f} with its stubs"
            for one in found
        ]
        return {"recall_at_10": [asdict(one) for one in found]}, lines


def _parts(ids: Sequence[UUID]) -> list[Sequence[UUID]]:
    return [ids[start : start + MAX_BULK_IDS] for start in range(0, len(ids), MAX_BULK_IDS)]


def _sum(one: ArchiveResult, other: ArchiveResult) -> ArchiveResult:
    return ArchiveResult(
        one.done + other.done,
        one.unchanged + other.unchanged,
        size_before=one.size_before + other.size_before,
        size_after=one.size_after + other.size_after,
        errors=(*one.errors, *other.errors),
    )


def _shown(result: ArchiveResult) -> dict[str, Any]:
    return {
        "memories": result.done,
        "unchanged": result.unchanged,
        "size_before": result.size_before,
        "size_after": result.size_after,
        "errors": [{"memory_id": one.memory_id, "code": one.code, "detail": one.detail} for one in result.errors],
    }
