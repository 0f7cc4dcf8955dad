"""Embeddings and conceptual coordinates: what is computed without a search."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from django.utils import timezone
from numpy.typing import NDArray

from apps.accounts.models import Organization
from apps.core.tenancy.scope import organization_scope
from apps.memory.adapters.embedding import MINILM, default_embedder
from apps.memory.adapters.kse import ConceptStore, ConceptualService, EmbeddingService
from apps.memory.engine.ports import MINILM_SCALE
from apps.memory.services.contexts import context_update
from tests.contracts.kse import call, entity, error, model, remember

URGENT = "The server burns, come at once."


class Fake:
    name = "fake"
    dimension = 2
    scale = MINILM_SCALE

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.array([[1.0, 0.0]] * len(texts), dtype=np.float32)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = self.embed([text])[0]
        return vector


def test_embeddings_carry_model_dimension_and_an_aware_time(acme: Organization) -> None:
    service, before = EmbeddingService(acme.id), timezone.now()
    one = call(service.generate_text_embedding, URGENT)
    assert isinstance(one, model("EmbeddingVector"))
    assert (one.model, one.dimension) == (MINILM.name, 384)
    assert one.vector == default_embedder().embed_query(URGENT).tolist()
    assert before <= one.created_at <= timezone.now()
    one.vector[0] = 9.0
    first, second = call(service.generate_batch_text_embeddings, [URGENT, "Other words."])
    assert first.vector == default_embedder().embed_query(URGENT).tolist()
    assert first.vector != second.vector
    assert call(service.generate_batch_text_embeddings, []) == []


def test_embedder_can_be_given(acme: Organization) -> None:
    one = call(EmbeddingService(acme.id, Fake()).generate_text_embedding, URGENT)
    assert (one.vector, one.model, one.dimension) == ([1.0, 0.0], "fake", 2)


def test_texts_and_images_that_cannot_be_embedded_are_refused(acme: Organization) -> None:
    service = EmbeddingService(acme.id)
    for text in ("", " \n", None, 7):
        with pytest.raises(error("EmbeddingError"), match="something to read"):
            call(service.generate_text_embedding, text)
    with pytest.raises(error("EmbeddingError"), match="at most 1000"):
        call(service.generate_batch_text_embeddings, ["x"] * 1_001)
    with pytest.raises(error("EmbeddingError"), match="images"):
        call(service.generate_image_embedding, "https://images.example/one.png")
    with pytest.raises(error("EmbeddingError"), match="images"):
        call(service.generate_batch_image_embeddings, [])


def test_an_entity_stands_where_a_memory_of_its_text_would(acme: Organization) -> None:
    service = ConceptualService(acme.id)
    memory_id = remember(acme, f"Alarm\n\n{URGENT}")
    expected = call(ConceptStore(acme.id).get_conceptual_dimensions, str(memory_id))
    for product in (entity("Alarm", URGENT), SimpleNamespace(title="Alarm", description=f" {URGENT}")):
        assert call(service.compute_dimensions, product) == expected
    first, second = call(service.compute_batch_dimensions, [entity("Alarm", URGENT), entity("Picnic", "At the lake.")])
    assert first == expected
    assert second != expected
    assert call(service.compute_batch_dimensions, []) == []


def test_organisations_have_their_own_dimensions(acme: Organization, globex: Organization) -> None:
    with organization_scope(globex.id):
        context_update(domain="retail", now=timezone.now())
    ours, theirs = (call(ConceptualService(one.id).compute_dimensions, entity("A", "b")) for one in (acme, globex))
    assert (ours.domain, theirs.domain) == ("general", "retail")
    assert list(theirs.dimensions) == list(model("ConceptualSpace").create_for_domain("retail").dimensions)
    assert set(ours.dimensions) != set(theirs.dimensions)
    with pytest.raises(error("ConceptualError"), match="domain is 'general'"):
        call(ConceptualService(acme.id).explain_dimensions, entity("A", "b"), theirs)


def test_explanation_names_the_extremes_and_quotes_the_text(acme: Organization) -> None:
    service, product = ConceptualService(acme.id), entity("Alarm", URGENT)
    place = call(service.compute_dimensions, product)
    place.dimensions = dict.fromkeys(place.dimensions, 0.5)
    neutral = call(service.explain_dimensions, product, place)
    assert neutral == "It stands near the middle of every dimension."
    low, high = list(place.dimensions)[:2]
    place.dimensions |= {low: 0.1, high: 0.95}
    assert call(service.explain_dimensions, product, place) == (
        f"High in {high.replace('_', ' ')} (0.95), most of all by: \u201cAlarm {URGENT}\u201d. "
        f"Low in {low.replace('_', ' ')} (0.10), most of all by: \u201cAlarm {URGENT}\u201d."
    )


@pytest.mark.parametrize(
    ("product", "message"),
    [
        (SimpleNamespace(title="", description=" "), "empty"),
        (SimpleNamespace(title="x"), "a title and a description"),
        (SimpleNamespace(title="x", description=7), "a title and a description"),
        ("text", "a title and a description"),
        (SimpleNamespace(title="x", description="y" * 50_000), "at most 50000"),
    ],
)
def test_products_without_text_are_refused(acme: Organization, product: Any, message: str) -> None:
    service = ConceptualService(acme.id)
    with pytest.raises(error("ConceptualError"), match=message):
        call(service.compute_dimensions, product)
    with pytest.raises(error("ConceptualError"), match=message):
        call(service.explain_dimensions, product, None)
