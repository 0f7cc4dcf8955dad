"""Memories that one channel alone can reach, among hundreds of others: each is found by its type and by hybrid."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import Organization
from apps.memory.engine.reader import EVERYTHING
from apps.memory.engine.types import SearchType
from apps.memory.services.contexts import context_update
from apps.memory.services.operations import operation_create, operation_process
from apps.memory.services.search import memories_find
from apps.memory.services.understanding import memories_understand
from apps.memory.services.vectors import SHARES
from apps.memory.types import SearchQuery
from tests.bench.notes import notes

OTHERS = 250
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
PLANTED = {
    "id": "Ticket QX-7741: the printer in the lobby was replaced.",
    "other id": "Order ZK_2203 was sent to the wrong warehouse.",
    "synonym": "Our courier lost the shipment and the buyer wants reimbursement.",
    "other synonym": "Half of the staff called in sick with influenza this week.",
    "path, first step": "Nadia Voss looks after Project Kingfisher since spring.",
    "path, second step": "Project Kingfisher is hosted by Ostrava Datacenter.",
    "other path, first step": "Milo Brandt belongs to the Quarry Guild.",
    "other path, second step": "The Quarry Guild meets in Room Larkspur.",
    "date": "We moved into the building by the canal.",
    "other date": "The old coffee machine was given away.",
    "concept": "Everybody is delighted, what a wonderful success!",
    "other concept": "Customers are furious and call the service a disaster.",
}
OCCURRED = {"date": "2019-08-14T09:00:00+00:00", "other date": "2017-02-03T09:00:00+00:00"}
QUESTIONS: tuple[tuple[str, str, str, dict[str, float]], ...] = (
    ("id", "QX-7741", "hybrid", {"lexical": 1.0, "neural": 0, "sparse": 0, "knowledge": 0, "conceptual": 0}),
    ("other id", "ZK_2203", "hybrid", {"lexical": 1.0, "neural": 0, "sparse": 0, "knowledge": 0, "conceptual": 0}),
    ("synonym", "package went missing, client wants money back", "neural", {}),
    ("other synonym", "employees ill with the flu", "neural", {}),
    ("path, second step", "Which company does Nadia Voss depend on?", "knowledge", {}),
    ("other path, second step", "Where would one run into Milo Brandt?", "knowledge", {}),
    ("date", "what happened in August 2019?", "hybrid", {}),
    ("other date", "anything from 3 February 2017?", "hybrid", {}),
    ("concept", "good news that makes people happy", "conceptual", {}),
    ("other concept", "bad mood and anger", "conceptual", {}),
)


@pytest.fixture
def planted(in_acme: Organization) -> Iterator[Organization]:
    context_update(domain="general", now=timezone.now())
    rows: list[dict[str, Any]] = list(notes(OTHERS))
    rows += [
        {"content": text, "external_id": name, **({"occurred_at": OCCURRED[name]} if name in OCCURRED else {})}
        for name, text in PLANTED.items()
    ]
    operation = operation_create(organization_id=in_acme.id, rows=rows, user_id=None, now=timezone.now())
    operation_process(organization_id=in_acme.id, operation_id=operation.id)
    for share in range(SHARES):
        memories_understand(organization_id=in_acme.id, share=share)
    return in_acme


def test_each_is_found_in_the_top_three_by_its_type_and_by_hybrid(planted: Organization) -> None:
    missed = []
    for name, question, search_type, weights in QUESTIONS:
        for kind, given in ((SearchType(search_type), weights), (SearchType.HYBRID, {})):
            query = SearchQuery(text=question, search_type=kind, weights=given, limit=10, explain=False)
            found = memories_find(organization_id=planted.id, reader=EVERYTHING, query=query, now=NOW).results
            names = [one.memory.external_id for one in found]
            if name not in names[:3]:
                missed.append((kind.value, question, names.index(name) if name in names else None, names[:3]))
    assert missed == [], "\n".join(map(str, missed))
