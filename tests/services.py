"""A pytest plugin, loaded before Django reads its settings: starts the services that the tests run on.

PostgreSQL and Redis live under `.liftos/test`; the controlling process starts and stops them, workers inherit the
addresses. Run the tests with `make test` or `python -m pytest`.
"""

import os
import shutil
from pathlib import Path

import pytest

from deploy.dev.services import Services

STATE = Path(__file__).resolve().parent.parent / ".liftos" / "test"
_SERVICES = Services(STATE, durable=False)
_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")

if _WORKER:
    # Every worker clears its own Redis database, and no other's.
    os.environ["REDIS_URL"] = f"{os.environ['REDIS_URL'].rpartition('/')[0]}/{int(_WORKER.removeprefix('gw')) + 1}"
else:
    # The tests have services of their own, whatever the shell's environment points at.
    for _name in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(_name, None)
    shutil.rmtree(STATE / "files", ignore_errors=True)
    _values = _SERVICES.start()
    os.environ["ENVIRONMENT"] = "test"
    os.environ.update({name: _values[name] for name in ("DATABASE_URL", "REDIS_URL", "JWT_SIGNING_KEY")})


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    if not _WORKER:
        _SERVICES.stop()
