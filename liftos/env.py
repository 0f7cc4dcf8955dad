"""Reads the environment once, in one place; every variable is described in `.env.example`.

Settings modules import `env` and never touch `os.environ` themselves. In development the launcher writes the addresses
and generated secrets of the embedded services to `.liftos/dev.env`; a variable that is already set always wins.
"""

import os
from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parent.parent
STATE_DIR = Path(os.environ.get("LIFTOS_STATE_DIR") or BASE_DIR / ".liftos").resolve()

ENVIRONMENT = os.environ.get("ENVIRONMENT", "development")
SETTINGS_MODULES = {
    "development": "liftos.settings.dev",
    "test": "liftos.settings.test",
    "production": "liftos.settings.production",
}

env = environ.Env()


def settings_module() -> str:
    """Return the settings module that `ENVIRONMENT` names.

    Raises `ValueError` for an unknown environment: a slip of the pen must not start production in development mode.
    """
    try:
        return SETTINGS_MODULES[ENVIRONMENT]
    except KeyError:
        raise ValueError(f"ENVIRONMENT must be one of {', '.join(SETTINGS_MODULES)}, not {ENVIRONMENT!r}") from None


def read_dev_env() -> None:
    """Load `.liftos/dev.env` if the launcher has written one."""
    path = STATE_DIR / "dev.env"
    if path.exists():
        environ.Env.read_env(path, overwrite=False)
