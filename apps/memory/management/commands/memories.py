"""Look after the memories of one organisation."""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from apps.accounts.models import Organization
from apps.core.api.pagination import page_of
from apps.memory.api.serializers import AsOfInput, as_of_of
from apps.memory.api.serializers_managing import ORDERS
from apps.memory.engine.reader import EVERYTHING
from apps.memory.management.base import MemoryCommand, add_page_arguments, conditions_read, one_line
from apps.memory.models import Memory
from apps.memory.selectors.archived import results_complete
from apps.memory.selectors.memories import memories_matching, memory_as_of, memory_present
from apps.memory.services.bulk import memories_bulk
from apps.memory.services.purging import memories_purge
from apps.memory.types import MAX_BULK_IDS, PRESENT, AsOf, BulkAction, BulkError, Shelf

_ERRORS_SHOWN = 20
# How each action is told afterwards.
_DONE = {"trash": "moved to the trash", "restore": "restored", "purge": "deleted for good"}


class Command(MemoryCommand):
    help = (
        "List, show, trash, restore and purge the memories of an organisation.\n\n"
        "  list                  the memories of a --state, live ones without it, page by page\n"
        "  show ID               one memory, wherever it is\n"
        "  trash, restore, purge ID... | --filter JSON | --all\n\n"
        "A purge deletes for good what is in the trash, however long it has been there; there is no way back."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("action", choices=["list", "show", *_DONE])
        parser.add_argument("ids", nargs="*", type=UUID, metavar="ID", help="which memories")
        parser.add_argument("--filter", metavar="JSON", help="those that satisfy this filter of the API")
        parser.add_argument("--all", dest="everything", action="store_true", help="every one of them")
        parser.add_argument(
            "--state", choices=[one.value for one in Shelf], default=Shelf.LIVE.value, help="of the list"
        )
        parser.add_argument("--ordering", choices=ORDERS, default=ORDERS[0], help="order of the list")
        add_page_arguments(parser)
        parser.add_argument("--as-of", metavar="TIME", help="list or show what held then")
        parser.add_argument("--as-of-recorded", metavar="TIME", help="list or show what was known then")
        parser.add_argument("--dry-run", action="store_true", help="tell what would happen, and do nothing")

    def act(self, owner: Organization, *, action: str, **options: Any) -> None:
        match action:
            case "list":
                self._list(**options)
            case "show":
                self._show(**options)
            case _:
                self._change(owner, action, **options)

    def _list(self, *, state: str, ordering: str, limit: int, cursor: str | None, **options: Any) -> None:
        if options["ids"]:
            raise CommandError("A list takes no ids; see `show`.")
        now = timezone.now()
        as_of = _as_of(options, now=now)
        if as_of != PRESENT and state != Shelf.LIVE:
            raise CommandError("What was at another moment was live then: leave out --state.")
        rows = memories_matching(
            conditions_read(options["filter"]), reader=EVERYTHING, shelf=Shelf(state), as_of=as_of, now=now
        )
        page = page_of(rows.select_related("file"), order=ordering, cursor=cursor, limit=limit, present=memory_present)
        if state != Shelf.ARCHIVED:
            results_complete(page["results"])
        self.report_page(page, what="memories", line=_line, as_json=options["as_json"])

    def _show(self, *, ids: Sequence[UUID], as_json: bool, **options: Any) -> None:
        if len(ids) != 1:
            raise CommandError("Name one memory to show.")
        now = timezone.now()
        as_of = _as_of(options, now=now)
        if as_of == PRESENT:
            memory = Memory.objects.filter(id=ids[0]).first()
            if memory is None:
                raise CommandError(f"There is no memory {ids[0]}.")
            shown = {**memory_present(memory), "number": memory.number, "size_bytes": memory.size_bytes}
        else:
            shown = memory_present(memory_as_of(memory_id=ids[0], reader=EVERYTHING, as_of=as_of, now=now))
        results_complete([shown])
        lines = (
            f"{name}: {json.dumps(value, ensure_ascii=False) if name == 'metadata' else value}"
            for name, value in shown.items()
        )
        self.report(shown, *lines, as_json=as_json)

    def _change(self, owner: Organization, action: str, *, dry_run: bool, as_json: bool, **options: Any) -> None:
        ids = _target(action, **options)
        act = _purge(dry_run=dry_run) if action == "purge" else _bulk(owner, BulkAction(action), dry_run=dry_run)
        done, errors = 0, list[BulkError]()
        with tqdm(total=len(ids), desc=action, unit="memory", disable=True if as_json else None) as bar:
            for batch in _batches(ids):
                changed, refused = act(batch)
                done += changed
                errors += refused
                bar.update(len(batch))
        self._report(action, done, errors, total=len(ids), dry_run=dry_run, as_json=as_json)
        if errors:
            raise CommandError(f"{len(errors)} of {len(ids)} memories were left out.")

    def _report(
        self, action: str, done: int, errors: Sequence[BulkError], *, total: int, dry_run: bool, as_json: bool
    ) -> None:
        unchanged = total - done - len(errors)
        rows = [{"memory_id": str(one.memory_id), "code": one.code, "detail": one.detail} for one in errors]
        counts = {"total": total, "done": done, "unchanged": unchanged, "failed": len(errors)}
        would = "would be " if dry_run else ""
        self.report(
            {"action": action, "dry_run": dry_run, **counts, "errors": rows},
            f"{done} memories {would}{_DONE[action]}, {unchanged} left as they were, {len(errors)} failed",
            as_json=as_json,
        )
        for one in () if as_json else errors[:_ERRORS_SHOWN]:
            self.stderr.write(f"  {one.memory_id}: {one.detail}")


def _as_of(options: dict[str, Any], *, now: datetime) -> AsOf:
    given = {name: options[name] for name in ("as_of", "as_of_recorded") if options[name] is not None}
    checked = AsOfInput(data=given)
    if not checked.is_valid():
        raise CommandError(json.dumps(checked.errors, default=str))
    return as_of_of(checked.validated_data, now=now)


def _line(row: dict[str, Any]) -> str:
    text = one_line(row["content"])
    return f"{row['memory_id']}  {row['recorded_at']:%Y-%m-%d %H:%M}  {row['memory_type']}  {text}"


def _target(action: str, *, ids: Sequence[UUID], everything: bool, **options: Any) -> list[UUID]:
    """Return the ids of the memories that are meant; raise `CommandError` unless they are meant in one way."""
    if sum((bool(ids), options["filter"] is not None, everything)) != 1:
        raise CommandError("Say which memories: ids, or --filter JSON, or --all.")
    if ids:
        return list(dict.fromkeys(ids))
    conditions = conditions_read(options["filter"])
    if conditions.empty and not everything:
        raise CommandError("The filter lets every memory through: say --all if you mean that.")
    rows = memories_matching(
        conditions, reader=EVERYTHING, shelf=Shelf.LIVE if action == "trash" else Shelf.TRASH, now=timezone.now()
    )
    return list(rows.order_by("id").values_list("id", flat=True))


def _batches(ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    for start in range(0, len(ids), MAX_BULK_IDS):
        yield ids[start : start + MAX_BULK_IDS]


_Act = Callable[[Sequence[UUID]], tuple[int, Sequence[BulkError]]]


def _bulk(owner: Organization, action: BulkAction, *, dry_run: bool) -> _Act:
    def act(ids: Sequence[UUID]) -> tuple[int, Sequence[BulkError]]:
        result = memories_bulk(
            reader=EVERYTHING,
            organization_id=owner.id,
            action=action,
            target=ids,
            user_id=None,
            now=timezone.now(),
            dry_run=dry_run,
        )
        return result.done, result.errors

    return act


def _purge(*, dry_run: bool) -> _Act:
    return lambda ids: (memories_purge(memory_ids=ids, now=timezone.now(), dry_run=dry_run), ())
