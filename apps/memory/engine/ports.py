"""What the engine needs from outside; adapters implement it, tests pass fakes."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Embedder(Protocol):
    """Turns texts into unit vectors. Equal texts give equal vectors, whatever else is in the batch."""

    @property
    def name(self) -> str:
        """Stable name of model and revision; stored beside every vector it made."""
        ...

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        ...

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return float32 of shape ``(len(texts), dimension)``, each row of Euclidean length 1.

        Any text is accepted, the empty one and lone surrogates included.
        """
        ...

    def count_tokens(self, text: str) -> int:
        """Count the model's tokens in ``text``, without special tokens and without truncation."""
        ...


class SparseEncoder(Protocol):
    """Turns a text into weights of the words that it implies, whether or not they stand in it."""

    @property
    def name(self) -> str:
        """Stable name of model and revision."""
        ...

    def encode(self, text: str) -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
        """Return keys uint16 (n,), ascending, and their weights uint8 (n,), in 1/64; any text is accepted."""
        ...


class RerankerUnavailableError(Exception):
    """The reranker cannot be reached, takes too long, or gives an answer that makes no sense."""


class Reranker(Protocol):
    """Judges question and passage together, which is slower and better than comparing them apart."""

    def rerank(self, query: str, passages: Sequence[str], *, seconds: float) -> list[float]:
        """Return how well each passage answers, in [0, 1].

        Raises ``RerankerUnavailableError``, at the latest after so many ``seconds`` of silence.
        """
        ...
