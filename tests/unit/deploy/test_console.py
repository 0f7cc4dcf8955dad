from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.dev.console import Console, LogStream


@pytest.fixture
def written(tmp_path: Path) -> Iterator[tuple[Console, Path]]:
    path = tmp_path / "out"
    with path.open("w") as stream:
        yield Console(stream), path


def test_output_in_pieces_becomes_lines_with_the_name_in_front(written: tuple[Console, Path]) -> None:
    console, path = written
    stream = LogStream(console, "web")
    for name, data in (
        ("stdout", b"one\ntw"),
        ("stderr", b"warning\n"),
        ("stdout", b"o\n\nthr\xc3"),
        ("stdout", b"\xa4"),
    ):
        stream({"name": name, "data": data, "pid": 1})
    assert path.read_text() == "web    | one\nweb    | warning\nweb    | two\n"
    stream.finish()
    assert path.read_text().endswith("web    | thrä\n")
    assert list(stream.recent) == ["one", "warning", "two", "thrä"]


def test_of_a_progress_bar_the_last_state_counts(written: tuple[Console, Path]) -> None:
    console, path = written
    LogStream(console, "beat")({"name": "stderr", "data": b"10%\r50%\r100%\r\n", "pid": 1})
    assert path.read_text() == "beat   | 100%\n"


def test_progress_in_a_file_is_written_only_when_it_changes(written: tuple[Console, Path]) -> None:
    console, path = written
    for seconds in range(3):
        console.progress("Waiting for web, beat", seconds)
    console.progress("Waiting for beat", 3)
    console.progress_end()
    assert path.read_text() == "Waiting for web, beat\nWaiting for beat\n"


def test_a_vanished_terminal_is_no_error(tmp_path: Path) -> None:
    with (tmp_path / "out").open("w") as stream:
        console = Console(stream)
    console.say("nobody hears this")
