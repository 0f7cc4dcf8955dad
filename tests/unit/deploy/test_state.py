import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.dev import state
from deploy.dev.state import LOOPBACK, free_port, next_free_port, read_env, write_env
from liftos import env


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        yield taken.getsockname()[1]


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    values = {"A": "1", "URL": "postgres://u:p@h:1/d?x=y", "PEM": "-----BEGIN KEY-----\\nabc=\\n-----END KEY-----"}
    write_env(tmp_path / "dev.env", values)
    assert read_env(tmp_path / "dev.env") == values


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    write_env(tmp_path / "dev.env", {"A": "1"})
    assert (tmp_path / "dev.env").stat().st_mode & 0o777 == 0o600


def test_comments_are_skipped_and_a_missing_file_is_empty(tmp_path: Path) -> None:
    (tmp_path / "dev.env").write_text("# A=1\n\nB='2'\n")
    assert read_env(tmp_path / "dev.env") == {"B": "2"}
    assert read_env(tmp_path / "none.env") == {}


def test_a_free_port_is_taken_as_wanted() -> None:
    port = free_port()
    assert free_port(port) == port
    assert next_free_port(port) == port


def test_a_taken_port_is_never_returned(taken_port: int) -> None:
    assert free_port(taken_port) != taken_port
    assert taken_port < next_free_port(taken_port) <= taken_port + state.PORTS_TRIED


def test_looking_for_a_port_ends_with_the_last_one() -> None:
    with pytest.raises(OSError, match="no free port from 65536 on"):
        next_free_port(state.LAST_PORT + 1)


def test_launcher_and_settings_agree_on_the_state_folder() -> None:
    assert state.STATE_DIR == env.STATE_DIR
