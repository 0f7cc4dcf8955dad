"""Look after the legal holds of one organisation."""

import json
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import Organization
from apps.core.api.pagination import page_of
from apps.memory.api.serializers_lifecycle import HoldInput
from apps.memory.management.base import MemoryCommand, add_page_arguments
from apps.memory.models import LegalHold
from apps.memory.selectors.holds import hold_present, holds
from apps.memory.services.holds import hold_place, hold_release


class Command(MemoryCommand):
    help = (
        "Orders to keep memories, whatever asks for their deletion.\n\n"
        "  list                                     holds, the latest first, page by page\n"
        "  place --name NAME --filter JSON | --all   keep memories, as they are or ever were\n"
        "  release ID                               lift a hold, for good\n\n"
        "An organisation with a hold cannot be deleted."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        add_page_arguments(parser)
        parser.add_argument("action", choices=["list", "place", "release"])
        parser.add_argument("id", nargs="?", type=UUID, help="of the hold to release")
        parser.add_argument("--name", help="by which people will know it")
        parser.add_argument("--reason", default="", help="why; shown with it")
        parser.add_argument("--filter", metavar="JSON", help="keep those that satisfy this filter of the API")
        parser.add_argument("--all", dest="everything", action="store_true", help="keep every memory")
        parser.add_argument("--dry-run", action="store_true", help="do everything and take it back")

    def act(self, owner: Organization, *, action: str, **options: Any) -> None:
        del owner
        if action == "list":
            self._list(**options)
        else:
            self._change(action, **options)

    def _list(self, *, limit: int, cursor: str | None, as_json: bool, **_: Any) -> None:
        page = page_of(holds(), order="-created_at", cursor=cursor, limit=limit, present=hold_present)
        self.report_page(page, what="holds", line=_line, as_json=as_json)

    @transaction.atomic
    def _change(self, action: str, *, dry_run: bool, as_json: bool, **options: Any) -> None:
        now = timezone.now()
        if action == "place":
            hold = _place(**options)
        elif options["id"] is None:
            raise CommandError("Say which hold to release, by its id.")
        else:
            hold = hold_release(hold_id=options["id"], user_id=None, now=now)
        row = hold_present(hold)
        self.report({**row, "dry_run": dry_run}, _line(row), as_json=as_json)
        if dry_run:
            transaction.set_rollback(True)


def _place(*, name: str | None, reason: str, everything: bool, **options: Any) -> LegalHold:
    if (options["filter"] is None) != everything:
        raise CommandError("Say which memories: --filter JSON, or --all.")
    checked = HoldInput(data={"name": name, "reason": reason, "filters": {} if everything else options["filter"]})
    if not checked.is_valid():
        raise CommandError(json.dumps(checked.errors, default=str))
    return hold_place(**checked.validated_data, user_id=None, now=timezone.now())


def _line(row: dict[str, Any]) -> str:
    about = json.dumps(row["filters"], ensure_ascii=False) if row["filters"] else "everything"
    state = f"released {row['released_at']:%Y-%m-%d}" if row["released_at"] else f"keeps {row['memories']} memories"
    return f"{row['id']}  {row['name']}: {state}, placed {row['created_at']:%Y-%m-%d} on {about}"
