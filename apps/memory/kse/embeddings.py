"""The SDK's embedding service over the embedder that ships with the product. Needs no organisation."""

from typing import Any

from asgiref.sync import sync_to_async
from django.utils import timezone

from apps.memory.adapters.embedding import default_embedder
from apps.memory.kse.contract import kse_contract


class OnnxEmbeddingService:
    async def generate_text_embedding(self, text: str) -> Any:
        return (await self.generate_batch_text_embeddings([text]))[0]

    async def generate_batch_text_embeddings(self, texts: list[str]) -> list[Any]:
        """Return an `EmbeddingVector` for each text, in order."""
        embedder = default_embedder()
        vectors = await sync_to_async(embedder.embed)(texts)
        make = kse_contract().model("EmbeddingVector")
        # The SDK's own default is a time without zone.
        now = timezone.now()
        return [
            make(vector=[float(one) for one in row], model=embedder.name, dimension=embedder.dimension, created_at=now)
            for row in vectors
        ]

    async def generate_image_embedding(self, image_url: str) -> Any:
        return (await self.generate_batch_image_embeddings([image_url]))[0]

    async def generate_batch_image_embeddings(self, image_urls: list[str]) -> list[Any]:
        raise kse_contract().exception("EmbeddingError")(
            f"images are not embedded here ({len(image_urls)} given)", model=default_embedder().name
        )


kse_contract().interface("EmbeddingServiceInterface").register(OnnxEmbeddingService)
