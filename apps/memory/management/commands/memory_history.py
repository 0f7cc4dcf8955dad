"""What became of the memories of one organisation, and when."""

import json
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from apps.accounts.models import Organization
from apps.memory.api.serializers_managing import DiffQuery
from apps.memory.engine.reader import EVERYTHING
from apps.memory.management.base import MemoryCommand, add_page_arguments, one_line
from apps.memory.selectors.differences import diff_page
from apps.memory.selectors.revisions import history_page


class Command(MemoryCommand):
    help = (
        "What became of memories, and when.\n\n"
        "  revisions ID                   the states of a memory, the latest first, page by page\n"
        "  diff --from TIME [--to TIME]   what is known otherwise than it was, in the order of storing\n\n"
        "Times are ISO 8601 with their zone. `memories list` and `show` take such moments as well."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        add_page_arguments(parser)
        parser.add_argument("action", choices=["revisions", "diff"])
        parser.add_argument("id", nargs="?", type=UUID, help="of the memory")
        parser.add_argument("--from", metavar="TIME", help="where a diff begins")
        parser.add_argument("--to", metavar="TIME", help="where a diff ends; now without it")
        parser.add_argument("--memory-type", help="only memories that have this type at one of the moments")

    def act(self, owner: Organization, *, action: str, limit: int, cursor: str | None, **options: Any) -> None:
        del owner
        now = timezone.now()
        if action == "revisions":
            if options["id"] is None:
                raise CommandError("Name one memory.")
            page = history_page(memory_id=options["id"], reader=EVERYTHING, cursor=cursor, limit=limit, now=now)
            self.report_page(page, what="revisions", line=_revision, as_json=options["as_json"])
            return
        asked = {"from": options["from"], "to": options["to"], "memory_type": options["memory_type"]}
        checked = DiffQuery(data={name: value for name, value in asked.items() if value is not None})
        if not checked.is_valid():
            raise CommandError(json.dumps(checked.errors, default=str))
        fields = checked.validated_data
        until = min(fields.get("to", now), now)
        if fields["from"] > until:
            raise CommandError("It ends before it begins.")
        page = diff_page(
            reader=EVERYTHING,
            since=fields["from"],
            until=until,
            memory_type=fields.get("memory_type"),
            cursor=cursor,
            limit=limit,
        )
        self.report_page(page, what="memories", line=_difference, as_json=options["as_json"])


def _revision(row: dict[str, Any]) -> str:
    by = f" by {row['recorded_by']}" if row["recorded_by"] else ""
    changed = f" ({', '.join(row['changed'])})" if row["changed"] else ""
    why = f", {row['reason']}" if row["reason"] else ""
    head = f"{row['revision']}  {row['recorded_at']:%Y-%m-%d %H:%M}  {row['action']}{by}{changed}{why}"
    return f"{head}\n  {one_line(row['content'])}"


def _difference(row: dict[str, Any]) -> str:
    changed = f" ({', '.join(row['changed'])})" if row["changed"] else ""
    texts = [f"  {mark} {one_line(one['content'])}" for mark, one in (("-", row["before"]), ("+", row["after"])) if one]
    return "\n".join([f"{row['memory_id']}  {row['kind']}: {row['cause']}{changed}", *texts])
