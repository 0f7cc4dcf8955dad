"""The SDK's embedding service over the product's embedder. There is no model for images."""

from typing import Any, Never
from uuid import UUID

from django.utils import timezone

from apps.memory.adapters.embedders import embedder_named
from apps.memory.adapters.kse.base import Bound, implements
from apps.memory.engine.ports import Embedder
from apps.memory.kse import kse_contract
from apps.memory.selectors.contexts import context_get

MAX_TEXTS = 1_000


@implements("EmbeddingServiceInterface")
class EmbeddingService(Bound):
    """Returns the SDK's `EmbeddingVector`: unit length, named after the model, stamped with an aware time."""

    error = "EmbeddingError"

    def __init__(self, organization_id: UUID, embedder: Embedder | None = None) -> None:
        super().__init__(organization_id)
        self._embedder = embedder

    async def generate_text_embedding(self, text: str) -> Any:
        return (await self.generate_batch_text_embeddings([text]))[0]

    async def generate_image_embedding(self, image_url: str) -> Any:
        """Raise: there is no model for images, and nothing is fetched from addresses that callers name."""
        self._refuse_images(image_url)

    async def generate_batch_text_embeddings(self, texts: list[str]) -> list[Any]:
        """Return a vector for each text, in order; of a long text only the model's first tokens are read."""
        return await self._run(self._embed, texts)

    async def generate_batch_image_embeddings(self, image_urls: list[str]) -> list[Any]:
        """Raise likewise."""
        self._refuse_images(image_urls)

    def _refuse_images(self, _: object) -> Never:
        raise self.refusal("there is no embedding model for images")

    def _embed(self, texts: list[str]) -> list[Any]:
        if len(texts) > MAX_TEXTS:
            raise self.refusal(f"at most {MAX_TEXTS} texts at a time")
        if not all(map(_readable, texts)):
            raise self.refusal("each text is a string with something to read in it")
        embedder = self._embedder or embedder_named(context_get().epoch.model)
        made = kse_contract().model("EmbeddingVector")
        now = timezone.now()
        return [
            made(vector=vector.tolist(), model=embedder.name, dimension=embedder.dimension, created_at=now)
            for vector in embedder.embed(texts)
        ]


def _readable(text: object) -> bool:
    return isinstance(text, str) and bool(text.strip())
