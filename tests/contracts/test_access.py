"""Who may do what: the checked-in table against the running API, every role on every route.

`docs/api/permissions.csv` is the table. After a deliberate change write it anew with
`make openapi`, and read the difference.
"""

import csv
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.core.cache import caches
from django.db import connection
from psycopg import sql
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from apps.accounts.permissions import Role
from apps.core.tenancy.scope import organization_scope
from apps.events.models import OutboxEvent
from tests.contracts.permissions_table import CALLERS, TABLE, declared_rows
from tests.factories.fixtures import ClientFactory
from tests.factories.stripe import StandIn
from tests.routes import MODULE_PLACEHOLDER, PLACEHOLDER, Route, api_routes

UNKNOWN_ID = "01900000-0000-7000-8000-000000000000"


def _rows() -> dict[str, dict[str, str]]:
    with Path(TABLE).open(newline="") as file:
        return {f"{row['method']} {row['path']}": row for row in csv.DictReader(file)}


def _url(route: Route) -> str:
    return MODULE_PLACEHOLDER.sub("unknown_module", PLACEHOLDER.sub(UNKNOWN_ID, route.path))


def _state(organization: Organization) -> str:
    """Digest every row of the organisation and of the public schema: a refused call may make, change or remove none."""
    models = [model for model in apps.get_models() if model.__module__.startswith("apps.") and not model._meta.proxy]
    # That it was refused is recorded.
    tables = sorted({model._meta.db_table for model in models} - {OutboxEvent._meta.db_table})
    digest = sql.SQL(
        "SELECT {} AS name, md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) AS digest FROM {} t"
    )
    each = sql.SQL(" UNION ALL ").join(digest.format(sql.Literal(table), sql.Identifier(table)) for table in tables)
    with organization_scope(organization.id), connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT string_agg(digest, ' ' ORDER BY name) FROM ({}) AS each_table").format(each))
        return str(cursor.fetchone()[0])


def _call(client: APIClient, route: Route) -> Any:
    return client.generic(route.method, _url(route), "{}", content_type="application/json")


def test_the_table_has_exactly_the_routes_of_the_urlconf() -> None:
    assert sorted(_rows()) == sorted(str(route) for route in api_routes())


def test_the_table_says_what_the_views_declare() -> None:
    assert list(_rows().values()) == declared_rows()


def test_no_placeholder_of_a_route_is_left_unfilled() -> None:
    assert [route for route in api_routes() if "<" in _url(route)] == []


@pytest.mark.parametrize("route", api_routes(), ids=str)
def test_each_caller_is_let_in_or_refused_as_the_table_says(
    route: Route, acme: Organization, client_of: ClientFactory, stand_in: StandIn, settings: Any
) -> None:
    settings.STRIPE_SECRET_KEY, settings.STRIPE_API_HOST = stand_in.secret_key, stand_in.api_host
    row = _rows()[str(route)]
    clients = {role.value: client_of(acme, role) for role in Role}
    clients["anonymous"] = APIClient(raise_request_exception=False)
    for caller in CALLERS:
        caches["process"].clear()
        before = _state(acme)
        answer = _call(clients[caller], route)
        assert answer.status_code < 500, (caller, answer.content)
        if row[caller] == "yes":
            # Without a fitting body the call may fail, but not at the door; a token call may find no token in it.
            assert answer.status_code not in {401, 403} or "token" in route.path, (caller, answer.content)
        else:
            assert answer.status_code == (401 if caller == "anonymous" else 403), (caller, answer.content)
            assert answer.json()["code"] == ("not_authenticated" if caller == "anonymous" else "permission_denied")
            assert _state(acme) == before


def test_a_view_that_declares_nothing_lets_nobody_in(acme: Organization, client_of: ClientFactory) -> None:
    from rest_framework.test import APIRequestFactory, force_authenticate  # noqa: PLC0415 - used here only

    from apps.core.api.views import ApiView  # noqa: PLC0415 - as above
    from apps.core.types import Principal  # noqa: PLC0415 - as above

    class Undeclared(ApiView):
        def get(self, request: Any) -> Any:
            pytest.fail(f"the handler ran: {request}")

    request = APIRequestFactory().get("/x")
    everything = frozenset({"org:write", "memory:admin"})
    force_authenticate(request, Principal(UUID(UNKNOWN_ID), acme.id, "x@x.example", "owner", everything))  # type: ignore[arg-type]  # any caller will do
    request.credential_error = None  # type: ignore[attr-defined]  # set by the middleware
    assert Undeclared.as_view()(request).status_code == 403
