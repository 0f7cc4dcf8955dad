"""The filter language against an oracle: plain Python that says which memories satisfy a filter."""

import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from tests.apps.memory.conftest import Store

Item = dict[str, Any]
MISSING = object()

ITEMS: list[Item] = [
    {
        "memory_type": "experiment",
        "source": "jira",
        "metadata": {"team": "Pricing", "uplift": 12.5, "tags": ["q3", "eu"]},
    },
    {"memory_type": "experiment", "source": "jira", "metadata": {"team": "pricing", "uplift": -3, "tags": []}},
    {"memory_type": "incident", "source": "pagerduty", "metadata": {"team": "Ops", "open": True, "deep": {"a.b": 1}}},
    {"memory_type": "incident", "source": "", "metadata": {"team": None, "open": False, "deep": {"x": {"y": "z"}}}},
    {"memory_type": "decision", "metadata": {"uplift": "12.5", "tags": ["q3"], "quote": 'it\'s "so" \\ $1 %s'}},
    {"memory_type": "decision", "metadata": {"uplift": 12.5, "tags": "q3", "": 1} | {"ключ": "значение"}},
    {"memory_type": "decision", "metadata": {"team": ["Ops", "Pricing"], "uplift": [1, 20]}},
    {"memory_type": "general", "external_id": "e/1", "metadata": {}},
]
WHEN = [f"2026-0{month}-01T00:00:00Z" for month in range(1, 9)]

FILTERS: list[Any] = [
    {},
    {"memory_type": "experiment"},
    {"memory_type": {"ne": "experiment"}},
    {"memory_type": {"in": ["incident", "general"]}},
    {"memory_type": {"nin": ["incident", "general"]}},
    {"source": {"contains": "ira"}},
    {"source": {"icontains": "JIRA"}},
    {"source": {"exists": True}},
    {"source": {"exists": False}},
    {"external_id": {"exists": True}},
    {"external_id": {"eq": "e/1"}},
    {"module": {"exists": False}},
    {"occurred_at": {"gte": WHEN[2]}},
    {"occurred_at": {"gt": WHEN[2], "lte": WHEN[5]}},
    {"occurred_at": {"lt": WHEN[1]}},
    {"occurred_at": WHEN[3]},
    {"metadata.team": "Pricing"},
    {"metadata.team": {"ne": "Pricing"}},
    {"metadata.team": {"in": ["Ops", "pricing"]}},
    {"metadata.team": {"nin": ["Ops", "pricing"]}},
    {"metadata.team": {"contains": "ric"}},
    {"metadata.team": {"icontains": "PRIC"}},
    {"metadata.team": {"exists": True}},
    {"metadata.team": {"exists": False}},
    {"metadata.uplift": 12.5},
    {"metadata.uplift": "12.5"},
    {"metadata.uplift": {"gt": 0}},
    {"metadata.uplift": {"gte": -3, "lt": 12.5}},
    {"metadata.uplift": {"lte": "2"}},
    {"metadata.open": True},
    {"metadata.open": False},
    {"metadata.open": {"ne": True}},
    {"metadata.tags": "q3"},
    {"metadata.tags": {"in": ["e", "us"]}},
    {"metadata.tags": {"ne": "q3"}},
    {"metadata.tags": {"exists": True}},
    {"metadata.tags": {"exists": False}},
    {"metadata.deep.x.y": "z"},
    {"metadata.deep.x": {"exists": True}},
    {"metadata.quote": 'it\'s "so" \\ $1 %s'},
    {"metadata.quote": {"contains": '" \\ $'}},
    {"metadata.quote": {"contains": ".*"}},
    {"metadata.ключ": "значение"},
    {"metadata.no such key's \"name": 1},
    {"NOT": {"memory_type": "decision"}},
    {"OR": [{"memory_type": "general"}, {"metadata.open": True}]},
    {"AND": [{"memory_type": "decision"}, {"NOT": {"metadata.tags": "q3"}}]},
    {"NOT": {"OR": [{"metadata.team": "Ops"}, {"metadata.uplift": {"gt": 0}}]}},
    {"memory_type": "decision", "metadata.uplift": {"gte": 12}},
    {"NOT": {"NOT": {"metadata.team": {"exists": True}}}},
]


def _values(item: Item, field: str) -> list[Any]:
    """Return the values that a comparison looks at: those of a list are looked at one by one."""
    value = _value(item, field)
    if value is MISSING:
        return []
    return value if isinstance(value, list) else [value]


def _value(item: Item, field: str) -> Any:
    if not field.startswith("metadata."):
        return item.get(field, "")
    value: Any = item["metadata"]
    for key in field.removeprefix("metadata.").split("."):
        value = value.get(key, MISSING) if isinstance(value, dict) else MISSING
    return value


def _same_kind(a: Any, b: Any) -> bool:
    def number(value: Any) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool)

    return (number(a) and number(b)) or (type(a) is type(b))


def _holds(op: str, actual: Any, wanted: Any) -> bool:
    match op:
        case "eq":
            return _same_kind(actual, wanted) and bool(actual == wanted)
        case "in":
            return any(_holds("eq", actual, one) for one in wanted)
        case "contains":
            return isinstance(actual, str) and wanted in actual
        case "icontains":
            return isinstance(actual, str) and wanted.lower() in actual.lower()
    if not _same_kind(actual, wanted) or actual is None:
        return False
    comparisons = {"gt": actual > wanted, "gte": actual >= wanted, "lt": actual < wanted, "lte": actual <= wanted}
    return bool(comparisons[op])


def _compare(item: Item, field: str, op: str, wanted: Any) -> bool:
    if op == "exists":
        # A list is a value as a whole here: an empty one exists.
        value = _value(item, field)
        return bool(wanted) == all(value != nothing for nothing in (MISSING, None, ""))
    if op in {"ne", "nin"}:
        return not _compare(item, field, {"ne": "eq", "nin": "in"}[op], wanted)
    return any(_holds(op, value, wanted) for value in _values(item, field))


def oracle(item: Item, condition: dict[str, Any]) -> bool:
    def member(key: str, value: Any) -> bool:
        match key:
            case "AND":
                return all(oracle(item, one) for one in value)
            case "OR":
                return any(oracle(item, one) for one in value)
            case "NOT":
                return not oracle(item, value)
        operators = value if isinstance(value, dict) else {"eq": value}
        return all(_compare(item, key, op, wanted) for op, wanted in operators.items())

    return all(member(key, value) for key, value in condition.items())


@pytest.fixture
def corpus(store: Store) -> dict[str, Item]:
    """Store the items; returns them by memory id."""
    stored = {}
    for number, (item, when) in enumerate(zip(ITEMS, WHEN, strict=True)):
        stored[store(f"Item {number}.", occurred_at=when, **item)] = {**item, "occurred_at": when}
    return stored


def test_every_filter_selects_what_the_oracle_says(corpus: dict[str, Item], client: APIClient) -> None:
    for condition in FILTERS:
        answer = client.get("/api/v1/memory", query_params={"filters": json.dumps(condition), "limit": "100"})
        assert answer.status_code == 200, (condition, answer.content)
        selected = {row["content"] for row in answer.json()["results"]}
        expected = {f"Item {n}." for n, item in enumerate(corpus.values()) if oracle(item, condition)}
        assert (condition, selected) == (condition, expected)


def test_the_oracle_itself_discriminates() -> None:
    sizes = {
        sum(oracle({**item, "occurred_at": when}, one) for item, when in zip(ITEMS, WHEN, strict=True))
        for one in FILTERS
    }
    assert sizes >= {0, 1, 2, 3, 4, 8}


def test_listing_and_searching_agree(corpus: dict[str, Item], client: APIClient) -> None:
    for condition in FILTERS:
        found = client.post(
            "/api/v1/memory/search", {"query": "Item", "filters": condition, "limit": 100}, format="json"
        )
        expected = {f"Item {n}." for n, item in enumerate(corpus.values()) if oracle(item, condition)}
        assert {row["content"] for row in found.json()["results"]} == expected
