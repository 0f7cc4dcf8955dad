"""What the engine needs from outside; adapters implement it, tests pass fakes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Scale:
    """How a model's cosines are read: 0 stands for texts that have nothing in common, 0.7 for paraphrases.

    Models differ in both. All marks and thresholds of the engine are of this one scale, on which MiniLM's cosines lie
    as they come; each model brings what leads there. ``zero`` is its cosine of unrelated texts, ``unit`` how far it
    spreads beyond.
    """

    zero: float = 0.0
    unit: float = 1.0

    def cosine(self, mark: float) -> float:
        """Return the model's own cosine for a mark on the common scale."""
        return self.zero + self.unit * mark


MINILM_SCALE = Scale()


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

    @property
    def scale(self) -> Scale:
        """What brings its cosines onto the scale of the engine's marks."""
        ...

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return float32 of shape ``(len(texts), dimension)``, each row of Euclidean length 1.

        Any text is accepted, the empty one and lone surrogates included.
        """
        ...

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Return the vector of a question, which ``embed``'s vectors compare with."""
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
