"""What the dashboard and programs read of usage and quotas, and how calls of programs are counted."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.cache import caches
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from apps.accounts.permissions import Role
from apps.billing.models import Plan, PlanFeature, UsageEvent
from apps.billing.services.entitlements import entitlement_refresh
from apps.billing.services.usage import usage_rebuild
from apps.memory.services.memories import size_of
from tests.factories.billing import plan_limits_set
from tests.factories.fixtures import ClientFactory

URL = "/api/v1/billing"


def key_client(owner: Any, *scopes: str) -> APIClient:
    body = {"name": "Program", "scopes": list(scopes)}
    made = owner.post("/api/v1/orgs/current/api-keys", body, format="json").json()
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_X_API_KEY=made["secret"])
    return client


def store(client: APIClient, text: str, **headers: str) -> Any:
    return client.post("/api/v1/memory/store", {"content": text}, format="json", headers=headers)


@pytest.fixture
def program(owner: Any) -> APIClient:
    return key_client(owner, "memory:read", "memory:write")


def calls(organization: Organization) -> int:
    return sum(
        UsageEvent.objects.filter(organization_id=organization.id, meter="api_calls").values_list("quantity", flat=True)
    )


def test_calls_with_a_key_are_counted_and_those_of_people_are_not(
    acme: Organization, owner: Any, program: APIClient
) -> None:
    assert owner.get("/api/v1/memory").status_code == 200
    assert calls(acme) == 0
    answer = program.get("/api/v1/memory")
    assert calls(acme) == 1
    assert (answer["X-Quota-Meter"], answer["X-Quota-Limit"], answer["X-Quota-Remaining"]) == (
        "api_calls",
        "1000",
        "999",
    )
    row = UsageEvent.objects.get(meter="api_calls")
    assert (row.operation, row.user_id, row.request_id) == ("GET /memory", owner.user.id, answer["X-Request-ID"])
    # What it may not do is refused before it counts.
    assert program.get("/api/v1/orgs/current/members").status_code == 403
    assert calls(acme) == 1


def test_a_repetition_counts_once(acme: Organization, program: APIClient) -> None:
    for _ in range(3):
        assert store(program, "Once.", **{"Idempotency-Key": "the-same"}).status_code == 201
    assert calls(acme) == 1
    # A key says nothing where calls are not repeated.
    for _ in range(2):
        program.get("/api/v1/memory", headers={"Idempotency-Key": "the-same"})
    assert calls(acme) == 3


def test_the_last_call_of_the_month_and_the_one_after_it(acme: Organization, program: APIClient) -> None:
    plan_limits_set("free", api_calls=1)
    assert program.get("/api/v1/memory").status_code == 200
    refused = program.get("/api/v1/memory")
    body = refused.json()
    assert (refused.status_code, body["code"], body["gate"], body["meter"]) == (
        402,
        "quota_exceeded",
        "quota",
        "api_calls",
    )
    assert body["available_in"] == ["starter", "professional", "enterprise"]
    assert int(refused["Retry-After"]) == body["retry_after"] > 0
    assert calls(acme) == 1


def test_a_grace_and_a_soft_limit(acme: Organization, program: APIClient) -> None:
    Plan.objects.filter(code="free").update(quota_grace_percent=100)
    plan_limits_set("free", api_calls=1)
    assert [program.get("/api/v1/memory").status_code for _ in range(3)] == [200, 200, 402]
    PlanFeature.objects.filter(plan="free", feature="api_calls").update(
        enforcement="soft", overage_cents_per_1000=100_000
    )
    _refresh(acme)
    assert program.get("/api/v1/memory").status_code == 200


def test_a_limit_on_spending_makes_a_soft_limit_hard(acme: Organization, owner: Any, program: APIClient) -> None:
    PlanFeature.objects.filter(plan="free", feature="api_calls").update(
        limit=1, enforcement="soft", overage_cents_per_1000=100_000
    )
    _refresh(acme)
    # A dollar a call above the limit: two dollars are two calls.
    assert owner.patch(f"{URL}/settings", {"spend_limit_cents": 200}, format="json").status_code == 200
    assert [program.get("/api/v1/memory").status_code for _ in range(4)] == [200, 200, 200, 402]
    quota = owner.get(f"{URL}/quotas").json()["results"][0]
    assert (quota["used"], quota["limit"], quota["ceiling"], quota["overage_cents"]) == (3, 1, 3, 200)
    usage_rebuild(now=timezone.now())
    (total,) = owner.get(f"{URL}/usage", {"meter": "api_calls"}).json()["totals"]
    assert (total["quantity"], total["cost_cents"]) == (3, 200)


def test_quotas_say_what_is_left(acme: Organization, owner: Any, program: APIClient) -> None:
    plan_limits_set("free", memory_bytes=100, memory_searches=2)
    store(program, "x" * 85)
    owner.post("/api/v1/memory/search", {"query": "x"}, format="json")
    owner.post("/api/v1/memory/search", {"query": "x"}, format="json")
    found = {one["meter"]: one for one in owner.get(f"{URL}/quotas").json()["results"]}
    assert list(found) == ["api_calls", "memory_searches", "memory_bytes", "llm_tokens", "users", "modules"]
    assert (found["memory_bytes"]["state"], found["memory_bytes"]["resets_at"]) == ("near", None)
    assert (found["memory_searches"]["state"], found["memory_searches"]["remaining"]) == ("reached", 0)
    assert found["memory_searches"]["available_in"] == ["starter", "professional", "enterprise"]
    assert found["api_calls"]["used"] == 1
    assert found["api_calls"]["projected"] >= 1
    assert (found["users"]["used"], found["users"]["limit"]) == (2, None)


def test_usage_is_told_by_everything_that_tells_it_apart(acme: Organization, owner: Any, program: APIClient) -> None:
    for search_type in ("neural", "neural", "hybrid"):
        owner.post("/api/v1/memory/search", {"query": "x", "search_type": search_type}, format="json")
    store(program, "A text.")
    usage_rebuild(now=timezone.now())

    def sums(**query: str) -> dict[str, int]:
        rows = owner.get(f"{URL}/usage", query).json()["results"]
        return {row["label"]: row["quantity"] for row in rows}

    assert sums(group_by="operation", meter="memory_searches") == {"search.hybrid": 1, "search.neural": 2}
    assert sums(group_by="member", meter="memory_stores") == {owner.user.email: 1}
    assert sums(group_by="module", meter="api_calls") == {"": 1}
    assert sums(group_by="meter")["Searches"] == 3
    today = datetime.now(UTC).date().isoformat()
    assert sums(group_by="day", meter="memory_searches") == {f"{today}T00:00:00+00:00": 3}
    assert sum(sums(group_by="hour", meter="memory_searches").values()) == 3
    assert sums(group_by="month", meter="memory_bytes").popitem()[1] == size_of(content="A text.", metadata={})
    assert owner.get(f"{URL}/usage", {"to": "2020-01-02T00:00:00Z"}).json()["results"] == []


def test_the_export_has_all_of_it_and_no_formulas(acme: Organization, owner: Any, program: APIClient) -> None:
    program.get("/api/v1/memory")
    UsageEvent.objects.update(operation="=cmd()")
    usage_rebuild(now=timezone.now())
    answer = owner.get(f"{URL}/usage/export")
    assert answer["Content-Type"].startswith("text/csv")
    assert "attachment" in answer["Content-Disposition"]
    (row,) = csv.DictReader(io.StringIO(answer.getvalue().decode()))
    assert (row["meter"], row["member"], row["operation"], row["quantity"]) == (
        "api_calls",
        owner.user.email,
        "'=cmd()",
        "1",
    )


def test_a_row_of_the_ledger_is_found_by_what_it_belongs_to(acme: Organization, owner: Any, program: APIClient) -> None:
    requests = [program.get("/api/v1/memory")["X-Request-ID"] for _ in range(3)]
    page = owner.get(f"{URL}/usage/events", {"limit": "2"}).json()
    rest = owner.get(f"{URL}/usage/events", {"limit": "2", "cursor": page["next"]}).json()
    found = [row["request_id"] for row in (*page["results"], *rest["results"])]
    assert found == requests[::-1]
    assert page["total"] == 3
    assert page["results"][0]["member"]["email"] == owner.user.email
    assert owner.get(f"{URL}/usage/events", {"operation": "POST /x"}).json()["results"] == []


@pytest.mark.parametrize(
    "query",
    [
        {"range": "0d"},
        {"range": "5y"},
        {"range": "9999d"},
        {"range": "1d", "from": "2026-01-01T00:00:00Z"},
        {"from": "2026-02-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"},
        {"from": "yesterday"},
        {"group_by": "colour"},
        {"meter": "gold"},
        {"group_by": "hour", "range": "300d"},
        {"unknown": "1"},
    ],
    ids=str,
)
def test_what_cannot_be_asked_is_named(query: dict[str, str], owner: Any) -> None:
    answer = owner.get(f"{URL}/usage", query)
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_failed")


def test_viewers_read_and_cannot_buy(acme: Organization, client_of: ClientFactory) -> None:
    viewer = client_of(acme, Role.VIEWER)
    for path in ("plans", "subscription", "quotas", "usage", "invoices", "alerts", "settings"):
        assert viewer.get(f"{URL}/{path}").status_code == 200
    for path in ("checkout", "portal", "subscription/change", "subscription/cancel", "subscription/refresh"):
        assert viewer.post(f"{URL}/{path}", {}, format="json").status_code == 403
    assert viewer.patch(f"{URL}/settings", {}, format="json").status_code == 403


def test_settings_are_changed_by_what_was_read(owner: Any) -> None:
    read = owner.get(f"{URL}/settings")
    assert read.json() == {"billing_email": "", "spend_limit_cents": None, "alert_percents": [80, 100]}
    changed = owner.patch(
        f"{URL}/settings", {"alert_percents": [100, 50, 50]}, format="json", headers={"If-Match": read["ETag"]}
    )
    assert changed.json()["alert_percents"] == [50, 100]
    late = owner.patch(
        f"{URL}/settings", {"billing_email": "a@b.example"}, format="json", headers={"If-Match": read["ETag"]}
    )
    assert late.status_code == 412
    for bad in ({"alert_percents": [0]}, {"spend_limit_cents": -1}, {"billing_email": "x"}, {"plan": "enterprise"}):
        assert owner.patch(f"{URL}/settings", bad, format="json").status_code == 400


def _refresh(organization: Organization) -> None:
    entitlement_refresh(organization_id=organization.id, now=timezone.now())
    caches["process"].clear()


@pytest.mark.parametrize("name", ["in_unknown", "%00", "..%2F", "x" * 400, "in_%F0%9F%92%A9"])
def test_an_invoice_that_is_none(name: str, owner: Any) -> None:
    assert owner.get(f"{URL}/invoices/{name}").status_code == 404
