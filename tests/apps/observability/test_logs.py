"""Searching the files of all processes, newest first, while they are written, moved aside and removed."""

import json
import os
from datetime import UTC, datetime, timedelta
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.observability.adapters.log_store import LogStore
from apps.observability.tasks import purge_logs
from apps.observability.types import LogQuery

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def text(second: float, event: str, **more: Any) -> str:
    time = (NOW + timedelta(seconds=second)).isoformat(timespec="milliseconds")
    return json.dumps({"time": time, "level": "info", "process": "web", "event": event, **more}) + "\n"


@pytest.fixture
def store(tmp_path: Path, settings: Any) -> LogStore:
    settings.LOG_FOLDER = str(tmp_path)
    (tmp_path / "web-a-1.jsonl").write_text(
        text(0, "first", request_id="request-1")
        + text(2, "third", request_id="request-1", level="error", exception="Traceback\n  \x1b[31mboom")
        + text(4, "fifth", request_id="request-10", organization_id="org-1")
        # Killed while it wrote.
        + '{"time": "2026-03-01T12:00:06.000+00:00", "lev'
    )
    (tmp_path / "worker-b-2.jsonl").write_text(
        text(1, "second", process="worker", request_id="request-1")
        + text(3, "fourth", process="worker", user_id="user-1", note="Größe\nsecond line")
        # From elsewhere.
        + "not JSON\n"
    )
    return LogStore(tmp_path)


def events(store: LogStore, until: str = "", **query: Any) -> list[str]:
    return [line["event"] for line in store.newest_first(LogQuery(**query), until=until)]


def test_all_files_are_one_log_newest_first(store: LogStore) -> None:
    assert events(store) == ["fifth", "fourth", "third", "second", "first"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"request_id": "request-1"}, ["third", "second", "first"]),
        ({"process": "worker"}, ["fourth", "second"]),
        ({"organization_id": "org-1"}, ["fifth"]),
        ({"user_id": "user-1"}, ["fourth"]),
        ({"level": "warning"}, ["third"]),
        ({"contains": "größe"}, ["fourth"]),
        ({"contains": "BOOM"}, ["third"]),
        ({"since": NOW + timedelta(seconds=3)}, ["fifth", "fourth"]),
        ({"request_id": "request-1", "process": "worker"}, ["second"]),
        ({"request_id": "worker"}, []),
        ({"until": "2026-03-01T12:00:01.000+00:00"}, ["second", "first"]),
    ],
)
def test_each_filter(store: LogStore, query: dict[str, Any], found: list[str]) -> None:
    assert events(store, **query) == found


def test_long_files_are_read_from_their_ends(tmp_path: Path) -> None:
    path = tmp_path / "web-a-1.jsonl"
    path.write_text("".join(text(number, f"{number}", note="x" * (number % 997)) for number in range(2_000)))
    assert events(LogStore(tmp_path)) == [str(number) for number in reversed(range(2_000))]
    lines = LogStore(tmp_path).newest_first(LogQuery())
    assert [line["event"] for line in islice(lines, 2)] == ["1999", "1998"]


def test_following_misses_nothing_that_is_moved_or_new(store: LogStore) -> None:
    fresh = store.follow(LogQuery())
    assert fresh() == []
    web = store.folder / "web-a-1.jsonl"
    with (store.folder / "worker-b-2.jsonl").open("a") as file:
        file.write(text(11, "eleventh") + text(13, "thirteenth")[:20])
        file.flush()
        with web.open("a") as other:
            other.write("\n" + text(10, "tenth"))
        web.replace(web.with_suffix(".99.jsonl"))
        web.write_text(text(12, "twelfth"))
        assert [line["event"] for line in fresh()] == ["tenth", "eleventh", "twelfth"]
        file.write(text(13, "thirteenth")[20:])
    assert [line["event"] for line in fresh()] == ["thirteenth"]
    assert fresh() == []


def test_the_command_shows_the_newest_in_order(store: LogStore) -> None:
    out = StringIO()
    call_command("logs", "--request-id", "request-1", "--limit", "2", stdout=out)
    assert out.getvalue().splitlines() == [
        "2026-03-01T12:00:01.000+00:00 worker   INFO    [request-1] second",
        "2026-03-01T12:00:02.000+00:00 web      ERROR   [request-1] third",
        "Traceback",
        r"  \x1b[31mboom",
    ]
    out = StringIO()
    call_command("logs", "--since", "2026-03-01T12:00:03Z", "--contains", "größe", "--json", stdout=out)
    (line,) = out.getvalue().splitlines()
    assert json.loads(line)["note"] == "Größe\nsecond line"


@pytest.mark.parametrize("arguments", [("--since", "yesterday"), ("--since", "2026-13-01"), ("--level", "loud")])
def test_the_command_refuses_what_it_does_not_know(store: LogStore, arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        call_command("logs", *arguments)


def test_the_command_says_where_nothing_is_kept(settings: Any) -> None:
    settings.LOG_FOLDER = ""
    with pytest.raises(CommandError, match="LOG_FOLDER"):
        call_command("logs")


def test_old_files_go_then_the_oldest_until_all_fit(store: LogStore, settings: Any, db: None) -> None:
    settings.LOG_DAYS, settings.LOG_FOLDER_MB = 14, 1
    for path in store.folder.iterdir():
        path.unlink()
    now = datetime.now(UTC)
    for name, days, size in (("new", 0, 600_000), ("middle", 1, 300_000), ("large", 2, 300_000), ("old", 15, 10)):
        path = store.folder / f"{name}.jsonl"
        path.write_bytes(b"x" * size)
        moment = (now - timedelta(days=days)).timestamp()
        os.utime(path, (moment, moment))
    (store.folder / "somebody's.txt").write_text("stays")
    assert purge_logs() == 2
    assert {path.name for path in store.folder.iterdir()} == {"new.jsonl", "middle.jsonl", "somebody's.txt"}
