"""No organisation can have a short name whose address belongs to somebody else."""

import re

from apps.accounts.services.organizations import RESERVED_SLUGS
from deploy.dev.state import REPOSITORY
from liftos.dashboard import NOT_PAGES

ROUTES = REPOSITORY / "frontend" / "src" / "routes"


def test_the_paths_of_the_platform_are_reserved() -> None:
    assert NOT_PAGES <= RESERVED_SLUGS


def test_the_pages_of_the_dashboard_are_reserved() -> None:
    firsts = {re.split(r"[.]", file.name)[0] for file in ROUTES.iterdir()}
    pages = {first for first in firsts if not first.startswith(("$", "_")) and first != "index"}
    assert pages >= {"sign-in", "sign-up", "forgot-password", "reset-password"}
    assert pages <= RESERVED_SLUGS
