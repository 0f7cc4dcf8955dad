"""Look after the review queue of one organisation."""

from functools import partial
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone
from tqdm import tqdm

from apps.accounts.models import Organization
from apps.core.api.pagination import page_of
from apps.memory.engine.reader import EVERYTHING
from apps.memory.management.base import MemoryCommand, add_page_arguments
from apps.memory.selectors.reviews import progress_present, review_summary, reviews_matching
from apps.memory.services.reviews import reviews_find, reviews_rescan
from apps.memory.types import ReviewKind, ReviewStatus

_SHOWN = 50


class Command(MemoryCommand):
    help = (
        "The pairs of memories of an organisation that people are to decide about.\n\n"
        "  list       pairs, the latest first, page by page\n"
        "  progress   how many memories wait to be compared, and how many pairs are open\n"
        "  rescan     compare every memory again; what was decided stays"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("action", choices=["list", "progress", "rescan"])
        parser.add_argument("--status", choices=[one.value for one in ReviewStatus], default="open", help="of the list")
        parser.add_argument("--kind", choices=[one.value for one in ReviewKind], help="of the list")
        add_page_arguments(parser)
        parser.add_argument("--wait", action="store_true", help="do the work of a rescan here, until it is done")
        parser.add_argument("--dry-run", action="store_true", help="tell what a rescan would do, and do nothing")

    def act(self, owner: Organization, *, action: str, **options: Any) -> None:
        match action:
            case "list":
                self._list(**options)
            case "progress":
                self._progress(**options)
            case _:
                self._rescan(owner, **options)

    def _list(self, *, status: str, kind: str | None, limit: int, cursor: str | None, **options: Any) -> None:
        now = timezone.now()
        rows = reviews_matching(
            status=ReviewStatus(status), reader=EVERYTHING, kind=ReviewKind(kind) if kind else None, now=now
        )
        present = partial(review_summary, now=now)
        page = page_of(rows, order="-opened_at", cursor=cursor, limit=limit, present=present)
        self.report_page(page, what="pairs", line=_line, as_json=options["as_json"])

    def _progress(self, *, as_json: bool, **_: Any) -> None:
        found = progress_present(now=timezone.now())
        line = (
            f"{found['waiting']} memories wait to be compared; {found['open']} pairs to decide about: "
            f"{found['duplicate']} duplicates, {found['contradiction']} contradictions"
        )
        self.report(found, line, as_json=as_json)

    def _rescan(self, owner: Organization, *, wait: bool, dry_run: bool, as_json: bool, **_: Any) -> None:
        count = reviews_rescan(organization_id=owner.id, now=timezone.now(), dry_run=dry_run)
        if wait and not dry_run:
            waiting = progress_present(now=timezone.now())["waiting"]
            with tqdm(total=waiting, desc="compare", unit="memory", disable=True if as_json else None) as bar:
                reviews_find(on_batch=bar.update)
        done = "would be" if dry_run else "were" if wait else "will be"
        data = {"action": "rescan", "dry_run": dry_run, "memories": count}
        self.report(data, f"{count} memories {done} compared again", as_json=as_json)


def _line(row: dict[str, Any]) -> str:
    texts = (
        f"  {side}: {'not to be read at present' if row[side] is None else row[side]['excerpt'][:_SHOWN]}"
        for side in ("older", "newer")
    )
    return "\n".join([f"{row['review_id']}  {row['kind']}  {row['score']:.2f}", *texts])
