"""What the commands about one organisation's memory have in common."""

import json
from argparse import ArgumentTypeError, RawDescriptionHelpFormatter
from collections.abc import Callable, Mapping
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.accounts.models import Organization
from apps.core.api.pagination import MAX_LIMIT
from apps.core.exceptions import DomainError
from apps.core.strict_json import StrictJSONError, loads
from apps.core.tenancy.scope import organization_scope
from apps.memory.engine.filters import FilterError, parse_filter
from apps.memory.types import MemoryConditions

_SHOWN = 60


class MemoryCommand(BaseCommand):
    """A command about the memory of the organisation that `--organization` names.

    What `act` does is done in the scope of this organisation; what it refuses ends the command with its reason.
    """

    def create_parser(self, *args: Any, **kwargs: Any) -> CommandParser:
        return super().create_parser(*args, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--organization", metavar="SLUG", required=True, help="whose memory")
        parser.add_argument("--json", dest="as_json", action="store_true", help="print one JSON object")

    def handle(self, *, organization: str, **options: Any) -> None:
        owner = Organization.objects.filter(slug=organization, is_active=True).first()
        if owner is None:
            raise CommandError(f"There is no organisation {organization!r}.")
        with organization_scope(owner.id):
            try:
                self.act(owner, **options)
            except DomainError as error:
                raise CommandError(error.detail) from None

    def act(self, *args: Any, **options: Any) -> None:
        """Do the work: called with the organisation and the options by their names."""
        raise NotImplementedError

    def report(self, data: Mapping[str, Any], *lines: str, as_json: bool) -> None:
        """Print what was done: the data as JSON, or the lines for people."""
        if as_json:
            self.stdout.write(json.dumps(data, default=str))
            return
        for line in lines:
            self.stdout.write(line)

    def report_page(
        self, page: Mapping[str, Any], *, what: str, line: Callable[[dict[str, Any]], str], as_json: bool
    ) -> None:
        """Print a page of a list: `line` makes of a row the lines that people see."""
        following = [f"next page: --cursor {page['next']}"] if page["next"] else []
        # Not every list can be counted.
        counted = " ".join([str(len(page["results"])), *([f"of {page['total']}"] if "total" in page else []), what])
        self.report(page, *map(line, page["results"]), counted, *following, as_json=as_json)


def add_page_arguments(parser: CommandParser) -> None:
    parser.add_argument("--limit", type=_limit, default=20, help=f"rows of a page of the list, 1 to {MAX_LIMIT}")
    parser.add_argument("--cursor", help="where the next page of the list begins")


def _limit(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= MAX_LIMIT:
        raise ArgumentTypeError(f"a number from 1 to {MAX_LIMIT}, not {text!r}")
    return int(text)


def conditions_read(text: str | None) -> MemoryConditions:
    """Return what `--filter` says, in the JSON of the API; everything if it is not given."""
    if text is None:
        return MemoryConditions()
    try:
        return MemoryConditions(filter=parse_filter(loads(text.encode(errors="surrogatepass"))))
    except (StrictJSONError, FilterError) as error:
        raise CommandError(f"--filter: {error}") from None


def one_line(text: str) -> str:
    """Return the beginning of a text as a line."""
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}..."
