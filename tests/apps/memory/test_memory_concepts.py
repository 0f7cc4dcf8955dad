"""Where one memory stands, with the sentences that put it there."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from apps.core.ids import new_id
from apps.core.tenancy.scope import organization_scope
from apps.memory.adapters.embedding import default_embedder
from apps.memory.engine.concepts import DOMAIN_DIMENSIONS
from apps.memory.selectors import concepts
from apps.memory.selectors.contexts import concept_space, context_get
from tests.apps.memory.conftest import Store
from tests.factories.vectors import concepts_of

URGENCY = next(one for one in DOMAIN_DIMENSIONS["general"] if one.name == "urgency")
URGENT, CALM = URGENCY.high[0], URGENCY.low[0]
TEXT = f"  {URGENT} The office has a blue door.\n\n{CALM} "


def get(client: APIClient, memory_id: str) -> dict[str, Any]:
    answer = client.get(f"/api/v1/memory/{memory_id}/concepts")
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body


def test_sentences_stand_at_the_pole_that_they_pull_to(client: APIClient, store: Store, acme: Organization) -> None:
    memory_id = store(TEXT)
    body = get(client, memory_id)
    assert (body["memory_id"], body["revision"], body["sentences"], body["sentences_read"]) == (memory_id, 1, 3, 3)
    expected = DOMAIN_DIMENSIONS["general"]
    assert [(row["name"], row["description"]) for row in body["dimensions"]] == [
        (one.name, one.description) for one in expected
    ]
    with organization_scope(acme.id):
        assert [row["coordinate"] for row in body["dimensions"]] == pytest.approx(
            list(concepts_of(memory_id)), abs=1e-6
        )
        space = concept_space(context_get())
    urgency = next(row for row in body["dimensions"] if row["name"] == "urgency")
    poles = {sentence["text"]: sentence["pole"] for sentence in urgency["sentences"]}
    assert (poles[URGENT], poles[CALM]) == ("high", "low")
    column = [row["name"] for row in body["dimensions"]].index("urgency")
    for sentence in urgency["sentences"]:
        assert TEXT[sentence["start"] : sentence["end"]] == sentence["text"]
        alone = space.project(default_embedder().embed([sentence["text"]]))[0, column]
        assert sentence["coordinate"] == pytest.approx(float(alone), abs=1e-5)
    distances = [abs(sentence["coordinate"] - 0.5) for sentence in urgency["sentences"]]
    assert distances == sorted(distances, reverse=True)
    assert all(len(row["sentences"]) <= 3 for row in body["dimensions"])


def test_an_archived_memory_stands_where_it_stood(client: APIClient, store: Store) -> None:
    memory_id = store(TEXT)
    before = get(client, memory_id)["dimensions"]
    assert client.post("/api/v1/memory/archive", {"ids": [memory_id]}, format="json").json()["done"] == 1
    after = get(client, memory_id)["dimensions"]
    assert [row["coordinate"] for row in after] == pytest.approx([row["coordinate"] for row in before], abs=0.01)
    assert [row["sentences"] for row in after] == [row["sentences"] for row in before]


def test_of_a_long_memory_the_telling_passages_are_read(
    client: APIClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(concepts, "MAX_SENTENCES", 40)
    dull = " ".join(f"Paragraph {number} describes a chair and a table in the hall." for number in range(60))
    text = f"{dull}\n\n{URGENT} {' '.join([URGENT] * 20)}"
    body = get(client, store(text))
    assert (body["sentences"], body["sentences_read"]) == (81, 40)
    urgency = body["dimensions"][0]
    assert {sentence["text"] for sentence in urgency["sentences"]} == {URGENT}


def test_a_text_without_sentences_has_its_place(client: APIClient, store: Store) -> None:
    for text in ("!!!", "🙂", "x" * 5_000):
        body = get(client, store(text))
        assert all(0 <= row["coordinate"] <= 1 for row in body["dimensions"])


def test_dimensions_of_ones_own(client: APIClient, store: Store) -> None:
    memory_id = store("Honey, sugar and cake. Sea salt and anchovies.")
    dimensions = [{"name": "sweetness", "description": "How sweet the food is"}]
    client.patch("/api/v1/memory/context", {"dimensions": dimensions}, format="json")
    (row,) = get(client, memory_id)["dimensions"]
    assert (row["name"], row["description"]) == ("sweetness", "How sweet the food is")


def test_the_trash_and_the_unknown_have_no_place(client: APIClient, store: Store) -> None:
    memory_id = store("EXP-1.")
    client.delete(f"/api/v1/memory/{memory_id}")
    for one in (memory_id, str(new_id())):
        answer = client.get(f"/api/v1/memory/{one}/concepts")
        assert (answer.status_code, answer.json()["code"]) == (404, "memory_not_found")
