"""Look after what is open to whom in the memory of one organisation."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import Organization
from apps.memory.api.serializers_grants import GrantInput
from apps.memory.management.base import MemoryCommand, add_page_arguments
from apps.memory.models import Grant
from apps.memory.selectors.grants import grant_present, grants_page, principal_names, sharing_present
from apps.memory.services.grants import grant_make, grant_revoke
from apps.memory.types import GrantOffer


class Command(MemoryCommand):
    help = (
        "Whose memories are open to whom in an organisation.\n\n"
        "  list       grants, the latest first, page by page\n"
        "  sharing    what modules share by their manifests, and what they keep\n"
        "  give       open memories; --grant takes the JSON of the API's POST /memory/grants\n"
        "  revoke     end the grant with an id, for good"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("action", choices=["list", "sharing", "give", "revoke"])
        parser.add_argument("id", nargs="?", type=UUID, help="of the grant to revoke")
        parser.add_argument("--grant", metavar="JSON", help="what to give")
        add_page_arguments(parser)
        parser.add_argument("--dry-run", action="store_true", help="do everything and take it back")

    def act(self, owner: Organization, *, action: str, **options: Any) -> None:
        match action:
            case "list":
                self._list(**options)
            case "sharing":
                self._sharing(**options)
            case _:
                self._change(owner, action, **options)

    def _list(self, *, limit: int, cursor: str | None, as_json: bool, **_: Any) -> None:
        page = grants_page(in_force=None, cursor=cursor, limit=limit, now=timezone.now())
        self.report_page(page, what="grants", line=_line, as_json=as_json)

    def _sharing(self, *, as_json: bool, **_: Any) -> None:
        rows = sharing_present()
        self.report({"results": rows}, *map(_sharing_line, rows), as_json=as_json)

    @transaction.atomic
    def _change(
        self, owner: Organization, action: str, *, grant: str | None, dry_run: bool, as_json: bool, **options: Any
    ) -> None:
        now = timezone.now()
        if action == "give":
            made = grant_make(organization_id=owner.id, offer=_offer(grant), user_id=None, now=now)
        elif options["id"] is None:
            raise CommandError("Say which grant to revoke, by its id.")
        else:
            made = grant_revoke(grant_id=options["id"], user_id=None, now=now)
        row = _shown(made, now=now)
        self.report({**row, "dry_run": dry_run}, _line(row), as_json=as_json)
        if dry_run:
            transaction.set_rollback(True)


def _offer(text: str | None) -> GrantOffer:
    try:
        checked = GrantInput(data=json.loads(text or ""))
    except ValueError:
        raise CommandError("--grant is the JSON of what to give.") from None
    if not checked.is_valid():
        raise CommandError(json.dumps(checked.errors, default=str))
    return GrantOffer(**checked.validated_data)


def _shown(grant: Grant, *, now: datetime) -> dict[str, Any]:
    return grant_present(grant, principal_names([grant]), now=now)


def _sharing_line(row: dict[str, Any]) -> str:
    shared, closed = (", ".join(row[name]) or "nothing" for name in ("shared_types", "closed_types"))
    return f"{row['module']}  shares {shared}; keeps {closed}"


def _line(row: dict[str, Any]) -> str:
    types = ", ".join(row["memory_types"]) or "all types"
    principal, rights = row["principal"], ", ".join(row["rights"])
    return f"{row['id']}  {row['status']}  {principal['kind']} {principal['name']}: {rights} {row['module']} ({types})"
