"""The README's curl session, run as it stands: what it prints is what the README says."""

import os
import re
import subprocess

import pytest
from django.conf import LazySettings
from django.core.cache import caches
from django.utils import timezone
from redis import Redis

from apps.accounts.models import Organization
from apps.accounts.permissions import Role
from apps.accounts.services.memberships import membership_add
from apps.accounts.services.users import user_create
from liftos.settings import base
from tests.e2e.conftest import ROOT
from tests.factories.organizations import PASSWORD

_BLOCK = re.compile(r"^```(sh|)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SCORED = re.compile(r"^\d\.\d+ .+ \| .+\.$", re.MULTILINE)


def _session() -> tuple[str, str]:
    """Return the script of the README and the output that it promises."""
    text = (ROOT / "README.md").read_text().partition("## A session with curl")[2].partition("## For operators")[0]
    blocks = _BLOCK.findall(text)
    script = "\n".join(body for kind, body in blocks if kind == "sh")
    promised = "".join(body for kind, body in blocks if kind == "")
    return script, promised


@pytest.fixture
def _viewer(committed_db: str, settings: LazySettings) -> None:
    """The demo viewer of the README, in an organisation that this database has."""
    # Tests hash cheaply; the server process knows real hashes only.
    settings.PASSWORD_HASHERS = base.PASSWORD_HASHERS
    viewer = user_create(email="viewer@northwind.example", password=PASSWORD, verified=True)
    acme = Organization.objects.get(slug="acme")
    membership_add(user=viewer, organization=acme, role=Role.VIEWER, now=timezone.now())


@pytest.mark.usefixtures("_viewer")
def test_the_readme_session_does_what_it_says(server: str) -> None:
    caches["default"].clear()
    with Redis.from_url(os.environ["REDIS_URL"].rpartition("/")[0] + "/15") as redis:
        redis.flushdb()
    script, promised = _session()
    done = subprocess.run(  # noqa: S603 - the README's own commands
        ["bash", "-eu", "-c", script],  # noqa: S607 - the reader's own shell
        check=False,
        env={**os.environ, "API": f"{server}/api/v1", "TOKEN": "", "DEMO_PASSWORD": PASSWORD},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert done.stdout.count('"status":"stored"') == 5
    assert '"total_memories":5' in done.stdout
    expected = promised.splitlines()
    scored = [line for line in expected if _SCORED.match(line)]
    assert len(scored) == 4
    assert _SCORED.findall(done.stdout) == scored
    assert done.stdout.splitlines()[-6:] == expected[-6:] == ["401", "400", "404", "402", "403", "429"]
