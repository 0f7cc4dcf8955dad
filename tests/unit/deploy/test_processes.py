from pathlib import Path

import pytest

from deploy.dev.console import Console, LogStream
from deploy.dev.processes import StartError, child_environment, process_specs, wanted_port
from deploy.dev.supervisor import BACKOFF_CAP_SECONDS, STABLE_SECONDS, Watched, describe_exit


def test_the_port_is_8000_unless_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PORT", raising=False)
    assert wanted_port() == 8000
    monkeypatch.setenv("PORT", "8123")
    assert wanted_port() == 8123


@pytest.mark.parametrize("text", ["web", "0", "65536", "-1", "80.5"])
def test_a_port_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("PORT", text)
    with pytest.raises(StartError, match="PORT must be a number"):
        wanted_port()


def test_processes_run_in_development_mode_and_carry_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "production")
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "elsewhere")
    environment = child_environment(Path("/state"), "abc", {"PUBLIC_URL": "http://localhost:1"})
    assert environment["ENVIRONMENT"] == "development"
    assert environment["LIFTOS_RUN"] == "abc"
    assert environment["LIFTOS_STATE_DIR"] == "/state"
    assert environment["PROMETHEUS_MULTIPROC_DIR"] == "/state/metrics"
    assert environment["PUBLIC_URL"] == "http://localhost:1"
    assert "DJANGO_SETTINGS_MODULE" not in environment


def test_delays_grow_up_to_a_cap_and_start_over_after_a_long_life(tmp_path: Path) -> None:
    with (tmp_path / "out").open("w") as stream:
        watched = Watched(process_specs(8000, 8001, "node")[0], LogStream(Console(stream), "web"))
    assert [watched.next_delay(0.1) for _ in range(7)] == [1, 2, 4, 8, 16, BACKOFF_CAP_SECONDS, BACKOFF_CAP_SECONDS]
    assert watched.next_delay(STABLE_SECONDS) == 1
    assert watched.next_delay(0.1) == 2


@pytest.mark.parametrize(
    ("code", "text"),
    [(None, "ended"), (0, "ended with code 0"), (3, "ended with code 3"), (-9, "was killed by signal 9")],
)
def test_an_end_is_described(code: int | None, text: str) -> None:
    assert describe_exit(code) == text
