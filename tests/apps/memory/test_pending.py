"""What a batch gives before the models have read it: words and sketches are enough to be found."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from apps.accounts.models import Organization
from apps.memory.engine.reader import EVERYTHING
from apps.memory.models import Chunk, Memory
from apps.memory.selectors.landscapes import landscape_of
from apps.memory.services.operations import operation_create, operation_process
from apps.memory.services.search import memories_find
from apps.memory.services.understanding import memories_reread, memories_understand, unread
from apps.memory.services.vectors import SHARES
from apps.memory.types import SearchQuery
from tests.factories.vectors import concepts_of, passages_without_vector

TEXTS = (
    "Parcels to Sweden arrive late and nobody answers the phone.",
    "The annual discount of EXP-117 doubled sign-ups, says Priya Raman.",
    "The payment service is down and orders fail.",
)


@pytest.fixture
def batch(in_acme: Organization) -> Organization:
    rows = [{"content": text} for text in TEXTS]
    operation = operation_create(organization_id=in_acme.id, rows=rows, user_id=None, now=timezone.now())
    operation_process(organization_id=in_acme.id, operation_id=operation.id)
    return in_acme


@pytest.fixture
def first(batch: Organization) -> Callable[[str], str]:
    def ask(text: str) -> str:
        query = SearchQuery(text=text)
        found = memories_find(organization_id=batch.id, reader=EVERYTHING, query=query, now=timezone.now()).results
        return found[0].memory.content

    return ask


def understand_all(organization: Organization) -> None:
    for share in range(SHARES):
        assert memories_understand(organization_id=organization.id, share=share)


@pytest.mark.parametrize(
    ("question", "answer"),
    [("late parcels", 0), ("slow deliveries to Scandinavia", 0), ("EXP-117", 1), ("an outage of the checkout", 2)],
)
def test_it_is_found_by_words_and_by_meaning_before_and_after(
    question: str, answer: int, batch: Organization, first: Callable[[str], str]
) -> None:
    assert unread().count() == len(TEXTS)
    assert first(question) == TEXTS[answer]
    understand_all(batch)
    assert not unread().exists()
    assert first(question) == TEXTS[answer]


def test_the_models_read_each_text_once_and_drop_its_sketch(batch: Organization) -> None:
    assert passages_without_vector().filter(sketch__isnull=False).count() == len(TEXTS)
    understand_all(batch)
    assert Chunk.objects.filter(sparse__isnull=False, sketch=None).count() == len(TEXTS)
    assert not passages_without_vector().exists()
    changes = set(Memory.objects.values_list("change", flat=True))
    understand_all(batch)
    assert set(Memory.objects.values_list("change", flat=True)) == changes


def test_topics_leave_out_what_no_model_has_read(batch: Organization) -> None:
    assert len(landscape_of(Memory.objects.all(), progress=lambda: None).columns["number"]) == 0
    understand_all(batch)
    assert len(landscape_of(Memory.objects.all(), progress=lambda: None).columns["number"]) == len(TEXTS)


def test_reading_again_gives_the_same(batch: Organization) -> None:
    understand_all(batch)

    def found() -> list[tuple[object, ...]]:
        rows = Memory.objects.order_by("number").values_list("id", "number", "named", "times", "thread")
        return [(*row, concepts_of(row[0]).tolist()) for row in rows]

    before = found()
    assert memories_reread(organization_id=batch.id, everything=True, now=timezone.now()) == len(TEXTS)
    understand_all(batch)
    assert found() == before
