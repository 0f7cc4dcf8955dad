"""The data folder and the generated secrets of a development machine, in `.liftos/dev.env` (readable by its owner)."""

import os
import secrets
import socket
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

LOOPBACK = "127.0.0.1"
REPOSITORY = Path(__file__).resolve().parent.parent.parent
# The same folder as `liftos.env.STATE_DIR`; importing that would load Celery before there is an environment for it.
STATE_DIR = Path(os.environ.get("LIFTOS_STATE_DIR") or REPOSITORY / ".liftos").resolve()
# How far above the wanted port to look: enough for a machine with many checkouts, quick to give up.
PORTS_TRIED = 100
LAST_PORT = 65535


def free_port(preferred: int = 0) -> int:
    """Return `preferred` if nothing listens there, else any free loopback port."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port on the loopback interface")


def next_free_port(wanted: int) -> int:
    """Return `wanted` or the first port above it on which nothing listens."""
    for port in range(wanted, min(wanted + PORTS_TRIED, LAST_PORT + 1)):
        if free_port(port) == port:
            return port
    raise OSError(f"no free port from {wanted} on")


def read_env(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    pairs = (line.split("=", 1) for line in path.read_text().splitlines() if "=" in line and not line.startswith("#"))
    return {name: value.strip("'\"") for name, value in pairs}


def write_env(path: Path, values: dict[str, str]) -> None:
    """Write `NAME='value'` lines, for the owner's eyes only."""
    path.touch(mode=0o600, exist_ok=True)
    path.write_text("".join(f"{name}='{value}'\n" for name, value in sorted(values.items())))


def generated_secrets() -> dict[str, str]:
    """Make what a real deployment would be given: a secret key, a token key, passwords."""
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "JWT_SIGNING_KEY": pem.decode().strip().replace("\n", "\\n"),
        "MODULE_REGISTRATION_KEY": secrets.token_urlsafe(32),
        "DEMO_PASSWORD": f"demo-{secrets.token_urlsafe(9)}",
        "POSTGRES_PASSWORD": secrets.token_hex(16),
    }
