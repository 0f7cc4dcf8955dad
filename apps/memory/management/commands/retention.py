"""Look after how long the memories of one organisation are kept, and erase some of them."""

import json
from argparse import RawDescriptionHelpFormatter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from apps.accounts.models import Organization
from apps.core.exceptions import DomainError
from apps.core.strict_json import StrictJSONError, loads
from apps.core.tenancy.scope import organization_scope
from apps.memory.engine.filters import FilterError, parse_filter
from apps.memory.selectors.erasures import erasure_present, erasures
from apps.memory.selectors.holds import hold_present, holds_in_force
from apps.memory.services.erasing import erasure_certify, memories_erase
from apps.memory.services.retention import retention_due, retention_sweep
from apps.memory.types import MemoryConditions

_SHOWN = 20


class Command(BaseCommand):
    help = (
        "How long the memories of an organisation are kept, and erasures.\n\n"
        "  show       the rules with what is due, the legal holds in force, and the last erasures\n"
        "  sweep      apply the rules now\n"
        "  erase ID... | --filter JSON   erase memories wherever they are, and sign the certificate\n\n"
        "An erasure has no way back. See `verify_erasure` for certificates."
    )

    def create_parser(self, *args: Any, **kwargs: Any) -> CommandParser:
        return super().create_parser(*args, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["show", "sweep", "erase"])
        parser.add_argument("ids", nargs="*", type=UUID, metavar="ID", help="which memories to erase")
        parser.add_argument("--organization", metavar="SLUG", required=True, help="whose memory")
        parser.add_argument("--filter", metavar="JSON", help="erase those that satisfy this filter of the API")
        parser.add_argument("--reason", default="", help="why; it stands in the certificate")
        parser.add_argument("--dry-run", action="store_true", help="tell what would happen, and do nothing")
        parser.add_argument("--json", dest="as_json", action="store_true", help="print one JSON object")

    def handle(self, *, action: str, organization: str, **options: Any) -> None:
        owner = Organization.objects.filter(slug=organization, is_active=True).first()
        if owner is None:
            raise CommandError(f"There is no organisation {organization!r}.")
        with organization_scope(owner.id):
            try:
                match action:
                    case "show":
                        self._show(**options)
                    case "sweep":
                        self._sweep(owner, **options)
                    case _:
                        self._erase(owner, **options)
            except DomainError as error:
                raise CommandError(error.detail) from None

    def _show(self, *, as_json: bool, **options: Any) -> None:
        del options
        rules = [
            {"memory_type": rule.memory_type or None, "days": rule.days, "action": rule.action, "due": rows.count()}
            for rule, rows in retention_due(now=timezone.now())
        ]
        holds = [hold_present(hold) for hold in holds_in_force()]
        last = [erasure_present(one) for one in erasures().order_by("-requested_at")[:_SHOWN]]
        if as_json:
            self.stdout.write(json.dumps({"rules": rules, "holds": holds, "erasures": last}, default=str))
            return
        for rule in rules:
            kept = f"{rule['memory_type'] or 'others'}: {rule['action']} after {rule['days']} days"
            self.stdout.write(f"{kept}, {rule['due']} due")
        for hold in holds:
            self.stdout.write(f"hold {hold['name']}: keeps {hold['memories']} memories")
        for one in last:
            self.stdout.write(f"erasure {one['id']}: {one['status']}, {one['memories']} memories, {one['reason']}")
        if not (rules or holds or last):
            self.stdout.write("Memories are kept until somebody deletes them; nothing has been erased.")

    def _sweep(self, owner: Organization, *, dry_run: bool, as_json: bool, **options: Any) -> None:
        del options
        with tqdm(desc="sweep", unit="memory", disable=True if as_json else None) as bar:
            done = retention_sweep(organization_id=owner.id, now=timezone.now(), dry_run=dry_run, on_batch=bar.update)
        if as_json:
            rows = [{"memory_type": name or None, "memories": count} for name, count in done.items()]
            self.stdout.write(json.dumps({"dry_run": dry_run, "done": rows}))
            return
        would = "would go" if dry_run else "went"
        for name, count in done.items():
            self.stdout.write(f"{name or 'others'}: {count} memories {would}")
        if not done:
            self.stdout.write("There are no rules.")

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
        if as_json:
            self.stdout.write(json.dumps({"dry_run": dry_run, **shown}, default=str))
            return
        for place in shown["places"]:
            after = "" if dry_run else f", {place['after']} afterwards"
            self.stdout.write(f"{place['place']}: {place['before']}{after}")
        done = "would be erased" if dry_run else f"erased, certificate {shown['number']}"
        self.stdout.write(f"{shown['memories']} memories {done}")


def _conditions(text: str) -> MemoryConditions:
    try:
        conditions = MemoryConditions(filter=parse_filter(loads(text.encode(errors="surrogatepass"))))
    except (StrictJSONError, FilterError) as error:
        raise CommandError(f"--filter: {error}") from None
    if conditions.empty:
        raise CommandError("The filter lets every memory through.")
    return conditions
