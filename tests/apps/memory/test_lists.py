"""Orders, conditions and facets of the list, against plain Python that says what they should be."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from apps.core.api.pagination import cursor_encode
from apps.core.tenancy.scope import organization_scope
from apps.memory.api.serializers_managing import ORDERS
from apps.memory.models import Memory
from tests.apps.memory.conftest import Store

URL = "/api/v1/memory"
FACETS = f"{URL}/facets"
# Collected the same by every worker.
ID = "01a20dfcb884733198bc113afe6ca59d"
START = datetime(2026, 1, 1, tzinfo=UTC)


def rows_create(organization: Organization, count: int, *, first: int = 1) -> list[Memory]:
    """Write rows, quickly and without passages, of which many have the same value in every column."""
    with organization_scope(organization.id):
        return Memory.objects.bulk_create(
            Memory(
                number=number,
                content=f"Note {number}",
                content_hash=str(number),
                metadata={},
                memory_type=("note", "decision", "a_b", "a")[number % 4],
                source=("", "Ä", "a", "B", "\U0001f600" * 200)[number % 5],
                occurred_at=START + timedelta(days=number % 3, microseconds=number % 2),
                recorded_at=START + timedelta(seconds=number % 6),
                revised_at=START - timedelta(days=number % 2),
                size_bytes=1,
            )
            for number in range(first, first + count)
        )


def pages(client: APIClient, **query: str) -> Any:
    """Yield the ids of one page after the other."""
    while True:
        answer = client.get(URL, query_params=query)
        assert answer.status_code == 200, answer.content
        body = answer.json()
        yield [row["memory_id"] for row in body["results"]]
        if body["next"] is None:
            return
        query = {**query, "cursor": body["next"]}


@pytest.fixture
def many(acme: Organization) -> list[Memory]:
    return rows_create(acme, 31)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(order=st.sampled_from(ORDERS), limit=st.integers(1, 40))
def test_every_order_returns_each_row_once_and_sorted(
    order: str, limit: int, client: APIClient, many: list[Memory], acme: Organization
) -> None:
    found = [row for page in pages(client, ordering=order, limit=str(limit)) for row in page]
    assert sorted(found) == sorted(str(row.id) for row in many)
    column = order.removeprefix("-")
    if column not in {"source", "memory_type"}:
        # Texts are sorted by the rules of the database's language.
        values = {str(row.id): (getattr(row, column), row.id) for row in many}
        assert [values[one] for one in found] == sorted(values.values(), reverse=order.startswith("-"))
    with organization_scope(acme.id):
        assert found == [
            str(one)
            for one in Memory.objects.order_by(order, "-id" if order.startswith("-") else "id").values_list(
                "id", flat=True
            )
        ]


@pytest.mark.parametrize("order", ORDERS)
def test_rows_that_arrive_meanwhile_shift_no_page(
    order: str, client: APIClient, many: list[Memory], acme: Organization
) -> None:
    found: list[str] = []
    for number, page in enumerate(pages(client, ordering=order, limit="4")):
        found += page
        if number < 5:
            rows_create(acme, 3, first=100 + 3 * number)
    before = {str(row.id) for row in many}
    assert len(found) == len(set(found))
    assert before <= set(found)


def test_the_default_order_is_last_recorded_first(client: APIClient, many: list[Memory]) -> None:
    assert list(pages(client, limit="10")) == list(pages(client, limit="10", ordering="-recorded_at"))


@pytest.mark.parametrize(
    ("order", "cursor"),
    [
        ("-occurred_at", cursor_encode("occurred_at", START.isoformat(), ID)),
        ("-recorded_at", cursor_encode("-revision", "3")),
        ("-recorded_at", cursor_encode("-recorded_at", "yesterday", ID)),
        ("-recorded_at", cursor_encode("-recorded_at", "2026-01-01T00:00:00", ID)),
        ("-recorded_at", cursor_encode("-recorded_at", "0001-01-01T00:00:00+14:00", ID)),
        ("-recorded_at", cursor_encode("-recorded_at", START.isoformat(), "x")),
        ("-recorded_at", cursor_encode("-recorded_at", START.isoformat(), "9" * 400)),
        ("source", cursor_encode("source", "a\x00b", ID)),
        ("source", cursor_encode("source", ID)),
        ("source", cursor_encode("source", "a", ID, "b")),
        ("source", "x" * 1_501),
        ("source", "W10"),
        ("source", "bnVsbA"),
        ("source", "W251bGwsbnVsbCxudWxsXQ"),
        ("source", "%00"),
    ],
)
def test_cursors_of_others_are_refused(order: str, cursor: str, client: APIClient) -> None:
    answer = client.get(URL, query_params={"ordering": order, "cursor": cursor})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/cursor")


def test_a_cursor_far_outside_of_all_rows_is_an_empty_page(client: APIClient, many: list[Memory]) -> None:
    for year, order in (("0001", "-recorded_at"), ("9999", "recorded_at")):
        cursor = cursor_encode(order, f"{year}-01-01T00:00:00+00:00", ID)
        assert client.get(URL, query_params={"ordering": order, "cursor": cursor}).json()["results"] == []


ODD = [
    {"ordering": "content"},
    {"ordering": "id"},
    {"ordering": "-"},
    {"ordering": "recorded_at,id"},
    {"ordering": "metadata__x"},
    {"q": "a\x00"},
    {"q": ""},
    {"q": "x" * 201},
    {"state": "dead"},
    {"range": "0d"},
    {"range": "-1d"},
    {"range": "1.5d"},
    {"range": "30"},
    {"range": "30m"},
    {"range": "٣d"},
    {"range": "9" * 400 + "d"},
    {"range": "30d", "from": "2026-01-01T00:00:00Z"},
    {"range": "30d", "occurred_before": "2026-01-01T00:00:00Z"},
    {"from": "2026-01-01T00:00:00Z", "occurred_after": "2026-01-01T00:00:00Z"},
    {"to": "2026-01-01T00:00:00Z", "occurred_before": "2026-01-01T00:00:00Z"},
    {"from": "2026-01-01"},
    {"to": "x"},
    {"filters": '{"metadata.a": "\\u0000"}'},
    {"filters": "[" * 5_000},
    {"memory_type": "\x00"},
    {"nonsense": "1"},
]


@pytest.mark.parametrize("query", ODD, ids=range(len(ODD)))
def test_odd_conditions_are_refused_by_list_and_facets(query: dict[str, str], client: APIClient) -> None:
    for url in (URL, FACETS):
        answer = client.get(url, query_params=query)
        assert (answer.status_code, answer.json()["code"]) == (400, "validation_failed"), url


def test_a_part_of_the_text_is_found_in_capitals_or_not(client: APIClient, store: Store) -> None:
    store("100% of the HARBOR_checkout.")
    store("100 of the harborXcheckout.")
    for q, count in (("harbor", 2), ("HARBOR_", 1), ("0%", 1), ("0 of", 1), ("\\", 0), ("nothing", 0)):
        assert client.get(URL, query_params={"q": q}).json()["total"] == count, q
        assert client.get(FACETS, query_params={"q": q}).json()["total"] == count, q


def test_ranges_reach_from_then_until_now(client: APIClient, store: Store) -> None:
    now = timezone.now()
    for days in (-1, 0.1, 6, 8, 40):
        store(f"{days} days ago.", occurred_at=(now - timedelta(days=days)).isoformat())

    def found(**query: str) -> list[str]:
        rows = client.get(URL, query_params=query).json()["results"]
        return sorted(row["content"].split()[0] for row in rows)

    assert found(range="12h") == ["0.1"]
    assert found(range="1w") == found(range="7d") == ["0.1", "6"]
    assert found(range="9999w") == ["0.1", "40", "6", "8"]
    then = (now - timedelta(days=7)).isoformat()
    assert found(**{"from": then}) == ["-1", "0.1", "6"]
    assert found(to=then) == ["40", "8"]
    assert found(**{"from": (now - timedelta(days=10)).isoformat(), "occurred_before": then}) == ["8"]


def test_the_trash_is_a_list_of_its_own(client: APIClient, store: Store, acme: Organization) -> None:
    kept, gone, ages_ago = store("Kept."), store("Gone.", memory_type="note"), store("Ages ago.")
    for memory_id in (gone, ages_ago):
        client.delete(f"{URL}/{memory_id}")
    with organization_scope(acme.id):
        Memory.objects.filter(id=ages_ago).update(deleted_at=timezone.now() - timedelta(days=31))
    trash = client.get(URL, query_params={"state": "trash"}).json()
    assert [(row["memory_id"], row["deleted_at"] is None) for row in trash["results"]] == [(gone, False)]
    assert client.get(URL, query_params={"state": "trash", "memory_type": "general"}).json()["total"] == 0
    live = client.get(URL, query_params={"state": "live"}).json()
    assert [(row["memory_id"], row["deleted_at"]) for row in live["results"]] == [(kept, None)]
    facets = client.get(FACETS, query_params={"state": "trash"}).json()
    assert (facets["total"], facets["memory_type"]["values"]) == (1, [{"value": "note", "count": 1}])


def values_of(facet: dict[str, Any]) -> list[tuple[str, int]]:
    return [(json.dumps(row["value"]), row["count"]) for row in facet["values"]]


def test_facets_count_what_the_list_shows(client: APIClient, store: Store) -> None:
    items: list[dict[str, Any]] = [
        {"memory_type": "note", "source": "jira", "metadata": {"team": "Ops"}},
        {"memory_type": "note", "source": "jira", "metadata": {"team": ["Ops", "Pricing", "Ops"]}},
        {"memory_type": "note", "metadata": {"team": 1, "deep": {"x y": True}}},
        {"memory_type": "decision", "metadata": {"team": "1", "deep": {"x y": [False, True]}}},
        {"memory_type": "decision", "metadata": {"team": None, "deep": "x"}},
        {"memory_type": "decision", "metadata": {"team": {"Ops": 1}, 'quote"\\$': 2.5}},
        {"memory_type": "plan", "metadata": {"team": []}},
    ]
    for number, item in enumerate(items):
        store("Text.", occurred_at=f"2026-0{1 + number // 3}-15T00:00:00Z", **item)
    query = {"metadata": ["team", "deep.x y", 'quote"\\$', "nothing"]}
    facets = client.get(FACETS, query_params=query).json()
    assert facets["total"] == 7
    assert values_of(facets["memory_type"]) == [('"decision"', 3), ('"note"', 3), ('"plan"', 1)]
    assert values_of(facets["source"]) == [("null", 5), ('"jira"', 2)]
    assert values_of(facets["module"]) == [("null", 7)]
    assert facets["months"] == {
        "values": [{"month": f"2026-0{n}", "count": count} for n, count in ((1, 3), (2, 3), (3, 1))],
        "other": 0,
    }
    team = facets["metadata"]["team"]
    assert dict(values_of(team)) == {'"Ops"': 2, '"Pricing"': 1, "1": 1, '"1"': 1}
    assert (team["values"][0]["value"], team["other"], team["missing"]) == ("Ops", 0, 3)
    assert dict(values_of(facets["metadata"]["deep.x y"])) == {"true": 2, "false": 1}
    assert values_of(facets["metadata"]['quote"\\$']) == [("2.5", 1)]
    assert facets["metadata"]["nothing"] == {"values": [], "other": 0, "missing": 7}
    narrowed = client.get(FACETS, query_params={"filters": '{"metadata.team": "Ops"}', "metadata": "team"}).json()
    assert (narrowed["total"], values_of(narrowed["memory_type"])) == (2, [('"note"', 2)])


def test_rare_values_are_counted_together(client: APIClient, acme: Organization) -> None:
    rows = rows_create(acme, 60)
    with organization_scope(acme.id):
        for row in rows:
            row.source = f"s{row.number % 30:02}" if row.number > 30 else "s00"
            row.metadata = {"n": row.number % 25}
            row.occurred_at = datetime(1980 + row.number // 4, 1 + row.number % 12, 1, tzinfo=UTC)
            row.save()
    facets = client.get(FACETS, query_params={"metadata": "n"}).json()
    sources = Counter(row.source for row in rows)
    assert values_of(facets["source"])[0] == ('"s00"', sources["s00"])
    for facet in (facets["source"], facets["metadata"]["n"]):
        assert len(facet["values"]) == 20
        assert sum(row["count"] for row in facet["values"]) + facet["other"] == 60


@pytest.mark.parametrize(
    "paths",
    [[""], ["a."], [".a"], ["a" * 101], ["a\x00"], [".".join("abcdefghi")], ["x" * 1_001], list("abcdef")],
)
def test_odd_paths_are_refused(paths: list[str], client: APIClient) -> None:
    answer = client.get(FACETS, query_params={"metadata": paths})
    assert answer.status_code == 400, answer.content
    assert all(error["pointer"].startswith("/metadata") for error in answer.json()["errors"])


def test_facets_cost_a_query_each(
    client: APIClient, store: Store, django_assert_num_queries: Callable[..., Any]
) -> None:
    for n in range(3):
        store(f"Note {n}.", metadata={"n": n})
    client.get(FACETS)
    # The total, three columns, the months and one path.
    with django_assert_num_queries(6):
        client.get(FACETS, query_params={"metadata": "n"})
