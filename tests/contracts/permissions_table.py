"""The table of `docs/api/permissions.csv`: what each route needs, and which callers have it."""

import csv
from pathlib import Path

from apps.accounts.permissions import ROLE_PERMISSIONS, Permission, Role
from apps.core.api.permissions import AUTHENTICATED, AUTHENTICATED_OR_MODULE, MODULE, PUBLIC

TABLE = Path(__file__).resolve().parents[2] / "docs" / "api" / "permissions.csv"
CALLERS = [*(role.value for role in Role), "anonymous"]


def declared_rows() -> list[dict[str, str]]:
    from tests.routes import api_routes  # noqa: PLC0415 - needs Django to be set up

    rows = []
    for route in api_routes():
        needs = str(route.view.access.get(route.method, "nobody"))
        allowed = {caller: "yes" if _may(caller, needs) else "no" for caller in CALLERS}
        rows.append({"method": route.method, "path": route.path, "needs": needs, **allowed})
    return rows


def _may(caller: str, needs: str) -> bool:
    if needs == PUBLIC:
        return True
    if caller == "anonymous" or needs == MODULE:
        return False
    if needs == AUTHENTICATED_OR_MODULE:
        # A module's configuration: the view asks people for the permission to change it.
        needs = Permission.MODULES_WRITE
    return needs == AUTHENTICATED or needs in ROLE_PERMISSIONS[caller]


def main() -> None:
    import django  # noqa: PLC0415 - only when run as a program

    django.setup()
    with TABLE.open("w", newline="") as file:
        writer = csv.DictWriter(file, ["method", "path", "needs", *CALLERS], lineterminator="\n")
        writer.writeheader()
        writer.writerows(declared_rows())


if __name__ == "__main__":
    main()
