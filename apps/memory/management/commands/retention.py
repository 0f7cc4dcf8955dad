"""Look after how long the memories of one organisation are kept, and erase some of them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from apps.accounts.models import Organization
from apps.memory.management.base import MemoryCommand, conditions_read
from apps.memory.selectors.erasures import erasure_present, erasures
from apps.memory.selectors.holds import hold_present, holds_in_force
from apps.memory.services.erasing import erasure_certify, memories_erase
from apps.memory.services.retention import retention_due, retention_sweep
from apps.memory.types import MemoryConditions

_SHOWN = 20


class Command(MemoryCommand):
    help = (
        "How long the memories of an organisation are kept, and erasures.\n\n"
        "  show       the rules with what is due, the legal holds in force, and the last erasures\n"
        "  sweep      apply the rules now\n"
        "  erase ID... | --filter JSON   erase memories wherever they are, and sign the certificate\n\n"
        "An erasure has no way back. See `verify_erasure` for certificates."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("action", choices=["show", "sweep", "erase"])
        parser.add_argument("ids", nargs="*", type=UUID, metavar="ID", help="which memories to erase")
        parser.add_argument("--filter", metavar="JSON", help="erase those that satisfy this filter of the API")
        parser.add_argument("--reason", default="", help="why; it stands in the certificate")
        parser.add_argument("--dry-run", action="store_true", help="tell what would happen, and do nothing")

    def act(self, owner: Organization, *, action: str, **options: Any) -> None:
        match action:
            case "show":
                self._show(**options)
            case "sweep":
                self._sweep(owner, **options)
            case _:
                self._erase(owner, **options)

    def _show(self, *, as_json: bool, **options: Any) -> None:
        del options
        rules = [
            {
                "memory_type": rule.memory_type or None,
                "days": rule.days,
                "action": rule.action,
                "active": rule.active,
                "due": rows.count(),
            }
            for rule, rows in retention_due(now=timezone.now())
        ]
        holds = [hold_present(hold) for hold in holds_in_force()]
        last = [erasure_present(one) for one in erasures().order_by("-requested_at")[:_SHOWN]]
        lines = [
            *(
                f"{one['memory_type'] or 'others'}: {one['action']} after {one['days']} days, {one['due']} due"
                + ("" if one["active"] else ", not active")
                for one in rules
            ),
            *(f"hold {one['name']}: keeps {one['memories']} memories" for one in holds),
            *(f"erasure {one['id']}: {one['status']}, {one['memories']} memories, {one['reason']}" for one in last),
        ] or ["Memories are kept until somebody deletes them; nothing has been erased."]
        self.report({"rules": rules, "holds": holds, "erasures": last}, *lines, as_json=as_json)

    def _sweep(self, owner: Organization, *, dry_run: bool, as_json: bool, **options: Any) -> None:
        del options
        with tqdm(desc="sweep", unit="memory", disable=True if as_json else None) as bar:
            done = retention_sweep(organization_id=owner.id, now=timezone.now(), dry_run=dry_run, on_batch=bar.update)
        rows = [{"memory_type": name or None, "memories": count} for name, count in done.items()]
        would = "would go" if dry_run else "went"
        lines = [f"{name or 'others'}: {count} memories {would}" for name, count in done.items()]
        self.report({"dry_run": dry_run, "done": rows}, *(lines or ["There are no rules."]), as_json=as_json)

    def _erase(
        self, owner: Organization, *, ids: Sequence[UUID], reason: str, dry_run: bool, as_json: bool, **options: Any
    ) -> None:
        if bool(ids) == (options["filter"] is not None):
            raise CommandError("Say which memories: ids, or --filter JSON.")
        if not reason and not dry_run:
            raise CommandError("Say why, with --reason.")
        target = list(dict.fromkeys(ids)) or _conditions(options["filter"])
        now = timezone.now()
        erasure = memories_erase(
            organization_id=owner.id, target=target, reason=reason, user_id=None, now=now, dry_run=dry_run
        )
        if not dry_run:
            erasure = erasure_certify(erasure_id=erasure.id, now=timezone.now())
        shown = erasure_present(erasure)
        done = "would be erased" if dry_run else f"erased, certificate {shown['number']}"
        lines = [
            f"{one['place']}: {one['before']}" + ("" if dry_run else f", {one['after']} afterwards")
            for one in shown["places"]
        ]
        self.report({"dry_run": dry_run, **shown}, *lines, f"{shown['memories']} memories {done}", as_json=as_json)


def _conditions(text: str) -> MemoryConditions:
    conditions = conditions_read(text)
    if conditions.empty:
        raise CommandError("The filter lets every memory through.")
    return conditions
