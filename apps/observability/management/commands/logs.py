"""Search the log of all processes."""

import json
import time
from argparse import ArgumentTypeError
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from apps.observability.adapters.log_store import Line, LogStore
from apps.observability.selectors import log_text
from apps.observability.types import LOG_LEVELS, LogQuery

_POLL_SECONDS = 0.3
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Command(BaseCommand):
    help = "Search the log of all processes: the newest lines that fit, in the order of time."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--request-id", default="", help="the X-Request-ID of a request and all that it caused")
        parser.add_argument("--trace-id", default="", help="32 hexadecimal digits, from a traceparent")
        parser.add_argument("--organization", dest="organization_id", default="", metavar="ID")
        parser.add_argument("--user", dest="user_id", default="", metavar="ID")
        parser.add_argument("--process", default="", help="web, gateway, worker, beat, or a module's id")
        parser.add_argument("--level", default="", choices=LOG_LEVELS, help="the lowest level")
        parser.add_argument("--contains", default="", metavar="TEXT", help="any part of a line; case does not matter")
        parser.add_argument("--since", type=_moment, metavar="TIME", help="a time, or how long ago: 30s, 15m, 2h, 3d")
        parser.add_argument("--limit", type=int, default=1000, help="how many lines at most; the newest are shown")
        parser.add_argument("--follow", action="store_true", help="go on with what is being written")
        parser.add_argument("--json", dest="as_json", action="store_true", help="print the lines as they are kept")

    def handle(self, *, follow: bool, as_json: bool, limit: int, **options: Any) -> None:
        if not settings.LOG_FOLDER:
            raise CommandError("LOG_FOLDER is not set: the processes keep no log here.")
        query = LogQuery(**{name: options[name] for name in LogQuery.__dataclass_fields__})
        store = LogStore(Path(settings.LOG_FOLDER))
        fresh = store.follow(query)
        for line in reversed(list(islice(store.newest_first(query), max(limit, 0)))):
            self._write(line, as_json=as_json)
        while follow:
            try:
                time.sleep(_POLL_SECONDS)
                for line in fresh():
                    self._write(line, as_json=as_json)
            except KeyboardInterrupt:
                return

    def _write(self, line: Line, *, as_json: bool) -> None:
        self.stdout.write(json.dumps(line) if as_json else log_text(line))


def _moment(text: str) -> datetime:
    if text[:-1].isdecimal() and text[-1:] in _UNITS:
        return timezone.now() - timedelta(**{_UNITS[text[-1]]: int(text[:-1])})
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None:
        raise ArgumentTypeError(f"{text!r} is neither a time such as 2026-01-31T12:00:00Z nor 30s, 15m, 2h or 3d")
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)
