"""The Stripe stand-in as a process of `make dev`: when it is there, what everybody else is told of it, how it ends."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
import stripe

from deploy.dev.processes import local_stripe, stripe_spec
from deploy.dev.state import REPOSITORY, free_port
from tests.factories.stripe import StandIn


def test_its_secrets_are_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STRIPE_SECRET_KEY", raising=False)
    made = local_stripe(8123, {})
    # What dj-stripe takes for a key.
    assert len(made["STRIPE_SECRET_KEY"].removeprefix("sk_test_")) == 32
    assert made["STRIPE_WEBHOOK_SECRET"].startswith("whsec_")
    assert made["STRIPE_API_HOST"] == "http://127.0.0.1:8123"
    assert local_stripe(8123, made) == made
    assert local_stripe(8123, {})["STRIPE_SECRET_KEY"] != made["STRIPE_SECRET_KEY"]


def test_a_key_of_the_real_stripe_keeps_it_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_SECRET_KEY", "sk_test_real")
    assert local_stripe(8123, {"STRIPE_SECRET_KEY": "sk_test_kept"}) == {}


def test_its_command_holds_no_secret_runs_and_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STRIPE_SECRET_KEY", raising=False)
    port = free_port()
    secrets = local_stripe(port, {})
    command = stripe_spec(port, tmp_path, "http://127.0.0.1:8001").command
    assert not any("sk_test" in part or "whsec" in part for part in command)
    assert command[-1] == "http://127.0.0.1:8001/api/v1/billing/stripe/webhook"
    process = subprocess.Popen(command, cwd=REPOSITORY, env={**os.environ, **secrets})  # noqa: S603 - our own command
    try:
        client = StandIn(secrets["STRIPE_API_HOST"], secrets["STRIPE_SECRET_KEY"]).client
        assert _account(client).startswith("acct_")
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert (tmp_path / "stripe" / "stripe.sqlite3").exists()


def _account(client: stripe.StripeClient) -> str:
    end = time.monotonic() + 20
    while True:
        try:
            return str(client.v1.accounts.retrieve_current().id)
        except stripe.APIConnectionError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def test_it_does_not_start_without_secrets(tmp_path: Path) -> None:
    command = stripe_spec(free_port(), tmp_path, "http://127.0.0.1:8001").command
    bare = {name: value for name, value in os.environ.items() if not name.startswith("STRIPE_")}
    done = subprocess.run(  # noqa: S603 - our own command
        command, cwd=REPOSITORY, env=bare, check=False, capture_output=True, text=True, timeout=20
    )
    assert done.returncode == 1
    assert "STRIPE_SECRET_KEY" in done.stderr
