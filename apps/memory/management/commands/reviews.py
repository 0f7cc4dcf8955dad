"""Look after the review queue of one organisation."""

import json
from argparse import RawDescriptionHelpFormatter
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from apps.accounts.models import Organization
from apps.core.api.pagination import MAX_LIMIT, page_of
from apps.core.exceptions import DomainError
from apps.core.tenancy.scope import organization_scope
from apps.memory.engine.reader import EVERYTHING
from apps.memory.selectors.reviews import progress_present, review_summary, reviews_matching
from apps.memory.services.reviews import reviews_find, reviews_rescan
from apps.memory.types import ReviewKind, ReviewStatus

_SHOWN = 50


class Command(BaseCommand):
    help = (
        "The pairs of memories of an organisation that people are to decide about.\n\n"
        "  list       pairs, the latest first, page by page\n"
        "  progress   how many memories wait to be compared, and how many pairs are open\n"
        "  rescan     compare every memory again; what was decided stays"
    )

    def create_parser(self, *args: Any, **kwargs: Any) -> CommandParser:
        return super().create_parser(*args, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["list", "progress", "rescan"])
        parser.add_argument("--organization", metavar="SLUG", required=True, help="whose memory")
        parser.add_argument("--status", choices=[one.value for one in ReviewStatus], default="open", help="of the list")
        parser.add_argument("--kind", choices=[one.value for one in ReviewKind], help="of the list")
        parser.add_argument("--limit", type=int, default=20, help=f"rows of a page of the list, 1 to {MAX_LIMIT}")
        parser.add_argument("--cursor", help="where the next page of the list begins")
        parser.add_argument("--wait", action="store_true", help="do the work of a rescan here, until it is done")
        parser.add_argument("--dry-run", action="store_true", help="tell what a rescan would do, and do nothing")
        parser.add_argument("--json", dest="as_json", action="store_true", help="print one JSON object")

    def handle(self, *, action: str, organization: str, **options: Any) -> None:
        owner = Organization.objects.filter(slug=organization, is_active=True).first()
        if owner is None:
            raise CommandError(f"There is no organisation {organization!r}.")
        with organization_scope(owner.id):
            try:
                if action == "list":
                    self._list(**options)
                elif action == "progress":
                    self._progress(**options)
                else:
                    self._rescan(owner, **options)
            except DomainError as error:
                raise CommandError(error.detail) from None

    def _list(self, *, status: str, kind: str | None, limit: int, cursor: str | None, **options: Any) -> None:
        if not 1 <= limit <= MAX_LIMIT:
            raise CommandError(f"--limit is a number from 1 to {MAX_LIMIT}.")
        now = timezone.now()
        rows = reviews_matching(
            status=ReviewStatus(status), reader=EVERYTHING, kind=ReviewKind(kind) if kind else None, now=now
        )
        present = partial(review_summary, now=now)
        page = page_of(rows, order="-opened_at", cursor=cursor, limit=limit, present=present)
        if options["as_json"]:
            self.stdout.write(json.dumps(page, default=str))
            return
        for row in page["results"]:
            self.stdout.write(f"{row['review_id']}  {row['kind']}  {row['score']:.2f}")
            for side in ("older", "newer"):
                text = "not to be read at present" if row[side] is None else row[side]["excerpt"][:_SHOWN]
                self.stdout.write(f"  {side}: {text}")
        self.stdout.write(f"{len(page['results'])} of {page['total']} pairs")
        if page["next"]:
            self.stdout.write(f"next page: --cursor {page['next']}")

    def _progress(self, *, as_json: bool, **_: Any) -> None:
        found = progress_present(now=timezone.now())
        if as_json:
            self.stdout.write(json.dumps(found, default=str))
            return
        self.stdout.write(
            f"{found['waiting']} memories wait to be compared; {found['open']} pairs to decide about: "
            f"{found['duplicate']} duplicates, {found['contradiction']} contradictions"
        )

    def _rescan(self, owner: Organization, *, wait: bool, dry_run: bool, as_json: bool, **_: Any) -> None:
        count = reviews_rescan(organization_id=owner.id, now=timezone.now(), dry_run=dry_run)
        if wait and not dry_run:
            waiting = progress_present(now=timezone.now())["waiting"]
            with tqdm(total=waiting, desc="compare", unit="memory", disable=True if as_json else None) as bar:
                reviews_find(on_batch=bar.update)
        if as_json:
            self.stdout.write(json.dumps({"action": "rescan", "dry_run": dry_run, "memories": count}))
            return
        done = "would be" if dry_run else "were" if wait else "will be"
        self.stdout.write(f"{count} memories {done} compared again")
