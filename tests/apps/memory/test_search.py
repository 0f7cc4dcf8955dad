"""Search: what only each channel finds, exact ledgers, conditions, quotas."""

from typing import Any

import numpy as np
import pytest
from django.core.cache import caches
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from apps.billing.models import UsageEvent
from apps.core.tenancy.scope import organization_scope
from apps.memory.adapters.embedding import default_embedder
from apps.memory.models import Memory
from apps.memory.selectors.contexts import concept_space, context_get
from tests.apps.memory.conftest import Search, Store
from tests.factories.billing import plan_limits_set
from tests.factories.vectors import concepts_of, concepts_set

URL = "/api/v1/memory/search"
CORPUS = {
    "delivery": "Parcels to Sweden arrive late and nobody answers the phone. People are furious.",
    "discount": "EXP-117: Priya Raman tested a 20% discount on the annual plan. Revenue per user rose by 12.5%.",
    "outage": "The payment service is down, orders fail at this moment, somebody has to act at once.",
    "delight": "The new welcome mails are a delight: twice as many are opened, and readers thank us.",
    "loyalty": "Lena Hartwig decided to end the loyalty points and to pay for referrals instead.",
    "sequel": "EXP-131 repeats EXP-117 in France with a smaller price cut.",
    "serial": "Part number QX-7741 was replaced in the warehouse scanner.",
}


@pytest.fixture
def corpus(store: Store) -> dict[str, str]:
    """Store the corpus; returns the names by memory id."""
    return {
        store(content, memory_type=name, occurred_at=f"2026-0{month}-10T09:00:00Z", metadata={"month": month}): name
        for month, (name, content) in enumerate(CORPUS.items(), start=1)
    }


@pytest.mark.parametrize(
    ("search_type", "query", "name"),
    [
        ("neural", "complaints about slow delivery", "delivery"),
        ("neural", "system failure", "outage"),
        ("conceptual", "good news that makes people happy", "delight"),
        ("knowledge", "what did priya raman do?", "discount"),
        ("knowledge", "QX-7741", "serial"),
        ("hybrid", "annual discount result", "discount"),
        ("hybrid", "referrals instead of points", "loyalty"),
        ("hybrid", "qx-7741", "serial"),
    ],
)
def test_each_search_type_finds_its_memory(
    search_type: str, query: str, name: str, corpus: dict[str, str], search: Search
) -> None:
    assert corpus[search(query, search_type=search_type)[0]["memory_id"]] == name


def test_knowledge_reaches_what_is_named_together(corpus: dict[str, str], search: Search) -> None:
    found = [corpus[row["memory_id"]] for row in search("Priya Raman", search_type="knowledge")]
    assert found[:2] == ["discount", "sequel"]


@pytest.mark.parametrize("search_type", ["neural", "conceptual", "knowledge", "hybrid"])
def test_contributions_add_up_exactly(search_type: str, corpus: dict[str, str], search: Search) -> None:
    queries = [*CORPUS.values(), "x", "price", "who decided?", "???", "EXP-117 Priya Raman Sweden", "的 é \u202e"]
    for query in queries:
        for row in search(query, search_type=search_type):
            units = [one["contribution_units"] or 0 for one in row["contributions"]]
            assert sum(units) == row["score_units"]
            assert row["score"] == row["score_units"] / 1_000_000
            assert 0 <= row["score_units"] <= 1_000_000
            assert sum(one["weight"] for one in row["contributions"]) == pytest.approx(1, abs=1e-5)
            assert all((one["raw"] is None) == (one["rank"] is None) for one in row["contributions"])


def test_equal_requests_get_equal_results(corpus: dict[str, str], search: Search) -> None:
    assert search("price cut in France") == search("price cut in France")


def test_the_conceptual_channel_is_the_engines_similarity(
    corpus: dict[str, str], search: Search, acme: Organization
) -> None:
    text = "good news that makes people happy"
    found = {row["memory_id"]: row["contributions"][0]["raw"] for row in search(text, search_type="conceptual")}
    with organization_scope(acme.id):
        space = concept_space(context_get())
        places = {str(row.id): concepts_of(row.id) for row in Memory.objects.all()}
    target, weight = space.query_target(default_embedder().embed_query(text))
    expected = space.similarity(target, weight, np.stack(list(places.values())))
    assert found == pytest.approx(dict(zip(places, expected.tolist(), strict=True)), abs=1e-5)


def test_a_memory_of_another_space_does_not_break_the_search(
    corpus: dict[str, str], search: Search, acme: Organization
) -> None:
    other = next(iter(corpus))
    with organization_scope(acme.id):
        concepts_set(other, [0.5, 0.5])
    found = [row["memory_id"] for row in search("good news", search_type="conceptual")]
    assert sorted(found) == sorted(set(corpus) - {other})


def test_leaving_a_channel_out_equals_weight_zero_of_the_others(corpus: dict[str, str], search: Search) -> None:
    only = search("late parcels", weights={"lexical": 0, "sparse": 0, "conceptual": 0, "knowledge": 0})
    neural = search("late parcels", search_type="neural")
    assert [(row["memory_id"], row["score_units"]) for row in only] == [
        (row["memory_id"], row["score_units"]) for row in neural
    ]


def test_all_weights_zero_find_nothing(corpus: dict[str, str], search: Search) -> None:
    assert search("late parcels", search_type="neural", weights={"neural": 0}) == []


def test_conditions_narrow_the_memories_before_the_channels_do(corpus: dict[str, str], search: Search) -> None:
    def names(**conditions: Any) -> set[str]:
        return {corpus[row["memory_id"]] for row in search("Priya Raman discount", **conditions)}

    assert names(memory_types=["delight", "outage"]) == {"delight", "outage"}
    assert names(filters={"metadata.month": {"gte": 6}}) == {"sequel", "serial"}
    assert names(occurred_after="2026-03-01T00:00:00Z", occurred_before="2026-05-01T00:00:00Z") == {"outage", "delight"}
    assert names(memory_types=["nothing"]) == set()


def test_threshold_and_limit_cut_the_list(corpus: dict[str, str], search: Search) -> None:
    everything = search("annual discount", limit=100)
    assert len(search("annual discount", limit=3)) == 3
    least = everything[1]["score"]
    assert [row["score"] for row in search("annual discount", threshold=least)] == [
        row["score"] for row in everything if row["score"] >= least
    ]


def test_explanations_are_given_unless_declined(corpus: dict[str, str], search: Search) -> None:
    first = search("annual discount of Priya Raman")[0]
    assert "Priya Raman" in first["explanation"]
    assert search("annual discount", explain=False)[0]["explanation"] is None


def test_spans_point_at_the_best_passage(store: Store, search: Search) -> None:
    filler = "The quarterly numbers were discussed at length without any result worth keeping. " * 40
    store(f"{filler}\n\nThe golden pelican escaped from the zoo on Friday night.\n\n{filler}")
    row = search("which bird escaped?", search_type="neural")[0]
    span = row["spans"][0]
    assert "golden pelican" in row["content"][span["start"] : span["end"]]
    assert span["end"] - span["start"] < len(row["content"]) / 2


def test_fields_may_be_query_parameters(corpus: dict[str, str], client: APIClient) -> None:
    query = {"query": "late parcels", "search_type": "neural", "limit": "2", "memory_types": ["delivery", "outage"]}
    by_query = client.post(URL, query_params=query)
    by_body = client.post(URL, {**query, "limit": 2}, format="json")
    assert by_query.status_code == by_body.status_code == 200
    assert by_query.json()["results"] == by_body.json()["results"]


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"query": ""}, "/query"),
        ({"query": "x" * 2001}, "/query"),
        ({"search_type": "magic"}, "/search_type"),
        ({"limit": 0}, "/limit"),
        ({"limit": 101}, "/limit"),
        ({"limit": "many"}, "/limit"),
        ({"threshold": 1.1}, "/threshold"),
        ({"threshold": "high"}, "/threshold"),
        ({"weights": {"magic": 1}}, "/weights/magic"),
        ({"weights": {"neural": -1}}, "/weights/neural"),
        ({"weights": [1]}, "/weights"),
        ({"memory_types": "experiment"}, "/memory_types"),
        ({"memory_types": ["NO"]}, "/memory_types/0"),
        ({"filters": {"nope": 1}}, "/filters/nope"),
        ({"filters": {"metadata.a": {"like": "x"}}}, "/filters/metadata.a/like"),
        ({"occurred_after": "2026-03-02T10:00:00"}, "/occurred_after"),
        ({"explain": "perhaps"}, "/explain"),
        ({"context": "org_x"}, "/context"),
    ],
)
def test_bad_fields_are_named(fields: dict[str, Any], pointer: str, client: APIClient) -> None:
    answer = client.post(URL, {"query": "x", **fields}, format="json")
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_the_days_searches_are_counted_and_limited(corpus: dict[str, str], client: APIClient) -> None:
    plan_limits_set("free", memory_searches=2)
    # Entitlements are believed for five seconds.
    caches["process"].clear()
    answers = [client.post(URL, {"query": "x"}, format="json") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 402]
    assert [answer.get("X-Quota-Remaining") for answer in answers] == ["1", "0", None]
    assert answers[0]["X-Quota-Limit"] == "2"
    body = answers[2].json()
    assert (body["code"], body["gate"], body["meter"], body["retryable"]) == (
        "quota_exceeded",
        "quota",
        "memory_searches",
        True,
    )
    assert body["available_in"] == ["starter", "professional", "enterprise"]
    assert 0 < int(answers[2]["Retry-After"]) <= 86_400
    assert UsageEvent.objects.filter(meter="memory_searches").count() == 2


def test_a_search_costs_the_same_number_of_queries_whatever_it_finds(
    corpus: dict[str, str], client: APIClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.post(URL, {"query": "warm"}, format="json")
    for limit in (2, 7):
        with django_assert_num_queries(4):
            client.post(URL, {"query": "Priya Raman discount", "limit": limit}, format="json")
