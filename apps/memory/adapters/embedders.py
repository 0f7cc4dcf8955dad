"""The embedding models that there are, by name: MiniLM, word vectors, and one behind HTTP if the operator names it."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from time import monotonic
from urllib.parse import urlsplit

import httpx2
import numpy as np
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from numpy.typing import NDArray

from apps.core.strict_json import StrictJSONError, loads
from apps.memory.adapters.embedding import MINILM, default_embedder, encodable
from apps.memory.adapters.sketching import DIMENSION as WORDS_DIMENSION
from apps.memory.adapters.sketching import NAME as WORDS
from apps.memory.adapters.sketching import default_sketcher
from apps.memory.engine.memory_index import SKETCH_SCALE
from apps.memory.engine.ports import Embedder, Scale
from apps.memory.exceptions import EmbedderUnavailable, ModelUnknown

DEFAULT_MODEL = MINILM.name
# A vector is kept within its row (see the migrations), and a row within a page of 8 KB.
MAX_DIMENSION = 3_072
MAX_NAME = 100
_QUERY_CACHE = 1_000
_TEXTS_AT_ONCE = 64
_READ_CHARACTERS = 16_384
_SECONDS = 20.0
_QUERY_SECONDS = 3.0
# Of a vector in JSON, some 22 characters to the number.
_BYTES_PER_NUMBER = 32
_ENVELOPE_BYTES = 65_536
# What says the same, and what has nothing in common, by which a model's scale is told. MiniLM's is known.
_ALIKE = (
    ("The customer cancelled her subscription in March.", "In March the client ended her plan."),
    ("Checkout became faster and more people bought.", "A quicker checkout led to more purchases."),
    ("The server was down for two hours last night.", "Last night there was an outage of two hours."),
    ("Our price goes up by three euros next year.", "From next year on we charge three euros more."),
    ("The doctor prescribed rest and plenty of water.", "She was told by her physician to rest and drink a lot."),
    ("We hired two engineers in Berlin.", "Two developers joined our Berlin office."),
)
_LEAST_SPREAD = 0.05

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Model:
    """A model that an organisation may choose; `is_remote` if texts leave the platform for it."""

    name: str
    dimension: int
    is_remote: bool


def configured_model_check() -> None:
    """Raise `ImproperlyConfigured` if the operator's model cannot be one: better at the start than in a search."""
    url, name = settings.MEMORY_EMBEDDING_URL, settings.MEMORY_EMBEDDING_MODEL
    if not url:
        return
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ImproperlyConfigured("MEMORY_EMBEDDING_URL is no address of HTTP")
    if not 1 <= len(name) <= MAX_NAME or name in {MINILM.name, WORDS}:
        taken = f"{MINILM.name} and {WORDS} are ours"
        raise ImproperlyConfigured(f"MEMORY_EMBEDDING_MODEL is a name of 1 to {MAX_NAME} characters; {taken}")
    if not 1 <= settings.MEMORY_EMBEDDING_DIMENSION <= MAX_DIMENSION:
        raise ImproperlyConfigured(f"MEMORY_EMBEDDING_DIMENSION is a number from 1 to {MAX_DIMENSION}")


def models_known() -> list[Model]:
    """Return the models of this installation, the default one first."""
    models = [Model(MINILM.name, MINILM.dimension, is_remote=False), Model(WORDS, WORDS_DIMENSION, is_remote=False)]
    if settings.MEMORY_EMBEDDING_URL:
        remote = Model(settings.MEMORY_EMBEDDING_MODEL, settings.MEMORY_EMBEDDING_DIMENSION, is_remote=True)
        models.append(remote)
    return models


def embedder_named(name: str) -> Embedder:
    """Return a model of this process, built on first use.

    Raises `ModelUnknown` for one that this installation does not have, or no more.
    """
    if name == MINILM.name:
        return default_embedder()
    if name == WORDS:
        return _words()
    if settings.MEMORY_EMBEDDING_URL and name == settings.MEMORY_EMBEDDING_MODEL:
        return _remote(settings.MEMORY_EMBEDDING_URL, name, settings.MEMORY_EMBEDDING_DIMENSION)
    raise ModelUnknown(f"There is no embedding model {name!r} here.")


class WordEmbedder:
    """Implements the engine's `Embedder` port by the means of word vectors: a thousand times faster, and coarser."""

    name = WORDS
    dimension = WORDS_DIMENSION
    scale = SKETCH_SCALE

    def __init__(self) -> None:
        # A text without a known word is as far from every other as two texts are at most.
        self._nowhere = np.full(self.dimension, 1 / math.sqrt(self.dimension), dtype=np.float32)

    def embed(self, texts: Sequence[str]) -> Floats:
        vectors = default_sketcher().sketch(texts)
        vectors[~vectors.any(axis=1)] = self._nowhere
        return vectors

    def embed_query(self, text: str) -> Floats:
        vector: Floats = self.embed([text])[0]
        return vector


class HttpEmbedder:
    """Implements the engine's `Embedder` port over an `/embeddings` that speaks as OpenAI's does.

    Safe to share between threads. Every method raises `EmbedderUnavailable` when the server does not answer in time, or
    not with vectors. What it says is kept out of the error: it may quote the texts, or the key.
    """

    def __init__(self, url: str, *, name: str, dimension: int, key: str) -> None:
        self.name, self.dimension = name, dimension
        self._url = url
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        # A redirect could lead texts and key elsewhere.
        self._client = httpx2.Client(follow_redirects=False, headers=headers)
        self._query_vector = lru_cache(maxsize=_QUERY_CACHE)(self._vector)
        self._scale: Scale | None = None

    @property
    def scale(self) -> Scale:
        """Measured once in each process; who keeps vectors keeps it beside them."""
        if self._scale is None:
            self._scale = scale_measured(self)
        return self._scale

    def embed(self, texts: Sequence[str]) -> Floats:
        blocks = [
            self._ask(texts[start : start + _TEXTS_AT_ONCE], seconds=_SECONDS)
            for start in range(0, len(texts), _TEXTS_AT_ONCE)
        ]
        return np.concatenate(blocks) if blocks else np.empty((0, self.dimension), dtype=np.float32)

    def embed_query(self, text: str) -> Floats:
        return self._query_vector(text)

    def _vector(self, text: str) -> Floats:
        vector: Floats = self._ask([text], seconds=_QUERY_SECONDS)[0]
        vector.setflags(write=False)
        return vector

    def _ask(self, texts: Sequence[str], *, seconds: float) -> Floats:
        # The empty text is refused by some.
        inputs = [encodable(text[:_READ_CHARACTERS]).strip() or "-" for text in texts]
        body = {"model": self.name, "input": inputs, "encoding_format": "float"}
        most = len(texts) * self.dimension * _BYTES_PER_NUMBER + _ENVELOPE_BYTES
        try:
            with self._client.stream("POST", self._url, json=body, timeout=seconds) as answer:
                answer.raise_for_status()
                rows = loads(_limited(answer.iter_bytes(), most, until=monotonic() + seconds))["data"]
            vectors = np.full((len(texts), self.dimension), np.nan)
            for place, row in enumerate(rows):
                vectors[int(row.get("index", place))] = np.array(row["embedding"], dtype=np.float64).reshape(
                    self.dimension
                )
        except httpx2.HTTPError as error:
            raise EmbedderUnavailable(f"The embedding model does not answer ({type(error).__name__}).") from None
        except (StrictJSONError, ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError):
            raise EmbedderUnavailable("The embedding model does not answer with its vectors.") from None
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        # Of a vector with NaN or infinity every comparison fails.
        if not (np.isfinite(lengths).all() and (lengths > 0).all()):
            raise EmbedderUnavailable("The embedding model does not answer with its vectors.")
        return np.asarray(vectors / lengths, dtype=np.float32)


def scale_measured(embedder: Embedder) -> Scale:
    """Return what brings a model's cosines onto MiniLM's, by a few texts. Raises `EmbedderUnavailable`."""
    known, found = _marks(default_embedder().embed), _marks(embedder.embed)
    unit = (found[1] - found[0]) / (known[1] - known[0])
    if not unit > _LEAST_SPREAD:
        raise EmbedderUnavailable("The embedding model does not tell like from unlike.")
    return Scale(zero=found[0] - unit * known[0], unit=unit)


def _marks(embed: Callable[[Sequence[str]], Floats]) -> tuple[float, float]:
    """Return the mean cosines of texts that have nothing in common, and of texts that say the same."""
    left, right = (embed([pair[side] for pair in _ALIKE]) for side in (0, 1))
    cosines = (left @ right.T).astype(np.float64)
    alike = np.eye(len(_ALIKE), dtype=np.bool_)
    return float(cosines[~alike].mean()), float(cosines[alike].mean())


def _limited(parts: Iterable[bytes], most: int, *, until: float) -> bytes:
    """Return an answer of at most so many bytes; raises `ValueError` for a longer one, or one that drips in."""
    answer = bytearray()
    for part in parts:
        answer += part
        if len(answer) > most or monotonic() > until:
            raise ValueError("the answer is too long")
    return bytes(answer)


_words = cache(WordEmbedder)


@cache
def _remote(url: str, name: str, dimension: int) -> HttpEmbedder:
    return HttpEmbedder(url, name=name, dimension=dimension, key=settings.MEMORY_EMBEDDING_KEY)
