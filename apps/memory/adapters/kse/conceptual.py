"""The SDK's conceptual service: places texts on the organisation's dimensions as storing a memory would."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from apps.memory.adapters.embedders import embedder_named
from apps.memory.adapters.kse.base import Bound, implements
from apps.memory.adapters.kse.spaces import coordinates_of, space_of
from apps.memory.engine.chunking import chunk_text
from apps.memory.engine.reading import place
from apps.memory.selectors.contexts import concept_space, context_get
from apps.memory.types import MAX_BATCH_ITEMS, MAX_CONTENT

_NAMED = 3
# Nearer to the middle than this a text is neither high nor low.
_NEUTRAL = 0.1
_MIDDLE = 0.5
_QUOTED = 100


@implements("ConceptualServiceInterface")
class ConceptualService(Bound):
    """Takes the SDK's `Entity`, or anything with `title` and `description`; returns its `ConceptualSpace`."""

    error = "ConceptualError"

    async def compute_dimensions(self, product: Any) -> Any:
        return (await self.compute_batch_dimensions([product]))[0]

    async def compute_batch_dimensions(self, products: list[Any]) -> list[Any]:
        return await self._run(self._compute, [self._text(product) for product in products])

    async def explain_dimensions(self, product: Any, dimensions: Any) -> str:
        """Name up to three dimensions on which the place is most extreme, each with the passage that says so most."""
        return await self._run(self._explain, self._text(product), dimensions)

    def _text(self, product: Any) -> str:
        """Return what is read of a product; only this crosses to the other thread."""
        given = [getattr(product, name, None) for name in ("title", "description")]
        parts = [part.strip() for part in given if isinstance(part, str)]
        if len(parts) < len(given):
            raise self.refusal("an entity has a title and a description")
        text = "\n\n".join(filter(None, parts))
        if not text:
            raise self.refusal("title and description are empty")
        if len(text) > MAX_CONTENT:
            raise self.refusal(f"title and description have at most {MAX_CONTENT} characters")
        return text

    def _compute(self, texts: list[str]) -> list[Any]:
        if len(texts) > MAX_BATCH_ITEMS:
            raise self.refusal(f"at most {MAX_BATCH_ITEMS} entities at a time")
        context = context_get()
        space = concept_space(context)
        embedder = embedder_named(space.embedder_name)
        return [space_of(context, place(embedder.embed(_passages(text)), space)) for text in texts]

    def _explain(self, text: str, dimensions: Any) -> str:
        context = context_get()
        given, _ = coordinates_of(context, dimensions, partial=False, refusal=self.refusal)
        space, passages = concept_space(context), _passages(text)
        places = space.project(embedder_named(space.embedder_name).embed(passages))
        order = [int(row) for row in np.argsort(-np.abs(given - _MIDDLE), kind="stable")[:_NAMED]]
        sentences = [
            _sentence(space.dimensions[row].name, float(given[row]), passages, places[:, row])
            for row in order
            if abs(given[row] - _MIDDLE) >= _NEUTRAL
        ]
        return " ".join(sentences) or "It stands near the middle of every dimension."


def _passages(text: str) -> list[str]:
    return [text[chunk.start : chunk.end] for chunk in chunk_text(text)]


def _sentence(name: str, value: float, passages: Sequence[str], places: np.ndarray[Any, np.dtype[np.float32]]) -> str:
    high = value > _MIDDLE
    words = " ".join(passages[int(places.argmax() if high else places.argmin())].split())
    shown = words if len(words) <= _QUOTED else f"{words[:_QUOTED].rstrip()}..."
    stands = f"{'High' if high else 'Low'} in {name.replace('_', ' ')} ({value:.2f})"
    return f"{stands}, most of all by: \u201c{shown}\u201d."
