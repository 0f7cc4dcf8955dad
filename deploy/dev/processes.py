"""The processes of the platform: their commands, their environment, and the port they serve."""

import json
import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

from deploy.dev.identity_provider import LOCAL_SECRET
from deploy.dev.record import TOKEN_VARIABLE
from deploy.dev.state import LAST_PORT, LOOPBACK
from deploy.dev.supervisor import ProcessSpec

DEFAULT_PORT = 8000
LOCAL_CLIENT = "liftos"
ROOT_WORKER_ADVICE = "ignore:You're running the worker with superuser privileges"


class StartError(Exception):
    """The platform cannot start; the text says why and what to do."""


def wanted_port() -> int:
    text = os.environ.get("PORT") or str(DEFAULT_PORT)
    if not text.isdecimal() or not 0 < int(text) <= LAST_PORT:
        raise StartError(f"PORT must be a number from 1 to {LAST_PORT}, not {text!r}")
    return int(text)


def child_environment(state: Path, token: str, addresses: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of all processes: ours, always in development mode, and marked with the run's token."""
    inherited = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    return {
        **inherited,
        **addresses,
        "ENVIRONMENT": "development",
        "LIFTOS_STATE_DIR": str(state),
        "LOG_FOLDER": inherited.get("LOG_FOLDER") or str(state / "logs"),
        "PROMETHEUS_MULTIPROC_DIR": str(state / "metrics"),
        "PYTHONUNBUFFERED": "1",
        # In a container one is root; Celery's advice against it is for production.
        "PYTHONWARNINGS": ",".join(filter(None, [inherited.get("PYTHONWARNINGS"), ROOT_WORKER_ADVICE])),
        TOKEN_VARIABLE: token,
    }


def local_sign_in(port: int) -> dict[str, str]:
    """Return the variable that tells the product of the local identity provider, unless others are configured."""
    if os.environ.get("OIDC_PROVIDERS"):
        return {}
    provider = {
        "id": "local",
        "name": "Local sign-in",
        "server_url": f"http://{LOOPBACK}:{port}",
        "client_id": LOCAL_CLIENT,
        "client_secret": LOCAL_SECRET,
    }
    return {"OIDC_PROVIDERS": json.dumps([provider])}


def identity_spec(port: int, url: str) -> ProcessSpec:
    """Return the process of the local identity provider, which sends browsers back to `url` only."""
    return ProcessSpec(
        "identity",
        (
            sys.executable, "-m", "deploy.dev.identity_provider", "--port", str(port), "--client-id", LOCAL_CLIENT,
            "--redirect-prefix", f"{url}/api/v1/auth/oauth/",
        ),
    )  # fmt: skip


def local_stripe(port: int, kept: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that point the product at the Stripe stand-in, unless there is a key for the real one.

    `kept` are those of earlier starts: what the stand-in remembers belongs to its key.
    """
    if os.environ.get("STRIPE_SECRET_KEY"):
        return {}
    return {
        "STRIPE_SECRET_KEY": kept.get("STRIPE_SECRET_KEY") or f"sk_test_{secrets.token_hex(16)}",
        "STRIPE_WEBHOOK_SECRET": kept.get("STRIPE_WEBHOOK_SECRET") or f"whsec_{secrets.token_hex(16)}",
        "STRIPE_API_HOST": f"http://{LOOPBACK}:{port}",
    }


def stripe_spec(port: int, state: Path, web_url: str) -> ProcessSpec:
    """Return the process of the Stripe stand-in, which reads its secrets from the environment of all processes."""
    return ProcessSpec(
        "stripe",
        (
            sys.executable, "-m", "deploy.dev.stripe", "--port", str(port), "--state", str(state / "stripe"),
            "--webhook-url", f"{web_url}/api/v1/billing/stripe/webhook",
        ),
    )  # fmt: skip


def process_specs(port: int, web_port: int, node: str) -> tuple[ProcessSpec, ...]:
    """Return the processes of the platform, run by this interpreter: scripts break when the folder is moved.

    The gateway serves the address that people use, and passes on to web what is not its own. Granian does not start its
    workers again by itself: one that cannot start must end it, so that the start fails.
    """
    # `manage.py` has just run the system checks.
    celery = (sys.executable, "-m", "celery", "--quiet", "--skip-checks", "--app", "liftos")
    return (
        ProcessSpec(
            "web",
            (
                sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", "2", "--blocking-threads", "12",
                "--host", LOOPBACK, "--port", str(web_port), "--workers-kill-timeout", "3",
                "liftos.wsgi:application",
            ),
        ),
        ProcessSpec(
            "gateway",
            (
                sys.executable, "-m", "granian", "--interface", "asgi", "--no-ws", "--workers", "2",
                "--host", LOOPBACK, "--port", str(port), "--workers-kill-timeout", "3", "liftos.asgi:application",
            ),
        ),
        ProcessSpec(
            "worker",
            (
                *celery, "worker", "--pool", "prefork", "--concurrency", "2", "--loglevel", "INFO",
                "--without-gossip", "--without-mingle", "--hostname", node,
            ),
        ),
        ProcessSpec("relay", (sys.executable, "manage.py", "relay_events")),
        ProcessSpec("webhooks", (sys.executable, "manage.py", "deliver_webhooks"), grace=20.0),
        ProcessSpec("beat", (*celery, "beat", "--loglevel", "WARNING", "--pidfile", "")),
    )  # fmt: skip
