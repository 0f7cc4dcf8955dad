"""Look after what is open to whom in the memory of one organisation."""

import json
from argparse import RawDescriptionHelpFormatter
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import Organization
from apps.core.api.pagination import MAX_LIMIT
from apps.core.exceptions import DomainError
from apps.core.tenancy.scope import organization_scope
from apps.memory.api.serializers_grants import GrantInput
from apps.memory.models import Grant
from apps.memory.selectors.grants import grant_present, grants_page, principal_names, sharing_present
from apps.memory.services.grants import grant_make, grant_revoke
from apps.memory.types import GrantOffer


class Command(BaseCommand):
    help = (
        "Whose memories are open to whom in an organisation.\n\n"
        "  list       grants, the latest first, page by page\n"
        "  sharing    what modules share by their manifests, and what they keep\n"
        "  give       open memories; --grant takes the JSON of the API's POST /memory/grants\n"
        "  revoke     end the grant with an id, for good"
    )

    def create_parser(self, *args: Any, **kwargs: Any) -> CommandParser:
        return super().create_parser(*args, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["list", "sharing", "give", "revoke"])
        parser.add_argument("id", nargs="?", type=UUID, help="of the grant to revoke")
        parser.add_argument("--organization", metavar="SLUG", required=True, help="whose memory")
        parser.add_argument("--grant", metavar="JSON", help="what to give")
        parser.add_argument("--limit", type=int, default=20, help=f"rows of a page of the list, 1 to {MAX_LIMIT}")
        parser.add_argument("--cursor", help="where the next page of the list begins")
        parser.add_argument("--dry-run", action="store_true", help="do everything and take it back")
        parser.add_argument("--json", dest="as_json", action="store_true", help="print one JSON object")

    def handle(self, *, action: str, organization: str, **options: Any) -> None:
        owner = Organization.objects.filter(slug=organization, is_active=True).first()
        if owner is None:
            raise CommandError(f"There is no organisation {organization!r}.")
        with organization_scope(owner.id):
            try:
                if action == "list":
                    self._list(**options)
                elif action == "sharing":
                    self._sharing(**options)
                else:
                    self._change(owner, action, **options)
            except DomainError as error:
                raise CommandError(error.detail) from None

    def _list(self, *, limit: int, cursor: str | None, as_json: bool, **_: Any) -> None:
        if not 1 <= limit <= MAX_LIMIT:
            raise CommandError(f"--limit is a number from 1 to {MAX_LIMIT}.")
        page = grants_page(in_force=None, cursor=cursor, limit=limit, now=timezone.now())
        if as_json:
            self.stdout.write(json.dumps(page, default=str))
            return
        for row in page["results"]:
            self.stdout.write(_line(row))
        self.stdout.write(f"{len(page['results'])} of {page['total']} grants")
        if page["next"]:
            self.stdout.write(f"next page: --cursor {page['next']}")

    def _sharing(self, *, as_json: bool, **_: Any) -> None:
        rows = sharing_present()
        if as_json:
            self.stdout.write(json.dumps({"results": rows}))
            return
        for row in rows:
            shared, closed = (", ".join(row[name]) or "nothing" for name in ("shared_types", "closed_types"))
            self.stdout.write(f"{row['module']}  shares {shared}; keeps {closed}")

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
        self.stdout.write(json.dumps({**row, "dry_run": dry_run}, default=str) if as_json else _line(row))
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


def _line(row: dict[str, Any]) -> str:
    types = ", ".join(row["memory_types"]) or "all types"
    principal, rights = row["principal"], ", ".join(row["rights"])
    return f"{row['id']}  {row['status']}  {principal['kind']} {principal['name']}: {rights} {row['module']} ({types})"
