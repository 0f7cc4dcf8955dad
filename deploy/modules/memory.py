"""Gives a module's memory test a running platform: the one of `make dev`, as its demo owner."""

import os
from pathlib import Path

import httpx2

from deploy.dev.guide import LOGINS
from deploy.dev.record import Run
from deploy.dev.state import read_env

_ANSWER_SECONDS = 10.0
_TOKEN_PATH = "/api/v1/auth/token"  # noqa: S105 - a path


class NoPlatform(Exception):
    """The text says what to do."""


def environment(state: Path) -> dict[str, str]:
    """Return the variables that `lift_sdk.testing.fixtures` reads; raises `NoPlatform`."""
    run = Run.read(state / "run.json")
    if run is None or not run.ready or run.launcher.process() is None:
        raise NoPlatform("The platform is not running. Start it with `make dev` in another terminal, or `make dev-up`.")
    _, address = LOGINS[0]
    password = os.environ.get("DEMO_PASSWORD") or read_env(state / "dev.env").get("DEMO_PASSWORD", "")
    try:
        with httpx2.Client(base_url=run.url, timeout=_ANSWER_SECONDS, trust_env=False) as http:
            response = http.post(_TOKEN_PATH, json={"email": address, "password": password})
    except httpx2.TransportError as error:
        raise NoPlatform(f"The platform at {run.url} does not answer ({type(error).__name__}).") from None
    if response.status_code != httpx2.codes.OK:
        raise NoPlatform(
            f"{address} cannot sign in at {run.url}: {response.json().get('detail', response.status_code)}"
        )
    return {"LIFT_PLATFORM_URL": run.url, "LIFT_TEST_TOKEN": response.json()["access"]}
