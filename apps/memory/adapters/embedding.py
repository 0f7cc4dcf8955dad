"""The embedder that ships with the product: all-MiniLM-L6-v2 as an int8 ONNX file, on one CPU thread.

File and tokenizer lie in `apps/memory/weights`, with their origin and licence; both are pinned by SHA-256. Nothing is
downloaded.
"""

import hashlib
import importlib.util
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from apps.memory.engine.ports import MINILM_SCALE

# A token is rarely more than a dozen characters: text beyond this cannot reach the 256 tokens the model reads, and
# tokenizing megabytes in order to drop them would be a way to stall a worker.
_READ_CHARACTERS = 16_384
_QUERY_CACHE = 1_000


class ModelFileError(RuntimeError):
    """A file of the embedding model is missing or is not the one that was pinned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile:
    """A file inside an installed distribution: ``package`` is located, never imported."""

    package: str
    path: str
    sha256: str

    def read(self) -> bytes:
        """Return the content after checking it; raises ``ModelFileError``."""
        spec = importlib.util.find_spec(self.package)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            file = Path(folder) / self.path
            if file.is_file():
                # What was hashed is what is used: the file is read once.
                content = file.read_bytes()
                if hashlib.sha256(content).hexdigest() != self.sha256:
                    raise ModelFileError(f"{self.package}/{self.path} is not the pinned file")
                return content
        raise ModelFileError(f"{self.package}/{self.path} is not installed")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """What is known about an embedding model; ``name`` is stored beside every vector it made."""

    name: str
    dimension: int
    max_tokens: int
    pooling: str
    licence: str
    source: str
    weights: ModelFile
    tokenizer: ModelFile


MINILM = ModelCard(
    name="all-MiniLM-L6-v2-onnx-int8-channels",
    dimension=384,
    max_tokens=256,
    pooling="mean over the attention mask, then L2 norm",
    licence="Apache-2.0",
    source="sentence-transformers/all-MiniLM-L6-v2",
    weights=ModelFile(
        package="apps.memory.weights",
        path="minilm/model.onnx",
        sha256="12b78a371f3f140f7fecc10194309b1cac54c9c8835a451d2598ecb66f49de91",
    ),
    tokenizer=ModelFile(
        package="apps.memory.weights",
        path="minilm/tokenizer.json",
        sha256="be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    ),
)


def session_of(weights: ModelFile) -> onnxruntime.InferenceSession:
    """Load a model; raises ``ModelFileError``."""
    options = onnxruntime.SessionOptions()
    # One thread for each process: workers scale by processes, and more threads per text gain nothing.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(weights.read(), sess_options=options, providers=["CPUExecutionProvider"])


class OnnxEmbedder:
    """Implements the engine's ``Embedder`` port. Safe to share between threads.

    The marks of the engine's scale are MiniLM's own. Raises ``ModelFileError`` on construction when a file is missing
    or altered.
    """

    scale = MINILM_SCALE

    def __init__(self, card: ModelCard = MINILM) -> None:
        self.card = card
        self._session = session_of(card.weights)
        # The file's own settings pad to 128 tokens, which would quadruple the cost of a query.
        self._tokenizer = Tokenizer.from_str(card.tokenizer.read().decode())
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._query_vector = lru_cache(maxsize=_QUERY_CACHE)(self._vector)

    @property
    def name(self) -> str:
        return self.card.name

    @property
    def dimension(self) -> int:
        return self.card.dimension

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return float32 of shape ``(len(texts), 384)``, rows of length 1; text beyond 256 tokens is not read.

        One text at a time: dynamic int8 quantisation scales activations over the whole batch, so a vector would
        depend on its neighbours, and batches are no faster on one thread.
        """
        vectors = np.empty((len(texts), self.card.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            vectors[row] = self._vector(text)
        return vectors

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Return the read-only vector of shape ``(384,)``; the last 1,000 distinct queries are remembered."""
        return self._query_vector(text)

    def count_tokens(self, text: str) -> int:
        return len(self._tokenizer.encode(encodable(text), add_special_tokens=False).ids)

    def _vector(self, text: str) -> NDArray[np.float32]:
        ids = self._tokenizer.encode(encodable(text[:_READ_CHARACTERS])).ids
        if len(ids) > self.card.max_tokens:
            # The last token marks the end and stays.
            ids = [*ids[: self.card.max_tokens - 1], ids[-1]]
        vector: NDArray[np.float32] = self._session.run(None, {"input_ids": np.array([ids], dtype=np.int64)})[0][0]
        vector.setflags(write=False)
        return vector


def encodable(text: str) -> str:
    """Return ``text`` with lone surrogates, which have no UTF-8 form, as question marks."""
    return text.encode("utf-8", "replace").decode()


_building = threading.Lock()
_shared = cache(OnnxEmbedder)


def default_embedder() -> OnnxEmbedder:
    """Return the embedder of this process, built on first use (about 0.2 s); raises ``ModelFileError``."""
    # A cache alone would build one model for each thread that comes before the first is ready.
    with _building:
        return _shared()
