from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from apps.memory.adapters.embedding import default_embedder
from apps.memory.engine.concepts import DOMAIN_DIMENSIONS, ConceptSpace, Dimension
from apps.memory.engine.ports import MINILM_SCALE
from apps.memory.kse import kse_contract


class CompassEmbedder:
    """Embeds the words north, south, east and west as unit vectors in the plane, the rest as north-east."""

    name = "compass"
    dimension = 2
    scale = MINILM_SCALE

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        points = {"north": (0, 1), "south": (0, -1), "east": (1, 0), "west": (-1, 0)}
        return np.array([points.get(text, (0.6, 0.8)) for text in texts], dtype=np.float32)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = self.embed([text])[0]
        return vector


LATITUDE = Dimension(name="latitude", description="", low=("south",), high=("north",))
LONGITUDE = Dimension(name="longitude", description="", low=("west",), high=("east",))


def rows(*values: Sequence[float]) -> NDArray[np.float32]:
    return np.array(values, dtype=np.float32)


@pytest.fixture
def plane() -> ConceptSpace:
    return ConceptSpace.build([LATITUDE, LONGITUDE], CompassEmbedder())


def test_poles_map_near_one_tenth_and_nine_tenths(plane: ConceptSpace) -> None:
    coords = plane.project(CompassEmbedder().embed(["south", "north", "west", "east"]))
    np.testing.assert_allclose(coords, [[0.1, 0.5], [0.9, 0.5], [0.5, 0.1], [0.5, 0.9]], atol=1e-6)
    assert coords.dtype == np.float32


def test_query_weighs_the_dimensions_on_which_it_is_extreme(plane: ConceptSpace) -> None:
    target, weight = plane.query_target(rows((0, 1))[0])
    np.testing.assert_allclose(target, [0.9, 0.5], atol=1e-6)
    np.testing.assert_allclose(weight, [1.0, 0.0], atol=1e-6)


def test_neutral_query_weighs_all_dimensions_alike(plane: ConceptSpace) -> None:
    _, weight = plane.query_target(rows((0, 0))[0])
    assert weight.tolist() == [0.5, 0.5]


def test_weights_sum_to_one(plane: ConceptSpace) -> None:
    _, weight = plane.query_target(rows((0.6, 0.8))[0])
    assert weight.sum() == pytest.approx(1.0)
    assert weight[0] > weight[1] > 0


def test_similarity_falls_with_weighted_distance(plane: ConceptSpace) -> None:
    target, weight = rows((0.9, 0.5))[0], rows((0.75, 0.25))[0]
    found = plane.similarity(target, weight, rows((0.9, 0.5), (0.5, 0.5), (0.9, 0.1), (0.1, 0.1)))
    np.testing.assert_allclose(found, [1.0, 0.7, 0.9, 0.3], atol=1e-6)


def test_equal_poles_answer_one_half() -> None:
    space = ConceptSpace.build([Dimension("flat", "", low=("north",), high=("north",))], CompassEmbedder())
    assert space.project(rows((0, 1), (1, 0))).tolist() == [[0.5], [0.5]]


def test_space_without_dimensions_or_with_twins_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        ConceptSpace.build([], CompassEmbedder())
    with pytest.raises(ValueError, match="share a name"):
        ConceptSpace.build([LATITUDE, LATITUDE], CompassEmbedder())


def test_dimension_without_anchor_texts_is_refused() -> None:
    with pytest.raises(ValueError, match="both poles"):
        Dimension("empty", "", low=(" ",), high=("north",))


def test_domains_of_the_contract_keep_its_names_and_descriptions() -> None:
    theirs = kse_contract().models.DOMAIN_DIMENSIONS
    assert set(DOMAIN_DIMENSIONS) == {*theirs, "general", "marketing"}
    for domain, described in theirs.items():
        assert {one.name: one.description for one in DOMAIN_DIMENSIONS[domain]} == described


@pytest.mark.parametrize("domain", DOMAIN_DIMENSIONS)
def test_built_in_dimensions_have_distinct_anchors(domain: str) -> None:
    dimensions = DOMAIN_DIMENSIONS[domain]
    texts = [text for dimension in dimensions for text in (*dimension.low, *dimension.high)]
    assert len(set(texts)) == len(texts)
    assert len({dimension.name for dimension in dimensions}) == len(dimensions)
    assert all(3 <= len(pole) <= 5 for dimension in dimensions for pole in (dimension.low, dimension.high))


@pytest.mark.parametrize(
    ("domain", "name", "low", "high"),
    [
        ("general", "urgency", "Let us look at this some time next year.", "Servers are failing, respond right away!"),
        ("general", "sentiment", "They hated the update and complained.", "They loved the update and thanked us."),
        ("enterprise", "impact", "A typo in a footnote was corrected.", "Company profit will double this year."),
        ("finance", "risk", "Insured deposit at a state bank.", "Highly leveraged crypto speculation."),
        ("healthcare", "invasiveness", "The doctor recommended a walk.", "Surgeons removed part of the lung."),
        ("real_estate", "condition", "Water damage and crumbling plaster.", "Freshly refurbished and spotless rooms."),
        ("research", "rigor", "We asked three friends what they think.", "Randomised controlled trial, n = 4,000."),
        ("retail", "luxury", "Two shirts for five euros at the discounter.", "An exclusive diamond necklace."),
        (
            "marketing",
            "loyalty",
            "Buyers leave after the first order.",
            "Subscribers renew every year and refer friends.",
        ),
    ],
)
def test_unseen_sentences_fall_on_their_side(domain: str, name: str, low: str, high: str) -> None:
    embedder = default_embedder()
    (dimension,) = [one for one in DOMAIN_DIMENSIONS[domain] if one.name == name]
    coords = ConceptSpace.build([dimension], embedder).project(embedder.embed([low, high]))[:, 0]
    assert coords[0] < 0.45
    assert coords[1] > 0.55


def test_dimension_from_a_description_orders_texts() -> None:
    dimension = Dimension.from_description("sustainability", "How environmentally friendly the product is")
    embedder = default_embedder()
    coords = ConceptSpace.build([dimension], embedder).project(
        embedder.embed(
            ["Poor, wasteful, almost no sustainability.", "Outstanding sustainability, excellent for nature."]
        )
    )
    assert coords[0, 0] < 0.5 < coords[1, 0]


@pytest.mark.parametrize(("name", "description"), [("fit", ""), ("", "something"), ("a_b", "A.\n B.")])
def test_dimension_from_sparse_description_has_two_poles(name: str, description: str) -> None:
    dimension = Dimension.from_description(name, description)
    assert (dimension.name, dimension.description) == (name, description)
    assert not set(dimension.low) & set(dimension.high)
